/** Limits outside cgroups, held against what was set and what other programs say. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';

import { expect, test } from 'vitest';

import { captureLimits } from '../../src/capture/limits.ts';
import { liveHost } from '../../src/host/live.ts';
import { parseCpuList } from '../../src/text/cpu-list.ts';
import { run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';

describeWith(['root', 'setpriv'], 'the facet of limits', () => {
  test('has what a shell set for a process', async (context) => {
    const child = spawn(
      'sh',
      ['-c', 'echo; exec prlimit --nofile=77:88 --core=0 --nproc=555:556 taskset -c 0 sleep 60'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = new Promise((resolve) => child.once('exit', resolve));
    context.onTestFinished(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await expect.poll(() => captureLimits(liveHost(), [child.pid!]).processes[0]?.affinity).toBe('0');
    const [limits] = captureLimits(liveHost(), [child.pid!]).processes;
    expect(limits).toMatchObject({
      pid: child.pid,
      rlimits: {
        'Max open files': { soft: '77', hard: '88', unit: 'files' },
        'Max core file size': { soft: '0', hard: '0', unit: 'bytes' },
        'Max processes': { soft: '555', hard: '556', unit: 'processes' },
      },
      openFiles: readdirSync(`/proc/${child.pid}/fd`).length,
    });
    expect(limits!.unknown).toBeUndefined();
  });

  test('has the host’s own', async () => {
    const { host } = captureLimits(liveHost(), []);
    const said = (
      await run(['sh', '-c', "free -bw | awk 'NR > 1 { print $2 }'; sysctl -n kernel.pid_max kernel.threads-max"])
    ).stdout;
    expect([host.memory, host.swap, String(host.pidMax), String(host.threadsMax)]).toEqual(said.trim().split('\n'));
    expect(parseCpuList(host.cpus!)!.length).toBeGreaterThanOrEqual(availableParallelism());
  });
});
