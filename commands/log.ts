import { hostname } from 'node:os';

import { string } from '@oclif/core/args';
import { boolean, string as text } from '@oclif/core/flags';

import { momentArguments } from '../src/cli/arguments.ts';
import { outputFlags, outputStyle } from '../src/cli/flags.ts';
import { dbFlag, withHistory } from '../src/cli/history.ts';
import { byTime, findSnapshot, hostOf, MOMENT_HELP, parseMoment } from '../src/cli/moment.ts';
import { SnapshotCommand } from '../src/cli/snapshot-command.ts';
import type { LogDocument, SnapshotInfo } from '../src/schema/history.ts';
import type { Store } from '../src/store/store.ts';
import { NsinspectError } from '../src/text/error.ts';

export default class Log extends SnapshotCommand {
  static override summary = 'Tell the life of a container, process, namespace or cgroup from the history.';
  static override description = `What happened to it, when, from what to what, and its memory, CPU time and pressure over time. It need not live any more. A moment is ${MOMENT_HELP}.`;
  static override examples = [
    '<%= config.bin %> log docker:web',
    { description: 'the last hour', command: '<%= config.bin %> log docker:web --since -1h' },
    "<%= config.bin %> log 'net:[4026532184]'",
    '<%= config.bin %> log /docker/773bf9',
  ];
  static override args = {
    target: string({
      required: true,
      description: 'A container (name, id prefix, docker:web), a pid, a namespace (net:[4026532184]), a cgroup path.',
    }),
  };
  static override flags = {
    since: text({ helpValue: 'MOMENT', summary: 'Only from this snapshot on.' }),
    until: text({ helpValue: 'MOMENT', summary: 'Only up to this snapshot.' }),
    host: text({ helpValue: 'NAME', summary: 'Of this host; otherwise of this machine, or the only one there is.' }),
    all: boolean({ default: false, summary: 'What every living host does all the time, too.' }),
    db: dbFlag,
    ...outputFlags,
  };

  async run(): Promise<LogDocument> {
    const { args, flags } = await this.parse(Log, momentArguments(this.argv));
    const [{ lifeOf }, { logLines }, { makeStyle }] = await Promise.all([
      import('../src/cli/log.ts'),
      import('../reports/log-text.ts'),
      import('../reports/style.ts'),
    ]);
    const document = await withHistory(flags.db, 'read', (store): LogDocument => {
      const host = hostOf(store, flags.host ?? null, hostname());
      const list = byTime(store.list(host === null ? {} : { hostname: host }));
      const from = flags.since === undefined ? 0 : placeOf(store, list, host, flags.since, 'since');
      const to = flags.until === undefined ? list.length : placeOf(store, list, host, flags.until, 'until') + 1;
      const between = list.slice(from, to);
      if (between.length === 0) {
        throw new NsinspectError(list.length === 0 ? 'there is no snapshot yet' : 'there is no snapshot in between', {
          code: 'no-such-snapshot',
          hint: list.length === 0 ? 'nsinspect snapshot take makes one.' : null,
        });
      }
      return { ...this.head('nsinspect/log/1', flags.db), ...lifeOf(store, between, args.target, flags.all) };
    });
    this.print(logLines(document, makeStyle(outputStyle(flags))));
    return document;
  }
}

/**
 * Where in the list a moment is: of a time the snapshot that shows how things stood then. Nothing is lacking where the history begins
 * later: `since` then means its beginning.
 */
function placeOf(
  store: Store,
  list: readonly SnapshotInfo[],
  host: string | null,
  named: string,
  side: 'since' | 'until',
): number {
  const moment = parseMoment(named, Date.now());
  if (moment.kind === 'time') {
    const at = list.findLastIndex(({ takenAt }) => Date.parse(takenAt) <= moment.at);
    return side === 'since' ? Math.max(0, at) : at;
  }
  const { id } = findSnapshot(
    store,
    moment.kind === 'id' ? moment : { ...moment, host: moment.host ?? host },
    hostname(),
  );
  const at = list.findIndex((info) => info.id === id);
  if (at >= 0) return at;
  throw new NsinspectError(`snapshot ${id} is of another host than ${host ?? 'the others'}`, {
    code: 'no-such-snapshot',
  });
}
