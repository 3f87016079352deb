/** Where the history is, and how commands open it. */
import { homedir, hostname } from 'node:os';
import path from 'node:path';

import { string } from '@oclif/core/flags';

import type { Capture } from '../schema/capture.ts';
import type { SnapshotInfo } from '../schema/history.ts';
import type { Store, StoreUse } from '../store/store.ts';
import { findSnapshot, parseMoment } from './moment.ts';

/** The flag that says which file is the history. */
export const dbFlag = string({
  helpGroup: 'HISTORY',
  helpValue: 'FILE',
  summary: 'The file of the history instead of ~/.local/state/nsinspect/history.db.',
});

/** The file of the history: the one that was named, else below the user's directory for such state (XDG base directories). */
export function historyPath(named: string | undefined, env: Readonly<NodeJS.ProcessEnv> = process.env): string {
  if (named !== undefined) return named;
  const set = env['XDG_STATE_HOME'];
  // The specification has a relative path be ignored.
  const base = set !== undefined && path.isAbsolute(set) ? set : path.join(homedir(), '.local/state');
  return path.join(base, 'nsinspect/history.db');
}

/** Opens the history. A NsinspectError says in one line why it cannot be. */
export async function openHistory(named: string | undefined, how: StoreUse): Promise<Store> {
  const { Store } = await import('../store/store.ts');
  return Store.open(historyPath(named), how);
}

/** Works with the history and closes it, however that ends. */
export async function withHistory<T>(
  named: string | undefined,
  how: StoreUse,
  work: (store: Store) => T | Promise<T>,
): Promise<T> {
  const store = await openHistory(named, how);
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

/** The snapshot that a text names. */
export function snapshotNamed(store: Store, text: string, now = Date.now()): SnapshotInfo {
  return findSnapshot(store, parseMoment(text, now), hostname());
}

/** The capture of a moment. */
export async function captureAt(named: string | undefined, moment: string): Promise<Capture> {
  const { captureOf } = await import('./stored-capture.ts');
  return withHistory(named, 'read', (store) => captureOf(store, snapshotNamed(store, moment).id));
}
