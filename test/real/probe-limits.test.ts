/** The probes of limits on this kernel: all that it has pass, and what was measured is near what was set. */
import { readFileSync } from 'node:fs';

import { beforeAll, expect, test } from 'vitest';

import { NativeLauncher } from '../../src/probe/launch/native.ts';
import { LIMIT_PROBES } from '../../src/probe/probes/limits/index.ts';
import { runSuite } from '../../src/probe/suite.ts';
import type { BenchDocument, ProbeResult } from '../../src/schema/bench.ts';
import { describeWith } from '../support/components.ts';
import { saysOf } from '../support/mutations.ts';
import { expectDocument } from '../support/schema.ts';

describeWith(['root', 'unshare'], 'probes of limits', () => {
  let document: BenchDocument;
  beforeAll(async () => {
    document = await runSuite({
      probes: LIMIT_PROBES,
      launchers: [new NativeLauncher()],
      quick: true,
      rounds: 1,
      version: '0.0.0',
    });
  });

  const resultOf = (id: string): ProbeResult => document.results.find((result) => result.id === id)!;

  test('is a document of its schema', () => {
    expectDocument(document);
    expect(document.results).toHaveLength(LIMIT_PROBES.length);
  });

  test.each(LIMIT_PROBES.map(({ id }) => id))('%s passes, or says why it could not be driven', (id) => {
    const result = resultOf(id);
    expect(['pass', 'read-back', 'unsupported'], saysOf(result)).toContain(result.verdict);
    if (result.verdict === 'pass') expect(result.invariants.length).toBeGreaterThan(0);
    else expect(result.why).not.toBe('');
    for (const { holds, observed } of result.invariants) expect({ holds, observed }).toMatchObject({ holds: true });
  });

  test('drives what this kernel has: no controller in use is given up on', () => {
    const here = readFileSync('/proc/self/cgroup', 'latin1');
    const driven = ['limits/cpu-quota/10-of-100ms', 'limits/memory-max', 'limits/pids'].filter((id) => {
      const { subject } = resultOf(id);
      return new RegExp(`^\\d+:(?:.*,)?${subject}(?:,.*)?:`, 'm').test(here);
    });
    for (const id of driven) expect(resultOf(id).verdict, saysOf(resultOf(id))).toBe('pass');
  });

  test('says of each sample how the machine was', () => {
    for (const { metrics } of document.results) {
      for (const { samples } of metrics) {
        for (const { steal, pressure } of samples) {
          for (const share of [steal, pressure.cpu, pressure.memory, pressure.io]) {
            if (share !== null) expect(share).toSatisfy((value: number) => value >= 0 && value <= 1);
          }
        }
      }
    }
  });
});
