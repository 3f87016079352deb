/** `--host-root` onto the /proc of another pid namespace, whose pids mean other processes here, or none. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from 'vitest';

import { CLI, jsonOf, run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { checkDocument, rowKey, type NamespacesDocument } from '../support/namespaces-document.ts';
import { plantFor } from '../support/plant-for-test.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Every system call of Linux that takes the pid or tid of a process, by the position of that argument. */
const TAKES_PID: Readonly<Record<string, readonly number[]>> = {
  pidfd_open: [0],
  kcmp: [0, 1],
  kill: [0],
  tkill: [0],
  tgkill: [0, 1],
  rt_sigqueueinfo: [0],
  rt_tgsigqueueinfo: [0, 1],
  process_vm_readv: [0],
  process_vm_writev: [0],
  ptrace: [1],
  prlimit64: [0],
  getpgid: [0],
  setpgid: [0],
  getsid: [0],
  sched_getaffinity: [0],
  sched_setaffinity: [0],
  sched_getattr: [0],
  sched_setattr: [0],
  sched_getparam: [0],
  sched_setparam: [0],
  sched_getscheduler: [0],
  sched_setscheduler: [0],
  sched_rr_get_interval: [0],
  getpriority: [1],
  setpriority: [1],
  ioprio_get: [1],
  ioprio_set: [1],
  get_robust_list: [0],
  move_pages: [0],
  migrate_pages: [0],
  perf_event_open: [1],
};

/** System calls that need a pidfd: there can be none without pidfd_open, and none may come another way. */
const TAKES_PIDFD = ['pidfd_getfd', 'pidfd_send_signal', 'process_madvise', 'process_mrelease'];

describeWith(['root', 'cc', 'nsenter', 'strace'], 'another root', () => {
  test('is read, and none of its pids reaches a system call', async (context) => {
    const planted = await plantFor(context, 'other-root');
    const trace = path.join(temporaryDirectory(context), 'trace');
    const calls = [...Object.keys(TAKES_PID), ...TAKES_PIDFD].join();
    const result = await run([
      ...['nsenter', `--mount=/proc/${planted.facts['pid']!}/ns/mnt`, '--'],
      ...['strace', '--follow-forks', '--quiet=all', '--output', trace, '--trace', calls, '--'],
      ...[...CLI, 'ls', '--json', '--host-root', planted.texts['root'] as string],
    ]);
    const document = jsonOf<NamespacesDocument>(result);
    // The kernel lists all mount namespaces, also those of processes that this /proc does not show.
    checkDocument(document, false);

    const { calls: made, own } = parseTrace(readFileSync(trace, 'utf8'));
    const foreign = made.filter(({ name, args }) =>
      (TAKES_PID[name] ?? []).some((position) => Number(args[position]) !== 0 && !own.has(Number(args[position]))),
    );
    expect(foreign).toEqual([]);
    expect(made.filter(({ name }) => TAKES_PIDFD.includes(name))).toEqual([]);

    for (const ns of planted.namespaces) {
      const isHeldBySocket = ns.holders.some(({ kind }) => kind === 'unseen');
      const row = document.namespaces.find((one) => rowKey(one) === rowKey(ns));
      if (isHeldBySocket) expect(row).toBeUndefined();
      else {
        expect(row?.holders.map(({ kind, sample }) => [kind, sample])).toEqual(
          [...Map.groupBy(ns.holders, ({ kind }) => kind)].map(([kind, held]) => [
            kind,
            held.map(({ kind: _, ...one }) => one),
          ]),
        );
      }
    }
    // Only those of the other root: the init, and what it started.
    expect(document.coverage.processes).toBeLessThan(10);
    expect(document.coverage.notes.join('\n')).toMatch(/kind socket/);
  });

  test('without a /proc is an error of one line', async (context) => {
    const directory = temporaryDirectory(context);
    const result = await run([...CLI, 'ls', '--host-root', directory]);
    expect(result.status).toBe(2);
    expect(result.stdout).toBe('');
    expect(result.stderr).toMatch(/^nsinspect: [^\n]*proc[^\n]*\n$/);
  });
});

interface Call {
  readonly name: string;
  readonly args: readonly string[];
}

/** The calls of a trace, and the pids and tids of what was traced. */
function parseTrace(trace: string): { calls: Call[]; own: Set<number> } {
  const calls: Call[] = [];
  const own = new Set<number>();
  for (const line of trace.split('\n')) {
    const [, pid, name, args] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
    if (pid === undefined || name === undefined || args === undefined) continue;
    own.add(Number(pid));
    calls.push({ name, args: args.split(/, ?|\)/) });
  }
  return { calls, own };
}
