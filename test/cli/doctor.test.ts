import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it, test, vi } from 'vitest';

import { INTERFACES, type DoctorDocument } from '../../src/schema/doctor.ts';
import { cli, CLI, cliJson, jsonOf, run } from '../support/cli.ts';
import { describeWith, pathOf } from '../support/components.ts';
import { expectDocument } from '../support/schema.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A shell's words, run in a mount namespace of their own that takes the mounts made in it away again. */
function inOwnMounts(script: string): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return run(['unshare', '--mount', 'sh', '-ec', script]);
}

const DOCTOR = [...CLI, 'doctor', '--json'].join(' ');

/** The states of all checks, by name. */
function states({ checks }: DoctorDocument): Readonly<Record<string, string>> {
  return Object.fromEntries(checks.map(({ name, state }) => [name, state]));
}

/** It looks through the whole host, on which other tests may have put thousands of processes. */
vi.setConfig({ testTimeout: 60_000 });

describe('doctor', () => {
  it('tells of every interface, and what is lost without it', async () => {
    const document = await cliJson<DoctorDocument>('doctor', '--json');
    expectDocument(document);
    const { checks, ls, coverage } = document;
    expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining([...INTERFACES]));
    expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
    for (const { name, state, lost, remedy } of checks) {
      expect(lost === null, name).toBe(state === 'present');
      if (state === 'present') expect(remedy, name).toBeNull();
    }
    if (coverage.notes.length > 0) expect(ls.complete).toBe(false);
    for (const note of coverage.notes) expect(ls.summary).toContain(note);
  });

  it.each([80, 100, 160])('fits %i columns', async (columns) => {
    const { status, stdout, stderr } = await run([...CLI, 'doctor'], { COLUMNS: String(columns) });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    for (const heading of ['KERNEL', 'RIGHTS', 'SURROUNDINGS', 'TOOLS']) expect(lines).toContain(heading);
    expect(stdout).not.toContain('…\n');
    expect(stdout).toMatch(/\n\nls (is complete here|looks through \d)/);
  });

  it('says in one line where there is no /proc to look at', async () => {
    const { status, stderr } = await cli('doctor', '--host-root', '/nonexistent');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^nsinspect: [^\n]*\/nonexistent\/proc[^\n]*\n$/);
  });
});

describeWith(['root', 'setpriv'], 'doctor without a capability', () => {
  it.each([
    ['sys_admin', { CAP_SYS_ADMIN: 'absent', NS_MNT_GET_NEXT: 'denied', setns: 'denied' }],
    ['sys_chroot', { CAP_SYS_CHROOT: 'absent', setns: 'denied' }],
    ['net_admin', { CAP_NET_ADMIN: 'absent', SIOCGSKNS: 'denied' }],
    ['sys_ptrace', { CAP_SYS_PTRACE: 'absent', pidfd_getfd: 'present' }],
    ['dac_read_search,-dac_override', { CAP_DAC_READ_SEARCH: 'absent' }],
  ])('%s', async (capability, expected) => {
    const command = ['setpriv', `--bounding-set=-${capability}`, '--inh-caps=-all', ...CLI, 'doctor', '--json'];
    expect(states(jsonOf<DoctorDocument>(await run(command)))).toMatchObject(expected);
  });
});

describeWith(['root', 'unshare', 'setpriv'], 'doctor in namespaces of its own', () => {
  test('a pid namespace hides processes, and newer kernels then list no mount namespaces', async () => {
    const document = jsonOf<DoctorDocument>(
      await run(['unshare', '--pid', '--fork', '--mount-proc', ...CLI, 'doctor', '--json']),
    );
    expect(states(document)).toMatchObject({ 'initial pid namespace': 'absent', 'initial user namespace': 'present' });
    expect(document.ls).toMatchObject({ complete: false });
    expect(document.ls.summary).toContain('processes outside of this pid namespace');
  });

  test('a pid namespace with the /proc of the one around it: no pid of it is asked about', async () => {
    const document = jsonOf<DoctorDocument>(await run(['unshare', '--pid', '--fork', ...CLI, 'doctor', '--json']));
    expect(states(document)).toMatchObject({ 'pids of its own /proc': 'absent' });
    expect(document.coverage.notes.join()).toContain('holders of kind socket');
  });

  test('a user namespace', async () => {
    const document = jsonOf<DoctorDocument>(
      await run(['unshare', '--user', '--map-root-user', ...CLI, 'doctor', '--json']),
    );
    expect(states(document)).toMatchObject({ 'initial user namespace': 'absent', CAP_SYS_PTRACE: 'denied' });
  });

  test('a cgroup namespace', async () => {
    const document = jsonOf<DoctorDocument>(await run(['unshare', '--cgroup', ...CLI, 'doctor', '--json']));
    expect(states(document)).toMatchObject({ 'initial cgroup namespace': 'absent' });
  });

  test('a procfs with options', async () => {
    const result = await inOwnMounts(`mount -t proc -o hidepid=invisible,subset=pid proc /proc; exec ${DOCTOR}`);
    // CAP_SYS_PTRACE sees through hidepid.
    expect(states(jsonOf<DoctorDocument>(result))).toMatchObject({
      'processes of others': 'present',
      'all of /proc': 'absent',
    });
    const command = `setpriv --bounding-set=-sys_ptrace --inh-caps=-all ${DOCTOR}`;
    const hidden = await inOwnMounts(`mount -t proc -o hidepid=invisible proc /proc; exec ${command}`);
    expect(states(jsonOf<DoctorDocument>(hidden))).toMatchObject({ 'processes of others': 'absent' });
  });

  test('another root', async (context) => {
    const root = temporaryDirectory(context);
    const script = `mkdir ${root}/proc; mount --rbind /proc ${root}/proc; exec ${DOCTOR} --host-root ${root}`;
    const document = jsonOf<DoctorDocument>(await inOwnMounts(script));
    expect(states(document)).toMatchObject({ 'pids of its own /proc': 'absent', 'all of /proc': 'present' });
  });

  test('without nsenter', async () => {
    const nsenter = pathOf('nsenter');
    const hide = nsenter === null ? '' : `mount --bind /dev/null ${nsenter}; `;
    const document = jsonOf<DoctorDocument>(await inOwnMounts(`${hide}exec ${DOCTOR}`));
    expect(states(document)).toMatchObject({ nsenter: 'absent' });
  });
});

describeWith(['root', 'bwrap'], 'doctor behind a seccomp filter', () => {
  it('says what the filter forbids, and that there is one', async (context) => {
    const filter = path.join(temporaryDirectory(context), 'filter');
    writeFileSync(filter, errnoFilter({ x64: 312, arm64: 272 }[process.arch as 'x64' | 'arm64'], 1));
    const script = `exec bwrap --dev-bind / / --seccomp 9 ${DOCTOR} 9<${filter}`;
    const document = jsonOf<DoctorDocument>(await run(['sh', '-ec', script]));
    expect(document.checks.find(({ name }) => name === 'kcmp')).toMatchObject({ state: 'denied', detail: 'EPERM' });
    expect(states(document)).toMatchObject({ 'no seccomp filter': 'absent' });
  });
});

/** A classic BPF program that answers one system call with an error (seccomp(2), struct sock_filter). */
function errnoFilter(nr: number, errno: number): Buffer {
  const program: readonly (readonly [code: number, jt: number, jf: number, k: number])[] = [
    [0x20, 0, 0, 0], // load seccomp_data.nr
    [0x15, 0, 1, nr], // equal?
    [0x06, 0, 0, 0x00050000 + errno], // SECCOMP_RET_ERRNO
    [0x06, 0, 0, 0x7fff0000], // SECCOMP_RET_ALLOW
  ];
  return Buffer.concat(
    program.map(([code, jt, jf, k]) => {
      const instruction = Buffer.alloc(8);
      instruction.writeUInt16LE(code, 0);
      instruction.writeUInt8(jt, 2);
      instruction.writeUInt8(jf, 3);
      instruction.writeUInt32LE(k, 4);
      return instruction;
    }),
  );
}
