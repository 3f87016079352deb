/** Cgroups of a test's own, in the hierarchies of this machine. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

import type { TestContext } from 'vitest';

/** A hierarchy that is mounted here as a whole. */
export interface MountedHierarchy {
  readonly version: 1 | 2;
  readonly id: number;
  /** Controllers of v1, or `name=x`; those that the root of v2 has. */
  readonly controllers: readonly string[];
  readonly path: string;
}

/** The hierarchies of this machine, as its files say; independent of what nsinspect parses. */
export function mountedHierarchies(): MountedHierarchy[] {
  const lines = readFileSync('/proc/self/cgroup', 'latin1').trimEnd().split('\n');
  const mounts = readFileSync('/proc/self/mountinfo', 'latin1').trimEnd().split('\n');
  return lines.flatMap((line) => {
    const [id = '', controllers = ''] = line.split(':');
    const of = (fields: string[]): boolean => {
      const [type, , options = ''] = fields.slice(fields.indexOf('-') + 1);
      return id === '0' ? type === 'cgroup2' : type === 'cgroup' && options.endsWith(`,${controllers}`);
    };
    const mount = mounts.map((text) => text.split(' ')).find((fields) => of(fields) && fields[3] === '/');
    if (mount === undefined) return [];
    const path = mount[4]!;
    const own =
      id === '0' ? readFileSync(`${path}/cgroup.controllers`, 'latin1').trim().split(' ') : controllers.split(',');
    return [{ version: id === '0' ? 2 : 1, id: Number(id), controllers: own, path }];
  });
}

/** The one that has this controller; undefined where none has. */
export function hierarchyWith(controller: string): MountedHierarchy | undefined {
  return mountedHierarchies().find(({ controllers }) => controllers.includes(controller));
}

/** Names as bytes, one character each: what Node would read as UTF-8 is not all that a cgroup can be called. */
function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

let made = 0;

/** A cgroup of the test's own directly below the root of the hierarchy; it and all below it are removed when the test ends. */
export function cgroupFor(context: TestContext, hierarchy: MountedHierarchy): string {
  const path = `${hierarchy.path}/nsinspect-test-${process.pid}-${made++}`;
  makeCgroup(path);
  context.onTestFinished(() => removeCgroups(path));
  return path;
}

/** Makes a cgroup; the path is one character a byte. */
export function makeCgroup(path: string): string {
  mkdirSync(bytes(path));
  return path;
}

/** Sets a file of a cgroup. */
export function setCgroup(path: string, file: string, value: string): void {
  writeFileSync(bytes(`${path}/${file}`), value);
}

/** The content of a file of a cgroup, one character a byte. */
export function catCgroup(path: string, file: string): string {
  return readFileSync(bytes(`${path}/${file}`), 'latin1');
}

/** Names in a cgroup's directory: its files, or its children. */
export function namesIn(path: string, what: 'files' | 'children'): string[] {
  return readdirSync(bytes(path), { withFileTypes: true, encoding: 'buffer' })
    .filter((entry) => entry.isDirectory() === (what === 'children'))
    .map(({ name }) => name.toString('latin1'));
}

/** Removes a cgroup and all below it. A task that has just ended still counts for a moment. */
export async function removeCgroups(path: string): Promise<void> {
  for (const name of namesIn(path, 'children')) await removeCgroups(`${path}/${name}`);
  for (let tries = 0; ; tries++) {
    try {
      rmdirSync(bytes(path));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** A process of several threads that does nothing until the test ends. Cgroups made before it are removed after it. */
export function idleProcess(context: TestContext): Promise<number> {
  return program(context, 'process.stdout.write("x"); setInterval(() => 0, 1e9)');
}

/** Makes and removes cgroups below this one until the test ends, as fast as it can. */
export async function churn(context: TestContext, directory: string): Promise<void> {
  await program(
    context,
    `const { mkdirSync, rmdirSync } = require('node:fs');
    const all = [];
    for (let nth = 0; nth < 8; nth++) for (const name of ['', '/a', '/a/b']) all.push(process.argv[1] + '/' + nth + name);
    process.stdout.write('x');
    const end = Date.now() + 60_000;
    while (Date.now() < end) {
      for (const path of all) mkdirSync(path);
      for (const path of all.toReversed()) rmdirSync(path);
    }`,
    directory,
  );
}

/** Runs a program of Node until the test ends; answers with its pid when it has begun. */
async function program(context: TestContext, text: string, ...args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['-e', text, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  context.onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.stdout.once('data', resolve);
  });
  return child.pid!;
}

/** Moves a thread (v1) or a process (v2) from one cgroup to the other and back until the test ends, as fast as it can. */
export async function moveToAndFro(context: TestContext, id: number, files: readonly [string, string]): Promise<void> {
  await program(
    context,
    `const { openSync, writeSync } = require('node:fs');
    const [id, ...files] = process.argv.slice(1);
    const fds = files.map((file) => openSync(file, 'w'));
    process.stdout.write('x');
    const end = Date.now() + 120_000;
    while (Date.now() < end) for (const fd of fds) writeSync(fd, id);`,
    String(id),
    ...files,
  );
}
