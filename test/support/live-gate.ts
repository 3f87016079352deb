/** Real runs of the command line that something is wrong with, behind its back: for the gate to find. */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { liveHierarchies } from '../../src/probe/hierarchies.ts';
import { parseMark } from '../../src/probe/mark.ts';
import { ROOT, type Result } from './cli.ts';

/** How often cgroups are looked for, milliseconds. A payload waits longer at its gate. */
const LOOK_MS = 5;

/** Runs a program in the foreground of nothing; `meanwhile` is told its pid and ends with it. */
export function runWatched(
  [program, ...args]: readonly string[],
  meanwhile: (pid: number) => () => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
    const stop = child.pid === undefined ? () => undefined : meanwhile(child.pid);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => {
      stop();
      resolve({ status, stdout, stderr });
    });
  });
}

/**
 * Multiplies every CPU quota that probes of this process set, as soon as it is there, once each; with a factor of 1 the same is
 * written again. The function given back ends it, and tells how many there were.
 */
export function loosenQuotas(pid: number, factor: number): () => number {
  const hierarchy = liveHierarchies().find(({ controllers }) => controllers.includes('cpu'));
  const base = hierarchy?.base;
  if (hierarchy === undefined || typeof base !== 'string') throw new Error('no hierarchy of the cpu controller');
  const done = new Set<string>();
  const look = (): void => {
    for (const name of readdirSync(base)) {
      if (parseMark(name)?.pid !== pid) continue;
      for (const directory of directoriesBelow(path.join(base, name))) {
        if (!done.has(directory) && multiply(directory, hierarchy.version, factor)) done.add(directory);
      }
    }
  };
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    return done.size;
  };
}

/** A cgroup of a probe is gone at any moment: then there is nothing to change. */
function unlessGone<T>(act: () => T, otherwise: T): T {
  try {
    return act();
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return otherwise;
    throw error;
  }
}

function directoriesBelow(directory: string): string[] {
  const below = unlessGone(() => readdirSync(directory, { withFileTypes: true }), []);
  const children = below.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(directory, name));
  return [directory, ...children.flatMap(directoriesBelow)];
}

/** Whether there was a quota. */
function multiply(directory: string, version: 1 | 2, factor: number): boolean {
  const file = path.join(directory, version === 1 ? 'cpu.cfs_quota_us' : 'cpu.max');
  return unlessGone(() => {
    const [quota, ...period] = readFileSync(file, 'latin1').trim().split(' ');
    if (!/^\d+$/.test(quota ?? '')) return false;
    writeFileSync(file, [String(Math.round(Number(quota) * factor)), ...period].join(' '));
    return true;
  }, false);
}

/** What a victim of `isolation/neighbour/cpu` does again and again, and the number in it that makes it longer. */
const LOOPS = 1000;
const job = (loops: number): string => `i=0; while [ $i -lt ${loops} ]; do i=$((i + 1)); done`;

/**
 * How many loops make the job, with the date(1) that follows on each, take so many times its CPU time: by the clock of the shell that
 * runs it, and not by what nsinspect says.
 */
export function loopsFor(factor: number): number {
  const jobs = 300;
  const whole = secondsOf(
    `n=0; while [ $n -lt ${jobs} ]; do ${job(LOOPS)}; now=$(date +%s%N); echo $now; n=$((n + 1)); done`,
  );
  const loops = secondsOf(job(jobs * LOOPS));
  return Math.round(LOOPS * (1 + ((factor - 1) * whole) / loops));
}

/** CPU time of a shell script and its children: the least of some times, which other programs disturbed least. */
function secondsOf(script: string): number {
  const times = [1, 2, 3, 4, 5].map(() => {
    const command = ['-c', 'TIMEFORMAT="%U %S"; time sh -c "$1" > /dev/null', 'bash', script];
    const { stderr } = spawnSync('bash', command, { encoding: 'latin1' });
    const [, user, system] = /^([\d.]+) ([\d.]+)$/m.exec(stderr) ?? [];
    if (system === undefined) throw new Error(`bash did not time it: ${stderr}`);
    return Number(user) + Number(system);
  });
  return Math.min(...times);
}

/** A copy of what is built, in which that victim does so many loops instead. Its command line; `remove` takes it away. */
export function slowedCopy(loops: number): { readonly command: readonly string[]; readonly remove: () => void } {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'nsinspect-slowed-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  try {
    const parts = ['bin', 'dist', 'package.json', 'oclif.manifest.json'];
    for (const part of parts.filter((name) => existsSync(path.join(ROOT, name)))) {
      cpSync(path.join(ROOT, part), path.join(directory, part), { recursive: true });
    }
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'));
    const chunks = path.join(directory, 'dist/chunks');
    const changed = readdirSync(chunks).filter((name) => {
      const file = path.join(chunks, name);
      const [before = '', after, ...more] = readFileSync(file, 'utf8').split(job(LOOPS));
      if (after === undefined || more.length > 0) return false;
      writeFileSync(file, before + job(loops) + after);
      return true;
    });
    if (changed.length !== 1) throw new Error(`the victim's job was found in ${changed.length} files, not in one`);
    return { command: [process.execPath, path.join(directory, 'bin/run.js')], remove };
  } catch (error) {
    remove();
    throw error;
  }
}
