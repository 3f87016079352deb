/** The labs in which engines are tested leave nothing behind, whatever becomes of the test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from 'vitest';

import { ROOT } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';

const CHILD = `
import { Lab } from './test/support/daemons.ts';
const lab = await Lab.start();
// A daemon in the manner of containerd's shims: in a session of its own, and no child of whoever started it.
await lab.onHost('sh', '-c', 'setsid sleep 3600 >/dev/null 2>&1 & echo $! > ' + lab.dir + '/daemon.pid');
await lab.inside('sh', '-c', 'mkdir /run/sub && mount -t tmpfs tmpfs /run/sub');
console.log(JSON.stringify({ dir: lab.dir, tag: lab.tag }));
setInterval(() => {}, 1000);
`;

describeWith(['root', 'unshare', 'nsenter', 'ip'], 'a lab', () => {
  test('ends with its test also when that is killed', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', CHILD], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { dir, tag } = JSON.parse(line.toString()) as { dir: string; tag: string };
    const daemon = Number(readFileSync(path.join(dir, 'daemon.pid'), 'utf8'));
    expect(isAlive(daemon)).toBe(true);
    expect(readFileSync(`/proc/${daemon}/cgroup`, 'utf8')).toContain(tag);

    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect.poll(() => existsSync(dir), { timeout: 10_000 }).toBe(false);
    expect(isAlive(daemon)).toBe(false);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(dir);
  });
});

/** Whether it still runs; a zombie that nobody has waited for yet does not. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]$/.test(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3));
  } catch {
    // Gone altogether.
    return false;
  }
}
