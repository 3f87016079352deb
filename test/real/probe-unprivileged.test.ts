/** Probes of an ordinary user: user namespaces carry them, a delegated cgroup ends them, and the rest says what it lacks. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { expect, onTestFinished, test, type TestContext } from 'vitest';

import type { Cleaned } from '../../src/probe/clean.ts';
import { liveHierarchies } from '../../src/probe/hierarchies.ts';
import { markName, surroundings } from '../../src/probe/mark.ts';
import { jsonOf, ROOT, run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** nobody, on every system. */
const UID = 65534;
const AS_NOBODY = ['setpriv', '--reuid', String(UID), '--regid', String(UID), '--clear-groups', '--'];

/** What it tells of a probe. */
interface Told {
  readonly usable: boolean;
  readonly why: string | null;
  readonly output: string;
  readonly lacks: Record<string, string>;
  /** Paths of the payload in all hierarchies. */
  readonly cgroups: string;
  readonly refused: string;
}

const SCRIPT = `
import { readFileSync } from 'node:fs';
import { launcherOf } from './src/probe/launch/launchers.ts';
const launcher = launcherOf(process.argv[2]);
const { usable, why } = await launcher.check();
const script = 'id -u; cat /proc/self/uid_map; cat /proc/sys/kernel/hostname; head -c 900M /dev/zero | tail | wc -c';
const probe = await launcher.launch({ name: 'ordinary', script, bounds: { memory: 64 << 20 } });
const cgroups = readFileSync('/proc/' + probe.pid + '/cgroup', 'latin1');
probe.go();
const { output } = await probe.wait();
const lacks = Object.fromEntries(probe.scope.lacks);
probe.remove();
const setting = { controller: 'pids', file: 'pids.max', value: '4' };
const refused = await launcher.launch({ name: 'refused', script: '', settings: [setting] }).then(
  () => '', (error) => error.message);
launcher.close();
console.log(JSON.stringify({ usable, why, output, lacks, cgroups, refused }));
`;

const DENSITY = `
import { launcherOf } from './src/probe/launch/launchers.ts';
import { measureDensity } from './src/probe/probes/density.ts';
const launcher = launcherOf('native');
const { verdict, why, invariants } = await measureDensity(launcher, { most: 2 });
launcher.close();
console.log(JSON.stringify({ verdict, why, held: invariants.map(({ text, holds, observed }) => [text, holds, observed]) }));
`;

const CLEAN = `
import { clean } from './src/probe/clean.ts';
console.log(JSON.stringify(clean({ dryRun: process.argv[2] === 'dry' })));
`;

/** The sources where nobody can read and run them: a checkout may lie in somebody's home. */
function sources(context: TestContext): string {
  const directory = temporaryDirectory(context);
  chmodSync(directory, 0o755);
  for (const name of ['src', 'node_modules/koffi', 'node_modules/@koromix', 'package.json']) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    cpSync(path.join(ROOT, name), path.join(directory, name), { recursive: true, dereference: true });
  }
  copyFileSync(process.execPath, path.join(directory, 'node'));
  chmodSync(path.join(directory, 'node'), 0o755);
  writeFileSync(path.join(directory, 'probe.ts'), SCRIPT);
  writeFileSync(path.join(directory, 'density.ts'), DENSITY);
  writeFileSync(path.join(directory, 'clean.ts'), CLEAN);
  // What an ordinary user finds in XDG_RUNTIME_DIR after `su`.
  mkdirSync(path.join(directory, 'others'), { mode: 0o700 });
  mkdirSync(path.join(directory, 'run'));
  chownSync(path.join(directory, 'run'), UID, UID);
  return directory;
}

function told(
  directory: string,
  word: string,
  before: readonly string[] = [],
  script = 'probe.ts',
  runtimeDir = 'run',
) {
  const command = [...before, ...AS_NOBODY, `${directory}/node`, `${directory}/${script}`, word];
  return run(command, { XDG_RUNTIME_DIR: `${directory}/${runtimeDir}` });
}

describeWith(['root', 'setpriv', 'unshare', 'runc', 'bwrap'], 'a probe of an ordinary user', () => {
  test.each(['native', 'bwrap', 'runc'])('by %s runs as root of a namespace of its own', async (runtime) => {
    const directory = sources({ onTestFinished } as TestContext);
    const { usable, why, output, lacks, refused } = jsonOf<Told>(await told(directory, runtime));
    expect({ usable, why }).toEqual({ usable: true, why: null });
    const [uid, ...rest] = output.split('\n');
    expect(uid).toBe('0');
    expect(rest[0]?.trim().split(/\s+/)).toEqual(['0', String(UID), '1']);
    // The memory that tail wanted was not to be had.
    expect(rest.slice(1)).toEqual(['ordinary', '0', '']);
    expect(Object.keys(lacks)).toEqual(expect.arrayContaining(['memory', 'pids']));
    expect(refused).toMatch(/^the controller pids cannot be used: .*(?:cannot be written to|delegated|not enabled)/);
    expect(readdirSync(`${directory}/run/nsinspect-probe`)).toEqual([]);
  });

  test('waits beside others without any cgroup, and leaves nothing', async (context) => {
    expect(jsonOf(await told(sources(context), 'native', [], 'density.ts'))).toEqual({
      verdict: 'pass',
      why: '2 idle containers, as many as were asked for, within the budget',
      held: [
        ['every container still waits (no cgroups)', true, '2 of 2'],
        ['afterwards no process of them is left', true, '0 processes left'],
      ],
    });
  });

  test('does not start where XDG_RUNTIME_DIR is of another, which is said', async (context) => {
    const directory = sources(context);
    expect(jsonOf(await told(directory, 'native', [], 'density.ts', 'others'))).toMatchObject({
      verdict: 'error',
      why: `0 idle containers: the next did not start: ${directory}/others/nsinspect-probe cannot be made: EACCES (XDG_RUNTIME_DIR must name a directory that is there and this user’s own)`,
    });
  });

  test.each(['dry', 'wet'])('keeps what another user’s left: a %s run', async (how) => {
    const directory = sources({ onTestFinished } as TestContext);
    const { pidns, boot } = surroundings();
    const mark = markName({ pid: process.pid, start: 1, pidns, boot, number: how === 'dry' ? 1 : 2 });
    const [hierarchy] = liveHierarchies().filter(({ base }) => base !== null);
    const left = path.join(hierarchy!.base!, mark);
    mkdirSync(left);
    onTestFinished(() => rmdirSync(left));
    const found = jsonOf<Cleaned>(await told(directory, how, [], 'clean.ts', 'others'));
    expect(found.cgroups.filter((at) => at.endsWith(mark))).toEqual([]);
    expect(found.kept.filter(({ what }) => what === left)).toEqual([
      { what: left, why: 'it is not this user’s to remove: EACCES' },
    ]);
    const state = `${directory}/others/nsinspect-probe`;
    expect(found.kept).toContainEqual({ what: state, why: 'it cannot be looked at (EACCES)' });
    expect(existsSync(left)).toBe(true);
  });

  test('is in a cgroup that was delegated', async (context) => {
    const mount = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((at) => existsSync(`${at}/cgroup.procs`))!;
    const delegated = `${mount}/nsi-delegated-${process.pid}`;
    mkdirSync(`${delegated}/own`, { recursive: true });
    context.onTestFinished(() => {
      for (const at of [`${delegated}/own`, delegated]) rmdirSync(at);
    });
    for (const name of ['.', 'cgroup.procs', 'cgroup.subtree_control']) chownSync(`${delegated}/${name}`, UID, UID);
    const join = ['sh', '-c', `echo $$ > ${delegated}/own/cgroup.procs && exec "$@"`, 'sh'];
    const { usable, cgroups, lacks } = jsonOf<Told>(await told(sources(context), 'native', join));
    expect(usable).toBe(true);
    expect(cgroups).toMatch(new RegExp(`0::.*/${path.basename(delegated)}/nsinspect-probe-[^/]+/probe\n`));
    expect(Object.keys(lacks)).not.toContain('v2');
    expect(readdirSync(delegated).filter((name) => name.startsWith('nsinspect'))).toEqual([]);
  });
});
