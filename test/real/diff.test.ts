/** What a real engine does between two captures, and that the comparison says exactly that of the container. */
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { changeText } from '../../reports/diff-words.ts';
import { decodeCapture } from '../../src/capture/file.ts';
import { compareCaptures } from '../../src/diff/compare.ts';
import { applyPatch, patchOf } from '../../src/facts/patch.ts';
import type { Capture } from '../../src/schema/capture.ts';
import { nameText } from '../../src/text/bytes.ts';
import { canonicalJson } from '../../src/text/json.ts';
import { cli } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { busyboxRoot, type Client, type Lab, startDockerd } from '../support/daemons.ts';
import { useLab } from '../support/lab-for-tests.ts';

describeWith(['root', 'busybox-static', 'unshare', 'nsenter', 'ip', 'docker'], 'a container of docker', () => {
  let lab: Lab;
  let docker: Client;

  useLab(async (started) => {
    lab = started;
    await busyboxRoot(lab);
    docker = await startDockerd(lab);
    await docker('import', `${lab.dir}/root.tar`, 'nsi/base');
  });

  let taken = 0;

  async function capture(): Promise<Capture> {
    const file = `${lab.dir}/${taken++}.nsc`;
    expect((await cli('capture', '-o', file)).status).toBe(0);
    return decodeCapture(readFileSync(file), file);
  }

  /** What is said of the lab's containers and is not noise, without what differs from run to run. */
  async function changesBy(act: () => Promise<unknown>): Promise<string[]> {
    const before = await capture();
    await act();
    const after = await capture();
    expect(canonicalJson(applyPatch(before, patchOf(before, after)))).toBe(canonicalJson(after));
    const { changes } = compareCaptures(before, after);
    const own = changes.filter(({ container, importance }) => container?.engine === 'docker' && importance !== 'noise');
    return own.map((change) => {
      const name = nameText(change.container?.name ?? '');
      const mark = change.importance === 'high' ? '! ' : '';
      return `${mark}${name}: ${changeText(change)}`
        .replaceAll(/\b[0-9a-f]{12,64}\b/g, 'ID')
        .replaceAll(/\bpid \d+/g, 'pid N')
        .replaceAll(lab.tag, 'LAB');
    });
  }

  const run = (...args: readonly string[]): Promise<string> =>
    docker('run', '-d', '--name', 'web', ...args, 'nsi/base', '/bin/sleep', '3600');

  test('from its start to its end', { timeout: 60_000 }, async () => {
    expect(await changesBy(() => run('--memory', '64m'))).toEqual(['web: created (docker, image nsi/base, 1 task)']);
    const [memory, ...rest] = await changesBy(() =>
      docker('update', '--memory', '128m', '--memory-swap', '256m', 'web'),
    );
    expect(memory).toBe('! web: memory limit loosened 64 MiB -> 128 MiB (cgroup /LAB/ID)');
    // Where the machine has less swap, this does not bind; where memory and swap are not limited together, it is another amount.
    for (const line of rest) expect(line).toMatch(/memory\.swap limit loosened/);
    expect(await changesBy(() => docker('exec', '-d', 'web', '/bin/sleep', '3000'))).toEqual([
      'web: pid N sleep started',
    ]);
    expect(await changesBy(() => docker('rename', 'web', 'shop'))).toEqual(['shop: renamed web -> shop']);
    expect(await changesBy(() => docker('restart', '-t', '0', 'shop'))).toEqual([
      'shop: first process pid N sleep -> pid N sleep (restarted, 1 task)',
    ]);
    expect(await changesBy(() => docker('rm', '-f', 'shop'))).toEqual(['shop: ended (docker, image nsi/base, 1 task)']);
  });

  test('made anew with less isolation', { timeout: 60_000 }, async () => {
    await run();
    const lines = await changesBy(async () => {
      await docker('rm', '-f', 'web');
      await run('--security-opt', 'seccomp=unconfined', '--net', 'host', '-v', '/etc:/hostetc');
    });
    expect(lines).toEqual([
      '! web: now in a net namespace that others are in, before in its own',
      '! web: seccomp filter -> off',
      "! web: mount /hostetc added (the host's /etc, writable)",
      'web: made anew under the same name, id ID -> ID (docker, image nsi/base, 1 task)',
    ]);
  });
});
