/** What a container of each runtime costs, and a plain process of the same program. */
import { performance } from 'node:perf_hooks';

import type { Invariant } from '../../../schema/bench.ts';
import { makeScope } from '../../cgroupfs.ts';
import { boundsOf, Gated, payloadOf } from '../../launch/gated.ts';
import type { Launcher, LaunchSpec, Scope } from '../../launch/launcher.ts';
import { cgroupPathsOf, isRunning } from '../../tasks.ts';
import { invariant, type Measure } from '../probe.ts';
import { ownBytes } from './own-files.ts';
import { bytes, micros, type Group, type Row } from './subject.ts';

/** Idle: it waits at the gate and is never told to go. */
const SPEC: LaunchSpec = { name: 'startup', script: 'exit 0' };

const MILLION = 1e6;

/** Bytes charged to a group of a scope; null: there is no memory controller. */
export function usageOf(scope: Scope, group: string): number | null {
  const text = scope.read('memory', group, scope.version('memory') === 2 ? 'memory.current' : 'memory.usage_in_bytes');
  return text === null ? null : Number(text);
}

/** A container that does nothing: from the call of `launch` until its payload waits, and until nothing of it is left. */
export function runtimeGroup(launcher: Launcher, stride: number): Group {
  const { runtime } = launcher;
  const row: Row = {
    id: 'startup/container',
    title: 'A container: until its first program waits at the gate; until all of it is removed',
    subject: null,
    runtime,
    informative: false,
    note: 'includes the cgroups that bound it, and starting the programs of the runtime',
  };
  return {
    rows: [row],
    lacks: [],
    stride,
    async once() {
      const probe = await launcher.launch(SPEC);
      const measures: Measure[] = [micros('start', probe.startMs * MILLION)];
      const { pid, scope } = probe;
      try {
        const memory = usageOf(scope, probe.group);
        if (memory !== null) measures.push(bytes('memory', memory));
        const disk = ownBytes(pid);
        if (disk !== null) measures.push(bytes('disk', disk));
      } finally {
        const began = performance.now();
        probe.remove();
        measures.push(micros('tear-down', (performance.now() - began) * MILLION));
      }
      return new Map([[row.id, { measures, invariants: [nothingLeft(pid, scope)] }]]);
    },
    // Launchers belong to the caller.
    close: () => undefined,
  };
}

/** The same payload without a container, in a cgroup: what every runtime includes. */
export function processGroup(stride: number): Group {
  const scope = makeScope({ memory: 64 * 1024 * 1024, tasks: 16 });
  const row: Row = {
    id: 'startup/process/program',
    title: 'A process of sh: until it waits at the gate; until it is killed and reaped',
    subject: null,
    runtime: 'native',
    informative: false,
    note: null,
  };
  scope.makeGroup(
    'process',
    ['memory', 'pids', 'freezer'].filter((controller) => scope.directory(controller, '') !== null),
  );
  const bounds = boundsOf({});
  const [shell = '', option = '', gate = '', ...args] = payloadOf(SPEC, bounds);
  return {
    rows: [row],
    lacks: [],
    stride,
    async once() {
      const began = performance.now();
      const gated = new Gated({
        command: [shell, option, `${scope.joinScript('process')}${gate}`, ...args],
        mark: scope.mark,
        bounds,
        translate: false,
        kill: () => scope.kill('process'),
      });
      const measures: Measure[] = [];
      try {
        await gated.stage('gate');
        measures.push(micros('start', (performance.now() - began) * MILLION));
        const memory = usageOf(scope, 'process');
        if (memory !== null) measures.push(bytes('memory', memory));
        measures.push(bytes('disk', 0));
        const ending = performance.now();
        gated.killGroup();
        await gated.wait();
        measures.push(micros('tear-down', (performance.now() - ending) * MILLION));
      } finally {
        gated.killGroup();
        gated.release();
      }
      return new Map([[row.id, { measures, invariants: [nothingLeft(gated.pid, scope)] }]]);
    },
    close: () => scope.remove(),
  };
}

/** That it was removed is part of what was timed: it must be gone. A zombie is: it holds nothing, and its parent is about to reap it. */
export function nothingLeft(pid: number, scope: Scope): Invariant {
  const left = new Set(scope.pids());
  // A pid may be another's by now: that is not in the scope.
  if (isRunning(pid) && cgroupPathsOf(pid).includes(scope.mark)) left.add(pid);
  return invariant(
    'nothing-left',
    'afterwards no process of it is left',
    left.size === 0,
    `${left.size} processes left`,
  );
}
