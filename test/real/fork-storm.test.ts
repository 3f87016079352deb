/**
 * Captures while processes come, go and leave their numbers to the next: nothing may crash, and no facts of one process
 * may be paired with those of another. Each process of the storm says in its name what it must be seen with.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import type { Capture } from '../../src/schema/capture.ts';
import type { Name } from '../../src/schema/name.ts';
import { NS_LINKS, type NsLink, type NsLinks } from '../../src/schema/namespace.ts';
import { cliJson } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { checkDocument, type NamespacesDocument } from '../support/namespaces-document.ts';
import { plantFor } from '../support/plant-for-test.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const FORKS_PER_SECOND = 400;
const SECONDS = 8;

describeWith(['root', 'cc'], 'a fork storm', () => {
  test('neither stops a capture nor mixes up processes', async (context) => {
    const file = path.join(temporaryDirectory(context), 'storm.nsc');
    const planted = await plantFor(context, 'storm', FORKS_PER_SECOND, SECONDS);
    const end = Date.now() + SECONDS * 1000;
    let seen = 0;
    for (let pass = 0; Date.now() < end; pass++) {
      const document = await cliJson<NamespacesDocument>('ls', '--json');
      checkDocument(document);
      seen += checkRows(document);
      // All tasks are in a capture; `ls` names but one process for each namespace.
      await cliJson('capture', '--json', '--output', file);
      seen += checkTasks(JSON.parse(gunzipSync(readFileSync(file)).toString()) as Capture);
    }
    const { newPids, reusedPids } = JSON.parse(await planted.stop()) as { newPids: number; reusedPids: number };
    expect(seen, 'tasks of the storm that were caught').toBeGreaterThan(50);
    expect(newPids + reusedPids).toBeGreaterThan((FORKS_PER_SECOND * SECONDS) / 4);
    expect(reusedPids, 'pids that came back').toBeGreaterThan(100);
  });
});

/** What a task of the storm says that it is; null for all others. */
interface Told {
  readonly kind: 's' | 't';
  readonly uts: number;
  readonly ipc: number;
  readonly tid: number;
}

/** The first inode number that the kernel gives away: PROC_DYNAMIC_FIRST. */
const FIRST_INUM = 0xf000_0000;

function told(comm: Name): Told | null {
  const match = typeof comm === 'string' ? /^([st])(\w+)\.(\w+)\.(\w+)$/.exec(comm) : null;
  if (match === null) return null;
  const [uts, ipc, tid] = match.slice(2).map((digits) => Number.parseInt(digits, 36));
  return { kind: match[1] as 's' | 't', uts: FIRST_INUM + uts!, ipc: FIRST_INUM + ipc!, tid: tid! };
}

/** Gives how many rows are led by a task of the storm. */
function checkRows({ namespaces }: NamespacesDocument): number {
  const rows = namespaces.flatMap(({ type, inum, leader }) => {
    const it = leader === null ? null : told(leader.comm);
    return it === null || (type !== 'uts' && type !== 'ipc') ? [] : [{ type, inum, pid: leader?.pid, it }];
  });
  expect(rows.filter(({ type, inum, pid, it }) => it[type] !== inum || it.tid !== pid)).toEqual([]);
  return rows.length;
}

/** Gives how many tasks are of the storm. */
function checkTasks({ tasks, namespaces }: Capture): number {
  const wrong: unknown[] = [];
  const ipcOf = new Map<number, number>();
  let count = 0;
  for (const process of tasks!.processes) {
    const it = told(process.comm);
    if (it?.kind === 's') {
      count++;
      ipcOf.set(process.pid, it.ipc);
      if (it.tid !== process.pid || !isIn(process.ns, it)) wrong.push({ it, process });
    }
    for (const thread of process.differing ?? []) {
      // Until it has said its own, a thread bears the name of its process.
      const its = told(thread.comm);
      if (its?.kind !== 't') continue;
      count++;
      if (its.tid !== thread.tid || !isIn(thread.ns, its)) wrong.push({ its, thread });
      if (it !== null && it.ipc !== its.ipc) wrong.push({ it, its });
    }
  }
  for (const fd of namespaces!.fds) {
    const ipc = ipcOf.get(fd.pid);
    if (fd.type === 'ipc' && ipc !== undefined && ipc !== fd.inum) wrong.push({ ipc, fd });
  }
  expect(wrong).toEqual([]);
  return count;
}

/** A task that is ending has left its namespaces: then the links say nothing. */
function isIn(ns: NsLinks, { uts, ipc }: Told): boolean {
  const says = (link: NsLink, inum: number): boolean => [null, inum].includes(ns[NS_LINKS.indexOf(link)] ?? null);
  return says('uts', uts) && says('ipc', ipc);
}
