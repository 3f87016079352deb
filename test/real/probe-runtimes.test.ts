/**
 * The probes on this kernel, in every runtime that is here: all that it has pass in native containers, and no other runtime
 * comes to another verdict, unless it lacks what a probe is about and says so.
 */
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Launcher } from '../../src/probe/launch/launcher.ts';
import { launcherOf } from '../../src/probe/launch/launchers.ts';
import { ISOLATION_PROBES } from '../../src/probe/probes/isolation/index.ts';
import { LIMIT_PROBES } from '../../src/probe/probes/limits/index.ts';
import { runSuite } from '../../src/probe/suite.ts';
import { RUNTIMES, type BenchDocument, type ProbeResult, type ProbeRuntime } from '../../src/schema/bench.ts';
import { describeWith, missingOf } from '../support/components.ts';
import { Lab, startDockerd } from '../support/daemons.ts';
import { saysOf } from '../support/mutations.ts';
import { expectDocument } from '../support/schema.ts';

/** The quick ones: how a victim fares beside a hog is no verdict on a runtime. */
const PROBES = [...LIMIT_PROBES, ...ISOLATION_PROBES.filter(({ id }) => /\/(?:namespace|leak)\//.test(id))];
const IDS = PROBES.map(({ id }) => id);

/** Another quota, direction or unit of the same limit: seconds each, and all through the same few lines of a launcher. */
const VARIANTS = /cpu-quota\/(?:50|5|1)-of-|io\/(?:read-bps|read-iops|write-iops)/;

/** Driven through all of them; others through what is no variant. */
const WHOLE: readonly ProbeRuntime[] = ['native'];

/** Namespaces that a runtime has no word for, and what it says then. */
const LACKS: Readonly<Record<string, Partial<Record<ProbeRuntime, string>>>> = {
  'isolation/namespace/user': {
    docker: 'docker has no option to give a container a namespace of type user of its own',
    bwrap: 'bwrap maps one id only',
  },
  'isolation/namespace/time': {
    docker: 'docker has no option to give a container a namespace of type time of its own',
    podman: 'podman has no option to give a container a namespace of type time of its own',
    bwrap: 'bwrap makes no namespaces of type time',
    // Since 1.2 it makes them.
    runc: 'this version of runc makes no namespaces of type time',
  },
};

const HERE = RUNTIMES.filter((runtime) => runtime === 'native' || missingOf([runtime]) === null);

describeWith(['root', 'unshare'], 'probes of limits and namespaces', () => {
  const ours = process.env['DOCKER_HOST'];
  let lab: Lab | null = null;
  let launchers: readonly Launcher[] = [];
  let documents: readonly BenchDocument[] = [];
  let results: readonly ProbeResult[] = [];

  const runAll = (probes: typeof PROBES, isHere: (launcher: Launcher) => boolean) =>
    runSuite({ probes, launchers: launchers.filter(isHere), quick: true, rounds: 1, version: '0.0.0' });

  beforeAll(async () => {
    if (HERE.includes('docker')) {
      lab = await Lab.start();
      await startDockerd(lab);
      process.env['DOCKER_HOST'] = `unix://${lab.dir}/docker/docker.sock`;
    }
    launchers = HERE.map(launcherOf);
    const isWhole = ({ runtime }: Launcher) => WHOLE.includes(runtime);
    documents = [
      await runAll(PROBES, isWhole),
      await runAll(
        PROBES.filter(({ id }) => !VARIANTS.test(id)),
        (launcher) => !isWhole(launcher),
      ),
    ];
    results = documents.flatMap((document) => document.results);
    // A minute on a quiet machine.
  }, 900_000);

  afterAll(async () => {
    for (const launcher of launchers) launcher.close();
    if (ours === undefined) delete process.env['DOCKER_HOST'];
    else process.env['DOCKER_HOST'] = ours;
    await lab?.stop();
  });

  const resultsOf = (id: string): ProbeResult[] => results.filter((result) => result.id === id);
  const nativeOf = (id: string): ProbeResult => resultsOf(id).find(({ runtime }) => runtime === 'native')!;

  test('are a document of its schema, of all runtimes that work here', () => {
    for (const document of documents) {
      expectDocument(document);
      const { runtimes } = document.environment;
      // The one that there is a reason for: it takes no hybrid of v1 and v2.
      expect(runtimes.filter(({ usable, runtime }) => !usable && runtime !== 'crun')).toEqual([]);
      const probes = new Set(document.results.map(({ id }) => id));
      expect(document.results).toHaveLength(probes.size * runtimes.filter(({ usable }) => usable).length);
    }
    expect(new Set(results.map(({ id }) => id)).size).toBe(PROBES.length);
  });

  describe('in native containers', () => {
    test.each(IDS)('%s passes, or says why it could not be driven', (id) => {
      const result = nativeOf(id);
      expect(['pass', 'read-back', 'unsupported'], saysOf(result)).toContain(result.verdict);
      if (result.verdict !== 'pass') expect(result.why).not.toBe('');
      else if (id.startsWith('limits/')) expect(result.invariants.length).toBeGreaterThan(0);
      for (const { holds, observed } of result.invariants) expect({ holds, observed }).toMatchObject({ holds: true });
    });

    test('are driven where this kernel has the limit: no controller in use is given up on', () => {
      const here = readFileSync('/proc/self/cgroup', 'latin1');
      const driven = ['limits/cpu-quota/10-of-100ms', 'limits/memory-max', 'limits/pids'].filter((id) => {
        const { subject } = nativeOf(id);
        return new RegExp(`^\\d+:(?:.*,)?${subject}(?:,.*)?:`, 'm').test(here);
      });
      for (const id of driven) expect(nativeOf(id).verdict, saysOf(nativeOf(id))).toBe('pass');
    });
  });

  test.each(IDS)('%s: the same verdict in every runtime', (id) => {
    const same = nativeOf(id).verdict;
    for (const result of resultsOf(id)) {
      const lack = LACKS[id]?.[result.runtime];
      const mayLack = lack !== undefined && result.verdict === 'unsupported';
      if (mayLack) expect(result.why).toContain(lack);
      else expect([result.runtime, result.verdict], saysOf(result)).toEqual([result.runtime, same]);
    }
  });

  test('are compared: what there is no word for is all that differs', () => {
    const differing = IDS.filter((id) => new Set(resultsOf(id).map(({ verdict }) => verdict)).size > 1);
    expect(Object.keys(LACKS)).toEqual(expect.arrayContaining(differing));
    const others = HERE.filter((runtime) => runtime !== 'native' && runtime !== 'crun');
    expect([...new Set(results.map(({ runtime }) => runtime))]).toEqual(expect.arrayContaining(others));
  });

  test('say of each sample how the machine was', () => {
    for (const { metrics } of results) {
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
