import type { CgroupsFacet, LimitsFacet } from './cgroups.ts';
import type { EnginesFacet } from './engines.ts';
import type { HostFacet } from './host.ts';
import type { LayersFacet } from './layers.ts';
import type { MountsFacet } from './mounts.ts';
import type { NamespacesFacet } from './namespace.ts';
import type { TasksFacet } from './tasks.ts';

/** Schema of a capture; what reads captures refuses any other version. */
export const CAPTURE_SCHEMA = 'nsinspect/capture/1';

/** The facets of a capture. One that is missing was not collected. */
export interface Facets {
  readonly host: HostFacet;
  readonly tasks: TasksFacet;
  readonly namespaces: NamespacesFacet;
  readonly mounts: MountsFacet;
  readonly engines: EnginesFacet;
  readonly cgroups: CgroupsFacet;
  readonly limits: LimitsFacet;
  readonly layers: LayersFacet;
}

/** Name of a facet. */
export type FacetName = keyof Facets;

/** One pass over a host: facts only, no interpretation. */
export interface Capture extends Partial<Facets> {
  readonly schema: typeof CAPTURE_SCHEMA;
  readonly tool: { readonly name: 'nsinspect'; readonly version: string };
  /** ISO 8601, when the pass began. */
  readonly takenAt: string;
  readonly durationMs: number;
  readonly source: CaptureSource;
  /** Command lines, labels and the like were left out. */
  readonly redacted: boolean;
  readonly host: HostFacet;
}

/** Where the facts came from. */
export type CaptureSource =
  { readonly kind: 'live' } | { readonly kind: 'host-root'; readonly root: string } | { readonly kind: 'recording' };
