/** Puts captures into the history. */
import { performance } from 'node:perf_hooks';

import type { CaptureWants } from '../capture/capture.ts';
import type { Capture } from '../schema/capture.ts';
import type { SnapshotInfo } from '../schema/history.ts';
import type { Store } from '../store/store.ts';
import { derivedOf } from './derive.ts';

/**
 * What a snapshot is made of: all facets. Statistics of cgroups (`memory.stat` and the like), which are most of their bytes and
 * which nothing but `cgroup show --all` looks at, only where `full` asks for them.
 */
export function snapshotWants(everything: CaptureWants, full: boolean): CaptureWants {
  return full ? everything : { ...everything, cgroups: { tids: true, files: 'limits', only: null } };
}

/** A capture that was stored. */
export interface Stored {
  readonly info: SnapshotInfo;
  readonly containers: number;
  /** Deriving and storing. */
  readonly storeMs: number;
}

/** Stores a capture with what models make of it, wholly or not at all. */
export function putCapture(store: Store, capture: Capture, label?: string): Stored {
  const began = performance.now();
  const { containers, ...derived } = derivedOf(capture);
  const info = store.put(capture, { derived, ...(label !== undefined && { label }) });
  return { info, containers: containers.length, storeMs: Math.round(performance.now() - began) };
}
