/**
 * Probes are tested by mutation: with the limit loosened or removed behind its back a probe must fail, with the limit in place
 * it must pass, also while another CPU is busy. `npm run test:mutation` does the same 20 times each.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { describeWith, missingOf } from '../support/components.ts';
import { keepBusy, mutations, nativeWorld, runProbe, saysOf } from '../support/mutations.ts';

const TIMES = 3;

describeWith(['root', 'unshare', 'taskset'], 'probes of limits, tested by mutation', () => {
  const world = missingOf(['root', 'unshare']) === null ? nativeWorld() : null;
  const all = world === null ? [] : mutations(world);

  test('there is something to change', () => {
    expect(all.length).toBeGreaterThan(10);
  });

  describe('the limit is changed', () => {
    test.each(all.map((mutation) => [mutation.id, mutation.what, mutation] as const))(
      '%s: %s',
      async (id, _, { tamper }) => {
        for (let time = 0; time < TIMES; time++) {
          const result = await runProbe(id, tamper);
          expect(result.verdict, saysOf(result)).toBe('fail');
        }
      },
    );
  });

  describe('the limit is in place, while another CPU is busy', () => {
    let rest: () => void;
    beforeAll(() => {
      rest = keepBusy(world?.cpus[0] ?? 0);
    });
    afterAll(() => rest());

    test.each([...new Set(all.map(({ id }) => id))])('%s', async (id) => {
      for (let time = 0; time < TIMES; time++) {
        const result = await runProbe(id);
        expect(result.verdict, saysOf(result)).toBe('pass');
      }
    });
  });
});
