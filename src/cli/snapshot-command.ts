import { hostname } from 'node:os';

import type { HistoryHead, SnapshotInfo } from '../schema/history.ts';
import type { Store } from '../store/store.ts';
import { BaseCommand } from './base-command.ts';
import { historyPath } from './history.ts';
import { hostOf } from './moment.ts';

/** What commands share that work on the history as such. */
export abstract class SnapshotCommand extends BaseCommand {
  /** What their documents begin with. */
  protected head<S extends string>(schema: S, db: string | undefined): HistoryHead & { readonly schema: S } {
    return { schema, tool: this.tool, database: historyPath(db) };
  }

  /** The snapshots of one host, where it is named; of all hosts otherwise. An unknown name is a NsinspectError. */
  protected ofHost(store: Store, host: string | undefined, newest?: number): SnapshotInfo[] {
    const hostname_ = host === undefined ? null : hostOf(store, host, hostname());
    return store.list({
      ...(hostname_ !== null && { hostname: hostname_ }),
      ...(newest !== undefined && { newest }),
    });
  }
}
