import path from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Store } from '../../src/store/store.ts';
import { areSame, firstCapture, sequence, steps } from '../support/moving.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('as of a snapshot', () => {
  it('is the capture that was stored, whatever was stored before and after', async (context) => {
    const directory = temporaryDirectory(context);
    const first = await firstCapture();
    let file = 0;
    fc.assert(
      fc.property(steps, fc.array(fc.nat(9)), fc.nat(3), (way, removed, reopen) => {
        const db = path.join(directory, `${file++}.db`);
        const captures = sequence(first, way);
        let store = Store.open(db, 'write');
        try {
          for (const [at, capture] of captures.entries()) {
            // Every now and then what is remembered of the newest rows is lost.
            if (at % 4 === reopen) {
              store.close();
              store = Store.open(db, 'write');
            }
            expect(store.put(capture).id).toBe(at + 1);
          }
          for (const [at, capture] of captures.entries()) expect(areSame(store.asOf(at + 1), capture)).toBe(true);
          expect(store.check()).toEqual([]);
          // Without some of them, the newest perhaps, the others are what they were, and so is what comes next.
          const gone = new Set(removed.map((at) => (at % captures.length) + 1));
          store.remove([...gone]);
          const next = store.put(captures[0]!).id;
          expect(next).toBe(captures.length + 1);
          for (const [at, capture] of [...captures, captures[0]!].entries()) {
            if (!gone.has(at + 1)) expect(areSame(store.asOf(at + 1), capture)).toBe(true);
          }
          expect(store.check()).toEqual([]);
        } finally {
          store.close();
        }
      }),
      { numRuns: 80 },
    );
  }, 60_000);

  it('gives the same objects for what is the same', async (context) => {
    const store = Store.open(path.join(temporaryDirectory(context), 'a.db'), 'write');
    context.onTestFinished(() => store.close());
    const first = await firstCapture();
    const [one] = first.tasks!.processes;
    store.put(first);
    store.put({
      ...first,
      tasks: { ...first.tasks!, processes: [{ ...one!, comm: 'other' }, ...first.tasks!.processes.slice(1)] },
    });
    const [a, b] = [store.asOf(1), store.asOf(2)];
    expect(b.tasks?.processes[0]).not.toBe(a.tasks?.processes[0]);
    expect(a.tasks!.processes.slice(1).every((process, at) => process === b.tasks?.processes[at + 1])).toBe(true);
    expect(a.mounts!.tables.every((table, at) => table === b.mounts?.tables[at])).toBe(true);
    expect(a.cgroups!.cgroups.every((cgroup, at) => cgroup === b.cgroups?.cgroups[at])).toBe(true);
  });
});
