/**
 * The probes of isolation on this kernel. Each is held against a container that lacks what it is about: without its namespace,
 * with the host's /proc, with a limit that was lifted behind its back, it must fail.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { Gated, payloadOf } from '../../src/probe/launch/gated.ts';
import {
  DEFAULT_BOUNDS,
  type Launcher,
  type LaunchSpec,
  type OwnNamespace,
  type Probe,
} from '../../src/probe/launch/launcher.ts';
import { DEFAULT_NAMESPACES, NativeLauncher } from '../../src/probe/launch/native.ts';
import { newMark } from '../../src/probe/mark.ts';
import { ISOLATION_PROBES } from '../../src/probe/probes/isolation/index.ts';
import { throttle } from '../../src/probe/probes/limits/io.ts';
import { verdictOf, type Tamper, type Trial } from '../../src/probe/probes/probe.ts';
import { lookAround } from '../../src/probe/probes/world.ts';
import { describeWith, missingOf } from '../support/components.ts';

const native = new NativeLauncher();

/** Launches what `change` makes of each spec. */
function changed(change: (spec: LaunchSpec) => LaunchSpec): Launcher {
  return {
    runtime: 'native',
    check: () => native.check(),
    launch: (spec) => native.launch(change(spec)),
    scope: (...bounds) => native.scope(...bounds),
    close: () => native.close(),
  };
}

/** Where there is no network of its own, the launcher mounts no sysfs of its own. */
const NO_NET = DEFAULT_NAMESPACES.filter((name) => name !== 'net');

const without = (kind: OwnNamespace) =>
  changed((spec) => ({
    ...spec,
    namespaces: (spec.namespaces ?? DEFAULT_NAMESPACES).filter((name) => name !== kind),
  }));

/** No container at all: the payload runs as it is, beside this process. */
const bare: Launcher = {
  ...changed((spec) => spec),
  launch: async (spec) => {
    const gated = new Gated({
      command: payloadOf(spec, DEFAULT_BOUNDS),
      mark: newMark(),
      bounds: DEFAULT_BOUNDS,
      translate: false,
      kill: () => gated.killGroup(),
    });
    await gated.stage('gate');
    const probe: Partial<Probe> = {
      pid: gated.pid,
      scratch: '/nonexistent',
      go: () => gated.go(),
      write: (text) => gated.write(text),
      said: (text) => gated.said(text),
      output: () => gated.output(),
      remove: () => {
        gated.killGroup();
        gated.release();
      },
    };
    return probe as Probe;
  },
};

const says = ({ why = '', invariants }: Trial) =>
  [why, ...invariants.map(({ id, holds, observed }) => `${id} ${holds}: ${observed}`)].join(' | ');

const failed = ({ invariants }: Trial) => invariants.filter(({ holds }) => !holds).map(({ id }) => id);

describeWith(['root', 'unshare', 'nsenter', 'taskset'], 'probes of isolation', () => {
  const world = missingOf(['root', 'unshare']) === null ? lookAround(native) : null;

  function run(id: string, launcher: Launcher = native, tamper?: Tamper): Promise<Trial> {
    const probe = ISOLATION_PROBES.find((candidate) => candidate.id === `isolation/${id}`);
    if (probe === undefined || world === null) throw new Error(`no probe ${id}`);
    const context = { launcher, world, quick: true, ownMachine: false };
    return probe.run(tamper === undefined ? context : { ...context, tamper });
  }

  const ids = ISOLATION_PROBES.map(({ id }) => id.slice('isolation/'.length));

  test.each(ids.filter((id) => id.startsWith('namespace/')))('%s separates', async (id) => {
    const trial = await run(id);
    expect(verdictOf(trial), says(trial)).toBe('pass');
    expect(trial.invariants.length).toBeGreaterThan(1);
  });

  test.each([
    ['uts', ['own-namespace', 'own-name']],
    ['user', ['own-namespace', 'nobody-outside', 'root-files', 'capabilities']],
    ['cgroup', ['own-namespace', 'root-inside', 'outside-unseen']],
    ['time', ['own-namespace', 'own-clock']],
    ['ipc', ['own-namespace', 'segment-inside', 'segment-outside', 'queue-inside']],
    ['net', ['own-namespace', 'tcp-unseen', 'unix-unseen', 'loopback-own']],
  ] as const)('without its namespace %s fails', async (kind, expected) => {
    const trial = await run(`namespace/${kind}`, without(kind));
    expect(verdictOf(trial)).toBe('fail');
    expect(failed(trial), says(trial)).toEqual(expect.arrayContaining([...expected]));
  });

  test.each(['mnt', 'pid', 'net'])('without any container %s fails, and nothing is mounted', async (kind) => {
    const trial = await run(`namespace/${kind}`, bare);
    expect(failed(trial), says(trial)).toContain('own-namespace');
    expect(readFileSync('/proc/self/mountinfo', 'latin1')).not.toContain('/mounted ');
  });

  test('with the /proc of the host pid fails', async () => {
    const bind = { source: '/proc', target: '/proc', writable: false };
    const trial = await run(
      'namespace/pid',
      changed((spec) => ({ ...spec, binds: [bind] })),
    );
    expect(failed(trial), says(trial)).toContain('outside-unseen');
  });

  test('nothing is left in the namespaces of this process', async () => {
    const segments = () => readFileSync('/proc/sysvipc/shm', 'latin1').replaceAll(/^ *(\S+ +\S+).*$/gm, '$1');
    const look = () => [segments(), readFileSync('/proc/sys/kernel/hostname', 'latin1')];
    const before = look();
    await run('namespace/ipc');
    await run('namespace/ipc', without('ipc'));
    await run('namespace/uts');
    expect(look()).toEqual(before);
  });

  test.each(ids.filter((id) => id.startsWith('leak/')))('%s: what is promised is kept', async (id) => {
    const trial = await run(id);
    expect(verdictOf(trial), says(trial)).toBe('pass');
    expect(trial.measures.length).toBeGreaterThan(0);
  });

  test('what the kernel shows everybody is found', async () => {
    const { measures, why } = await run('leak/resources');
    const seen = new Map(measures.map(({ name, value }) => [name, value]));
    expect(seen.get('meminfo visible')).toBe(1);
    expect(seen.get('MemTotal by limit')).toBeGreaterThan(1);
    expect(why).toContain('meminfo (MemTotal ');
    expect((await run('leak/identity')).why).toContain('boot-id (as outside)');
  });

  test.each([
    ['proc-sys', '/proc/sys'],
    ['proc', '/proc/irq'],
    ['sysfs', '/sys'],
  ])('%s fails where %s can be written to', async (id, at) => {
    const bind = { source: at, target: at, writable: true };
    const trial = await run(
      'leak/writable',
      changed((spec) => ({ ...spec, binds: [bind], namespaces: NO_NET })),
    );
    expect(failed(trial), says(trial)).toContain(id);
  });

  test('kernel fails without any container, with all rights', async () => {
    const trial = await run('leak/kernel', bare);
    const found = failed(trial);
    expect(found, says(trial)).toContain('set-clock');
    // What this kernel shows everybody, or has not, is no leak.
    const setting = (name: string) => readFileSync(`/proc/sys/kernel/${name}`, 'latin1').trim();
    expect(found.includes('dmesg'), says(trial)).toBe(setting('dmesg_restrict') !== '0');
    if (setting('kptr_restrict') === '0') expect(found).not.toContain('kallsyms');
    expect(found.includes('kcore'), says(trial)).toBe(existsSync('/proc/kcore'));
  });

  test('kernel fails where a device of a disk can be opened', async (context) => {
    // A loop device that nothing is bound to can be opened, and is empty.
    const open = 'mount -t tmpfs tmpfs /tmp && mknod /tmp/disk b 7 0 && head -c 0 /tmp/disk';
    const { status } = spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', open]);
    if (world === null || status !== 0) return context.skip('no loop device can be opened here');
    const probe = ISOLATION_PROBES.find(({ id }) => id === 'isolation/leak/kernel')!;
    // As native containers have no rules for devices, nothing is promised of them; of those of runc it is.
    const launcher: Launcher = { ...changed((spec) => spec), runtime: 'runc' };
    const trial = await probe.run({
      launcher,
      world: { ...world, disk: { dev: '7:0' } },
      quick: true,
      ownMachine: false,
    });
    expect(failed(trial), says(trial)).toEqual(['raw-disk']);
  });

  const neighbours = ISOLATION_PROBES.filter(({ id }) => id.startsWith('isolation/neighbour/'));
  const usable = neighbours.filter(({ needs }) =>
    needs.some((all) =>
      all.every(({ controller, version }) => {
        const here = world?.version(controller) ?? null;
        return here !== null && (version === undefined || here === version);
      }),
    ),
  );

  test.each(usable.map(({ id }) => id.slice('isolation/'.length)))('%s: the hog is held', async (id) => {
    const trial = await run(id);
    // How much a victim gets done beside whatever else runs here is not asserted.
    expect(['pass', 'inconclusive', 'unsupported'], says(trial)).toContain(verdictOf(trial));
    for (const { value, name } of trial.measures) expect(value, name).toBeGreaterThan(0);
  });

  const noQuota: Tamper = ({ scope, group }) => {
    const [file, value] = scope.version('cpu') === 2 ? ['cpu.max', 'max'] : ['cpu.cfs_quota_us', '-1'];
    scope.set({ controller: 'cpu', file, value, group });
  };
  const lifted: Readonly<Record<string, Tamper>> = {
    cpu: noQuota,
    'memory-bandwidth': noQuota,
    io: ({ scope, group }) => {
      if (world === null || typeof world.disk === 'string') throw new Error('no disk');
      const { dev } = world.disk;
      scope.set({ ...throttle(world, dev, { direction: 'write', kind: 'bps', limit: null }), group });
    },
    fork: ({ scope, group }) => scope.set({ controller: 'pids', file: 'pids.max', value: 'max', group }),
    'page-cache': ({ scope, group }) => {
      const [file, value] = scope.version('memory') === 2 ? ['memory.max', 'max'] : ['memory.limit_in_bytes', '-1'];
      scope.set({ controller: 'memory', file, value, group });
    },
  };

  test.each(Object.keys(lifted).filter((id) => usable.some((probe) => probe.id.endsWith(`/${id}`))))(
    'neighbour/%s fails where the limit was lifted',
    async (id) => {
      const trial = await run(`neighbour/${id}`, native, lifted[id]);
      expect(failed(trial), says(trial)).toEqual(['hog-held']);
    },
  );

  test.each(ids.filter((id) => id.startsWith('escaped-work/')))('%s is measured', async (id) => {
    const trial = await run(id);
    expect(verdictOf(trial)).toMatch(/^(?:pass|unsupported)$/);
    const factor = trial.measures.find(({ name }) => name === 'amplification');
    if (verdictOf(trial) === 'pass') expect(factor?.value).toBeGreaterThanOrEqual(1);
  });
});
