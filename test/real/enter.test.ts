import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';

import { describe, expect, test, type TestContext } from 'vitest';

import { credentialsFor } from '../../src/cli/enter.ts';
import type { EnterDocument } from '../../src/schema/enter.ts';
import { cli, CLI, cliJson, run } from '../support/cli.ts';
import { describeWith, pathOf } from '../support/components.ts';
import { plantFor } from '../support/plant-for-test.ts';
import { expectDocument } from '../support/schema.ts';

/** Something that waits in namespaces of its own until the test ends; gives its pid once it is where it should be. */
async function inside(context: TestContext, ...command: readonly string[]): Promise<number> {
  // Never the name of the machine itself.
  const rename = command.includes('--uts') ? 'hostname inside; ' : '';
  const child = spawn(command[0]!, [...command.slice(1), 'sh', '-c', `${rename}echo; exec cat`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  context.onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid!;
}

function link(pid: number | string, type: string): string {
  return readlinkSync(`/proc/${pid}/ns/${type}`);
}

const READ_LINKS = 'for type in user mnt net ipc uts cgroup; do readlink /proc/self/ns/$type; done';
const TYPES = ['user', 'mnt', 'net', 'ipc', 'uts', 'cgroup'];

describeWith(['root', 'unshare', 'nsenter'], 'enter', () => {
  test('enters every namespace that differs, and no other', async (context) => {
    const pid = await inside(context, 'unshare', '--mount', '--net', '--uts');
    const { status, stdout, stderr } = await cli('enter', String(pid), '--', 'sh', '-c', READ_LINKS);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.trim().split('\n')).toEqual(TYPES.map((type) => link(pid, type)));
    const document = await cliJson<EnterDocument>('enter', String(pid), '--dry-run', '--json');
    expectDocument(document);
    expect(document.namespaces.map(({ type }) => type)).toEqual(['mnt', 'net', 'uts']);
    expect(document.shared).toEqual(['user', 'pid', 'ipc', 'cgroup', 'time']);
  });

  test('enters those that are asked for', async (context) => {
    const pid = await inside(context, 'unshare', '--mount', '--net', '--uts');
    const { stdout } = await cli(
      'enter',
      String(pid),
      '--type',
      'uts,ipc',
      '--',
      'sh',
      '-c',
      `hostname; ${READ_LINKS}`,
    );
    const expected = TYPES.map((type) => link(type === 'uts' ? pid : 'self', type));
    expect(stdout.trim().split('\n')).toEqual(['inside', ...expected]);
  });

  test('runs the command as a process of the pid namespace', async (context) => {
    const parent = await inside(context, 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc');
    const pid = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim();
    const result = await cli('enter', pid, '--', 'sh', '-c', 'echo $$; ls -d /proc/[0-9]*; kill -KILL $$');
    expect(result.status).toBe(128 + 9);
    const [own, ...all] = result.stdout.trim().split('\n');
    expect(Number(own)).toBeLessThan(20);
    expect(all).toContain('/proc/1');
    expect(all.length).toBeLessThan(5);
  });

  test.each([
    ['sh -c "exit 7"', 7],
    ['sh -c "exit 1"', 1],
    ["sh -c 'kill -TERM $$'", 128 + 15],
    ['no-such-command', 127],
    ['/etc', 126],
    ['sh -c "cat; exit 3" -h --help --json', 3],
  ])('hands on how %s ended', async (command, status) => {
    const result = await run(['sh', '-c', `"$0" "$1" enter ${process.pid} -- ${command} </dev/null`, ...CLI]);
    expect(result.status).toBe(status);
    expect(result.stdout).toBe('');
  });

  test('hands on stdin', async (context) => {
    const pid = await inside(context, 'unshare', '--uts');
    const { stdout } = await run(['sh', '-c', `echo there | "$0" "$1" enter ${pid} -- cat`, ...CLI]);
    expect(stdout).toBe('there\n');
  });

  test('leaves an interrupt to the command, and passes on what is sent to it alone', async (context) => {
    const pid = await inside(context, 'unshare', '--uts');
    for (const [signal, expected] of [
      ['SIGINT', 5],
      ['SIGTERM', 6],
    ] as const) {
      const script = `trap 'exit 5' INT; trap 'exit 6' TERM; echo; while :; do sleep 0.05; done`;
      const child = spawn(CLI[0]!, [...CLI.slice(1), 'enter', String(pid), '--', 'sh', '-c', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      });
      context.onTestFinished(() => {
        // With the command, which would go on without us.
        if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
      });
      await once(child.stdout, 'data');
      // As a terminal does it: to the whole process group.
      process.kill(signal === 'SIGINT' ? -child.pid! : child.pid!, signal);
      expect(await exitOf(child)).toBe(expected);
    }
  });

  test.each([
    [['999999999', '--', 'true'], /no process 999999999/],
    [['net:[1]', '--', 'true'], /no namespace net:\[1\] was found/],
    [[String(process.pid)], /no command to run \(it stands after --/],
    [[String(process.pid), '--'], /no command to run/],
    [[String(process.pid), '--type', 'web', '--', 'true'], /web/],
    [[String(process.pid), '--from', 'host.nsc', '--', 'true'], /only the live host can be entered/],
    [[String(process.pid), '--host-root', '/host', '--', 'true'], /only the live host can be entered/],
    [['2', '--root', '--type', 'net', '--json'], /no command to run/],
  ])('%j is one clear line', async (args, message) => {
    const { status, stderr } = await cli('enter', ...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^nsinspect: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  test('says that nsenter is missing', async () => {
    const script = `mount --bind /dev/null ${pathOf('nsenter')}; exec ${CLI.join(' ')} enter 2 -- true`;
    const { status, stderr } = await run(['unshare', '--mount', 'sh', '-ec', script]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'nsinspect: nsenter is not installed (it is part of util-linux)\n',
    });
  });

  test('says that a process may not be looked at', async () => {
    const command = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', ...CLI, 'enter', '2', '--', 'true'];
    const { status, stderr } = await run(command);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'nsinspect: the user namespace of pid:2 cannot be read: denied (it takes CAP_SYS_PTRACE)\n',
    });
  });
});

describeWith(['root', 'unshare', 'nsenter', 'setpriv'], 'enter a user namespace', () => {
  const AS_NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];

  test.each([
    ['root', ['unshare', '--user'], '0 0'],
    ['setuid', [...AS_NOBODY, 'unshare', '--user', '--map-root-user'], '0 65534'],
    ['keep', ['unshare', '--user'], '65534 65534'],
  ])('as %s', async (credentials, command, ids) => {
    const child = spawn(command[0]!, [...command.slice(1), 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      child.stdin.write('\n');
      await once(child.stdout, 'data');
      const pid = String(child.pid);
      if (credentials === 'root')
        for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${pid}/${map}`, '0 0 10\n');
      expect(await cliJson<EnterDocument>('enter', pid, '--dry-run', '--json')).toMatchObject({ credentials });
      const { stdout } = await cli(
        'enter',
        pid,
        '--',
        'sh',
        '-c',
        'echo $(id -u) $(id -g); readlink /proc/self/ns/user',
      );
      expect(stdout).toBe(`${ids}\n${link(pid, 'user')}\n`);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('without touching credentials when told so', async (context) => {
    const pid = await inside(context, ...AS_NOBODY, 'unshare', '--user', '--map-root-user', '--uts');
    const { stdout } = await cli('enter', String(pid), '--preserve-credentials', '--', 'sh', '-c', 'id -u; hostname');
    expect(stdout).toBe('65534\ninside\n');
  });
});

describe('credentialsFor', () => {
  const map = (inside: number) => [{ inside, outside: 100000, count: 65536 }];

  test.each([
    [map(0), map(0), true, 'root'],
    [map(0), map(0), false, 'setuid'],
    [map(0), [], true, 'setuid'],
    [map(1000), map(0), true, 'keep'],
    [[], [], true, 'keep'],
  ])('%j %j %s', (uids, gids, setgroups, expected) => {
    expect(credentialsFor({ uids, gids, setgroups })).toBe(expected);
  });
});

const WITHOUT_PROCESS = [
  'fd',
  'fd-thread',
  'fd-by-path',
  'socket',
  'mount',
  'mntns-fd',
  'mntns-mount',
  'chroot',
  'names',
  'for-children',
  'thread',
  'users-nested',
  'owned',
];

describeWith(['root', 'cc', 'nsenter'], 'enter what no process may be in', () => {
  for (const scenario of WITHOUT_PROCESS) {
    test(scenario, async (context) => {
      const { namespaces } = await plantFor(context, scenario);
      for (const { type, inum, holders } of namespaces) {
        const name = `${type}:[${inum}]`;
        const result = await cli('enter', name, '--', 'readlink', `/proc/self/ns/${type}`);
        // A pid namespace whose first process has ended takes no other (alloc_pid, kernel/pid.c).
        if (type === 'pid' && !holders.some(({ kind }) => kind === 'process' || kind === 'for-children')) {
          expect(result.status, name).toBe(1);
          expect(result.stderr).toContain('the kernel lets no other in');
        } else expect(result, name).toEqual({ status: 0, stdout: `${name}\n`, stderr: '' });
      }
    });
  }

  test('by the path of the open file or of the mount', async (context) => {
    const { namespaces } = await plantFor(context, 'fd');
    const net = namespaces.find(({ type }) => type === 'net')!;
    const { pid, fd } = net.holders.find(({ kind }) => kind === 'fd')!;
    const { stdout } = await cli('enter', `/proc/${pid}/fd/${fd}`, '--', 'readlink', '/proc/self/ns/net');
    expect(stdout).toBe(`net:[${net.inum}]\n`);
  });

  test('never what lies over it', async (context) => {
    const { namespaces } = await plantFor(context, 'overmount');
    for (const { type, inum } of namespaces.filter((ns) => ns.type !== 'mnt')) {
      const { status, stdout, stderr } = await cli(
        'enter',
        `${type}:[${inum}]`,
        '--',
        'readlink',
        `/proc/self/ns/${type}`,
      );
      if (status === 0) expect(stdout).toBe(`${type}:[${inum}]\n`);
      else expect(stderr).toMatch(/^nsinspect: cannot open \w+:\[\d+\]: ENOENT \(where it is mounted/);
    }
  });

  test('a thread where its leader has ended', async (context) => {
    const { namespaces } = await plantFor(context, 'zombie-leader');
    const { pid, tid } = namespaces.flatMap(({ holders }) => holders).find(({ kind }) => kind === 'thread')!;
    const { status, stderr } = await cli('enter', String(pid), '--', 'true');
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `nsinspect: pid:${pid} has ended (its thread ${tid} lives on and can be entered)\n`,
    });
    const net = namespaces.find(({ type }) => type === 'net')!;
    const { stdout } = await cli('enter', String(tid), '--type', 'net', '--', 'readlink', '/proc/self/ns/net');
    expect(stdout).toBe(`net:[${net.inum}]\n`);
  });
});

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('exit', resolve));
}
