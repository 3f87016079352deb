/** What a root is made of, what stores hold and who has a layer, as documents. */
import { engineOf, homeOf, instructionOf, isFuseOverlay, stepOf } from '../src/model/layers.ts';
import type {
  FoundLayer,
  Image,
  LayersFacts,
  LayersSubject,
  LayerUser,
  LineageLayer,
  StackedContainer,
  Store,
  StoreSummary,
} from '../src/model/layers.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { Engine } from '../src/schema/engines.ts';
import type { HistoryStep } from '../src/schema/layers.ts';
import type {
  BuildStep,
  ImageId,
  LayerReport,
  LayersAllDocument,
  LayersDocument,
  LayerSharer,
  LayersWhoDocument,
  MountedBelow,
  StoreUse,
} from '../src/schema/layers-document.ts';
import type { MountFacts } from '../src/schema/mounts.ts';
import { bytesOf, nameText } from '../src/text/bytes.ts';
import { documentHead } from './head.ts';

/** The head, with what of the stores could not be read among the notes. */
function headOf<S extends string>(schema: S, capture: Capture) {
  const head = documentHead(schema, capture, ['engines']);
  const unread = (capture.layers?.coverage.unread ?? []).map(
    ({ path, outcome }) => `engine state ${nameText(path)}: ${outcome}`,
  );
  const notes = [...new Set([...head.coverage.notes, ...unread])];
  return { ...head, coverage: { ...head.coverage, notes } };
}

/** The document of `layers TARGET`. */
export function layersDocument(capture: Capture, subject: LayersSubject): LayersDocument {
  const { kind, text, pid, container, rootSetBy, mount, stacked, table, lineage } = subject;
  const { store, image, candidates, layers, history, notes } = lineage;
  const isUntold = mount !== null && isFuseOverlay(mount);
  const engine =
    store === null ? (container?.engine ?? null) : engineOfRecord(store, lineage.container, container?.engine);
  return {
    ...headOf('nsinspect/layers/1', capture),
    target: { kind, text, pid },
    engine,
    driver: store?.facts.driver ?? mount?.fsType ?? null,
    image: image === null ? null : imageId(image),
    candidates: candidates.map(({ image: one, exact, layers: count }) => ({ ...imageId(one), exact, layers: count })),
    ...(rootSetBy !== 'unknown' && { rootSetBy }),
    ...(!isUntold && { mount: stackOf(stacked) }),
    layers: layers.map((layer, index) => layerReport(layer, index, store, capture.redacted, keepsRecords(engine))),
    history: history.map(({ step, layer }) => buildStep(step, layer)),
    mounts: mount === null || table === null ? [] : below(mount, table.mounts),
    notes: keepsRecords(engine) && store === null && layers.length > 0 ? [...notes, NO_RECORDS] : notes,
    // Collected where it is asked for.
    unknown: {
      changes: 'not collected',
      waste: 'not collected',
      ...(rootSetBy === 'unknown' && { rootSetBy: 'denied' }),
      ...(isUntold && { mount: 'unsupported' }),
    },
  };
}

function stackOf(stacked: LayersSubject['stacked']): NonNullable<LayersDocument['mount']> | null {
  return stacked === null
    ? null
    : { lowerdirs: stacked.lower.map(({ path }) => path), upperdir: stacked.upper, workdir: stacked.work };
}

/** Whether an engine writes down its layers: others stack directories, of which they keep no digests. */
export function keepsRecords(engine: Engine | null): boolean {
  return engine !== null && ['docker', 'containerd', 'cri', 'cri-o', 'podman'].includes(engine);
}

const NO_RECORDS =
  "no record of the engine was found that names these directories: --state DIR can name the engine's own";

function engineOfRecord(store: Store, container: StackedContainer | null, running: Engine | undefined): Engine {
  // Podman and CRI-O share a store; what runs says whose it is.
  return running ?? container?.facts.engine ?? engineOf(store, container?.facts.namespace);
}

function layerReport(
  { kind, path, stored, digests, step, sharedWith }: LineageLayer,
  index: number,
  store: Store | null,
  redacted: boolean,
  hasEngine: boolean,
): LayerReport {
  const shared = store === null ? [] : sharersOf(store, sharedWith);
  // Only an image's layer has a digest and was built; what nobody wrote down of one is not known.
  if (kind === 'image' && stored === null && hasEngine) {
    const unknown = { diffId: 'absent', chainId: 'absent', bytes: 'absent', createdBy: 'absent' } as const;
    return {
      index,
      kind,
      path,
      sharedWith: shared,
      unknown: { ...unknown, instruction: 'absent', createdAt: 'absent' },
    };
  }
  return {
    index,
    kind,
    diffId: digests?.diffId ?? stored?.diffId ?? null,
    chainId: digests?.chainId ?? null,
    path,
    bytes: stored?.bytes ?? null,
    ...(redacted ? {} : { createdBy: step?.createdBy ?? null, instruction: instruction(step) }),
    createdAt: step?.createdAt ?? stored?.createdAt ?? null,
    sharedWith: shared,
    ...(redacted && { unknown: { createdBy: 'not collected', instruction: 'not collected' } as const }),
  };
}

/** A step as its author wrote it; null: not known, or there is none. */
export function instruction(step: HistoryStep | null): string | null {
  if (step === null) return null;
  const { createdBy, comment } = step;
  // `docker import` and `docker commit` leave a comment only.
  if (createdBy === null || createdBy === undefined) return comment === null ? null : nameText(comment);
  return instructionOf(createdBy);
}

function buildStep(step: HistoryStep, layer: number | null): BuildStep {
  const { createdAt, createdBy } = step;
  return { layer, ...(createdBy !== undefined && { createdBy, instruction: instruction(step) }), createdAt };
}

function imageId({ facts: { id, tags } }: Image): ImageId {
  return { id, tags };
}

function sharersOf(store: Store, users: readonly LayerUser[]): LayerSharer[] {
  return users.map((user) => {
    if (user.kind === 'image') {
      return { engine: engineOf(store, user.image.facts.namespace), container: null, image: imageId(user.image) };
    }
    const { facts, image } = user.container;
    return {
      engine: facts.engine,
      container: { id: facts.id, name: facts.name },
      image: image === null ? null : imageId(image),
    };
  });
}

/** What else is mounted in the namespace of a root. */
function below(root: MountFacts, mounts: readonly MountFacts[]): MountedBelow[] {
  const at = bytesOf(root.path);
  return mounts
    .filter((mount) => mount !== root && bytesOf(mount.path).startsWith(at === '/' ? at : `${at}/`))
    .map(({ path, fsType, source, root: from, options, propagation }) => ({
      path,
      fsType,
      source,
      root: from,
      readOnly: options.includes('ro'),
      propagation,
    }));
}

/** The document of `layers --all`. */
export function layersAllDocument(
  capture: Capture,
  stores: readonly StoreSummary[],
  { containerOfPid }: LayersFacts,
): LayersAllDocument {
  return {
    ...headOf('nsinspect/layers-all/1', capture),
    stores: stores.map((summary) => storeUse(summary, containerOfPid)),
  };
}

function storeUse(
  { store, layers, bytes, sharedBytes, images, others, orphans }: StoreSummary,
  containerOfPid: LayersFacts['containerOfPid'],
): StoreUse {
  const home = homeOf(store, containerOfPid);
  const containerId = ({ facts: { id, name } }: StackedContainer) => ({ id, name });
  const namespaces = new Set(store.facts.images.map(({ namespace }) => namespace));
  return {
    engine: engineOf(store, namespaces.size === 1 ? [...namespaces][0] : undefined),
    driver: store.facts.driver,
    root: store.facts.root,
    inside: home === null ? null : { engine: home.engine, id: home.id, name: home.name },
    layers,
    bytes: String(bytes),
    sharedBytes: String(sharedBytes),
    images: images.map(({ image, bytes: all, ownBytes, containers }) => ({
      ...imageId(image),
      layers: image.stack.length,
      ...(all !== null && { bytes: String(all) }),
      ...(ownBytes !== null && { ownBytes: String(ownBytes) }),
      containers: containers.map(containerId),
    })),
    others: others.map(containerId),
    orphans,
  };
}

/** What a layer has at a path. */
interface FoundFile {
  readonly kind: 'present' | 'deleted';
  readonly bytes: bigint | null;
}

/** The document of `layers who`. */
export function layersWhoDocument(
  capture: Capture,
  query: string,
  found: readonly (FoundLayer & { readonly file?: FoundFile })[],
): LayersWhoDocument {
  return {
    ...headOf('nsinspect/layers-who/1', capture),
    query,
    layers: found.map(({ store, layer, users, file }) => {
      const digests = store.digests.get(layer.key);
      const step = stepOf(store, layer, null);
      return {
        engine: engineOf(store, namespaceOf(users)),
        root: store.facts.root,
        kind: layer.role,
        path: layer.dirs[0] ?? '',
        diffId: digests?.diffId ?? layer.diffId,
        chainId: digests?.chainId ?? null,
        bytes: layer.bytes,
        createdBy: step?.createdBy ?? null,
        instruction: instruction(step),
        usedBy: sharersOf(store, users),
        ...(file !== undefined && {
          file: { kind: file.kind, bytes: file.bytes === null ? null : String(file.bytes) },
        }),
      };
    }),
  };
}

function namespaceOf([user]: readonly LayerUser[]): string | undefined {
  if (user === undefined) return undefined;
  return user.kind === 'container' ? user.container.facts.namespace : user.image.facts.namespace;
}
