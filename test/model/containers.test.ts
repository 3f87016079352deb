import { describe, expect, it } from 'vitest';

import { containersOf, type Container } from '../../src/model/containers.ts';
import type { HostFacet } from '../../src/schema/host.ts';
import { nameText } from '../../src/text/bytes.ts';
import { MadeHost } from './made-host.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const C = 'c'.repeat(64);

/** Mount, pid and other namespaces of a container's own. */
const own = (number: number) => ({ mnt: number, pid: number + 1, net: number + 2, uts: number + 3, ipc: number + 4 });

function look(host: MadeHost): readonly Container[] {
  return containersOf(host.tasks, host.engines).containers;
}

/** `key name: pids`, the leader first. */
function told(host: MadeHost): string[] {
  return look(host).map(({ key, name, leader, pids }) => {
    const others = pids.filter((pid) => pid !== leader);
    const known = key.replaceAll(A, 'A').replaceAll(B, 'B').replaceAll(C, 'C');
    return `${known} ${name === null ? 'null' : nameText(name)}: ${[leader, ...others].join(' ')}`;
  });
}

/** dockerd, and the container `id` with a shim of pid `shim` and its first process after it. */
function withDocker(host: MadeHost, shim: number, id: string, name: string): MadeHost {
  return host
    .add({ pid: shim, comm: 'containerd-shim', cgroup: '/system.slice/containerd.service' })
    .add({ pid: shim + 1, ppid: shim, cgroup: `/docker/${id}`, ns: own(shim * 100) })
    .minds(shim, 'docker', id, { namespace: 'moby' })
    .records({
      engine: 'docker',
      id,
      via: shim,
      name,
      image: 'img',
      startedAt: '2026-01-02T03:04:05.6Z',
      pid: shim + 1,
    });
}

describe('containers by their cgroup', () => {
  it('have the name, image and start time of what their shim leads to', () => {
    const host = withDocker(new MadeHost(), 100, A, 'web');
    expect(look(host)).toEqual([
      {
        key: `docker:${A}`,
        engine: 'docker',
        id: A,
        name: 'web',
        image: 'img',
        startedAt: '2026-01-02T03:04:05.6Z',
        pod: null,
        podUid: null,
        namespace: 'moby',
        leader: 101,
        pids: [101],
        parent: null,
        evidence: [
          { kind: 'cgroup', path: `/docker/${A}` },
          { kind: 'minder', pid: 100, role: 'shim' },
        ],
      },
    ]);
  });

  it('hold commands started in them by cgroup, and what entered by its namespaces', () => {
    const host = withDocker(new MadeHost(), 100, A, 'web')
      .add({ pid: 110, ppid: 100, cgroup: `/docker/${A}`, ns: own(10_000) })
      .add({ pid: 50, comm: 'nsenter', ns: { mnt: 10_000, pid_for_children: 10_001 } })
      .add({ pid: 120, ppid: 50, ns: { mnt: 10_000, pid: 10_001 } })
      // A child of that, even where it has gone on to a mount namespace of its own.
      .add({ pid: 121, ppid: 120, ns: { mnt: 77 } })
      .add({ pid: 130, ns: { net: 10_002 } })
      .add({ pid: 131, ns: { pid: 10_001 } });
    expect(told(host)).toEqual(['docker:A web: 101 110 120 121']);
  });

  it('are known without any engine, by the shape of their cgroup and their namespaces', () => {
    const host = new MadeHost()
      .add({ pid: 100, cgroup: `/docker/${A}`, ns: own(1000) })
      .add({ pid: 200, cgroup: `/shop/${B}`, ns: own(2000) });
    expect(containersOf(host.tasks, undefined).containers).toMatchObject([
      { engine: 'docker', id: A, leader: 100, name: null, startedAt: null },
      { engine: 'oci', id: B, leader: 200 },
    ]);
  });

  it('are none where nothing but a name like theirs says so', () => {
    const host = new MadeHost()
      .add({ pid: 100, cgroup: `/builds/${A}` })
      .add({ pid: 101, cgroup: '/machine.slice/machine-vm.scope', ns: { mnt: 5000 } })
      .add({ pid: 102, cgroup: '/system.slice/runc-x.scope' });
    expect(told(host)).toEqual([]);
  });

  it('start with the oldest process that lives in other namespaces than the host', () => {
    const host = new MadeHost()
      .add({ pid: 90, cgroup: `/docker/${A}` })
      .add({ pid: 95, state: 'Z', cgroup: `/docker/${A}`, ns: null })
      .add({ pid: 101, cgroup: `/docker/${A}`, ns: own(1000) })
      .add({ pid: 102, ppid: 101 });
    expect(told(host)).toEqual(['docker:A null: 101 90 95 102']);
  });

  it('are nested where one cgroup is below the other', () => {
    const host = withDocker(new MadeHost(), 100, A, 'outer')
      .add({ pid: 110, ppid: 101, comm: 'dockerd' })
      .add({ pid: 120, ppid: 110, comm: 'containerd-shim' })
      .add({ pid: 121, ppid: 120, cgroup: `/docker/${A}/docker/${B}`, ns: own(5000) })
      .minds(120, 'docker', B, { namespace: 'moby' })
      .records({ engine: 'docker', id: B, via: 120, name: 'inner' });
    expect(told(host)).toEqual(['docker:A outer: 101 110 120', 'docker:A/docker:B inner: 121']);
    expect(look(host)[1]!.parent).toBe(`docker:${A}`);
  });

  it('in a pod have one shim and tell sandbox from container', () => {
    const pod = '/kubepods/besteffort/pod0a1b2c3d-0000-4000-8000-000000000001';
    const host = new MadeHost()
      .add({ pid: 100, comm: 'containerd-shim', cgroup: '/system.slice/containerd.service' })
      .add({ pid: 101, ppid: 100, cgroup: `${pod}/${A}`, ns: own(1000) })
      .add({ pid: 102, ppid: 100, cgroup: `${pod}/${B}`, ns: { ...own(1000), mnt: 2000 } })
      .minds(100, 'cri', A, { namespace: 'k8s.io' })
      .records({ engine: 'cri', id: A, via: 100, pid: 101, pod: { namespace: 'prod', name: 'shop', container: null } })
      .records({
        engine: 'cri',
        id: B,
        via: 100,
        pid: 102,
        name: 'web',
        image: 'nginx',
        pod: { namespace: 'prod', name: 'shop', container: 'web' },
      });
    const podUid = '0a1b2c3d-0000-4000-8000-000000000001';
    expect(look(host)).toMatchObject([
      { engine: 'cri', id: A, name: null, podUid, pod: { container: null }, pids: [101] },
      { engine: 'cri', id: B, name: 'web', image: 'nginx', podUid, pod: { container: 'web' }, pids: [102] },
    ]);
  });

  it('tell from the shim that a pod is of docker', () => {
    const host = new MadeHost()
      .add({ pid: 100, comm: 'containerd-shim', cgroup: '/system.slice/containerd.service' })
      .add({ pid: 101, ppid: 100, cgroup: `/kubepods/pod0a1b2c3d-0000/${A}`, ns: own(1000) })
      .minds(100, 'docker', A, { namespace: 'moby' })
      .records({ engine: 'docker', id: A, via: 100, name: 'k8s_web_shop_prod_0a1b2c3d_0' });
    expect(told(host)).toEqual(['docker:A k8s_web_shop_prod_0a1b2c3d_0: 101']);
  });

  it('of other cgroups than the reader sees are not guessed', () => {
    const host = new MadeHost()
      .add({ pid: 100, cgroup: '/..', ns: own(1000) })
      .add({ pid: 101, cgroup: '/../..', ns: own(2000) })
      .add({ pid: 102, cgroup: `/../docker-${A}.scope`, ns: own(3000) });
    expect(told(host)).toEqual(['docker:A null: 102']);
  });

  it('never hold a thread of the kernel', () => {
    const host = withDocker(new MadeHost(), 100, A, 'web')
      .add({ pid: 40, ppid: 2, comm: 'kdevtmpfs', kthread: true, ns: { mnt: 4040 } })
      .add({ pid: 41, ppid: 2, comm: 'vhost-1', kthread: true, cgroup: `/docker/${A}` });
    expect(told(host)).toEqual(['docker:A web: 101']);
  });

  it('are told by the time their leader started, to the second, where no engine wrote it down', () => {
    const host = new MadeHost().add({ pid: 100, start: 12_345, cgroup: `/docker/${A}`, ns: own(1000) });
    const facet = { bootTime: 1_700_000_000, ticksPerSecond: 100 } as HostFacet;
    expect(containersOf(host.tasks, host.engines, facet).containers[0]!.startedAt).toBe('2023-11-14T22:15:23Z');
  });
});

describe('containers by their shim or monitor', () => {
  it('of containerd, whose cgroup has but the id for a name', () => {
    const host = new MadeHost()
      .add({ pid: 100, comm: 'containerd-shim', cgroup: '/system.slice/containerd.service' })
      .add({ pid: 101, ppid: 100, cgroup: '/default/one', ns: own(1000) })
      .add({ pid: 102, cgroup: '/default/one/sub', ns: null })
      .add({ pid: 103, cgroup: '/default/oneself' })
      .minds(100, 'containerd', 'one', { namespace: 'default' });
    expect(told(host)).toEqual(['containerd:default/one null: 101 102']);
  });

  it('take no more than their processes where the cgroup is not theirs alone', () => {
    const host = new MadeHost()
      .add({ pid: 100, comm: 'containerd-shim', cgroup: '/system.slice/containerd.service' })
      .add({ pid: 101, ppid: 100, cgroup: '/user.slice', ns: own(1000) })
      .add({ pid: 102, ppid: 101 })
      .add({ pid: 103, ppid: 100, cgroup: '/user.slice', ns: own(1000) })
      .add({ pid: 104, cgroup: '/user.slice' })
      .minds(100, 'containerd', 'one', { namespace: 'default' });
    expect(told(host)).toEqual(['containerd:default/one null: 101 102 103']);
  });

  it('of a rootless podman without cgroups', () => {
    const host = new MadeHost()
      .add({ pid: 100, comm: 'conmon', ns: { user: 900, mnt: 901 } })
      .add({ pid: 101, ppid: 100, ns: own(1000) })
      .add({ pid: 110, comm: 'conmon', ns: { user: 900, mnt: 901 } })
      .add({ pid: 111, ppid: 110, ns: { ...own(1000), user: 900 } })
      .minds(100, 'podman', A, { containerName: 'mine' })
      .minds(110, 'podman', A, { containerName: 'mine' })
      .records({ engine: 'podman', id: A, via: 100, name: 'mine', image: 'localhost/img' });
    expect(told(host)).toEqual(['podman:A mine: 101 111']);
    expect(look(host)[0]!.image).toBe('localhost/img');
  });

  it('of LXC, whose name is its id', () => {
    const host = new MadeHost()
      .add({ pid: 100, comm: 'lxc-start', cgroup: '/lxc.monitor.box' })
      .add({ pid: 101, ppid: 100, cgroup: '/lxc.payload.box/init.scope', ns: own(1000) })
      .minds(100, 'lxc', 'box', { containerName: 'box' });
    expect(told(host)).toEqual(['lxc:box box: 101']);
  });

  it('of systemd-nspawn, also where it stayed in the cgroup of its container', () => {
    for (const cgroup of ['/machine.slice/machine-box.scope/supervisor', '/machine.slice/machine-box.scope']) {
      const host = new MadeHost()
        .add({ pid: 100, comm: 'systemd-nspawn', cgroup })
        .add({ pid: 101, ppid: 100, cgroup: '/machine.slice/machine-box.scope/payload', ns: own(1000) })
        .minds(100, 'nspawn', 'box', { containerName: 'box' });
      expect(told(host)).toEqual(['nspawn:box box: 101']);
    }
  });

  it('of bubblewrap, by the mount namespace, one in the other', () => {
    const host = new MadeHost()
      .add({ pid: 100, comm: 'bwrap' })
      .add({ pid: 101, ppid: 100, comm: 'bwrap', ns: { mnt: 1000, pid: 1001 } })
      .add({ pid: 102, ppid: 101, comm: 'bwrap' })
      .add({ pid: 103, ppid: 102, ns: { mnt: 2000 } })
      .add({ pid: 104, ppid: 103 })
      // Orphaned to the sandbox's init.
      .add({ pid: 105, ppid: 101 })
      .minds(100, 'bwrap')
      .minds(101, 'bwrap')
      .minds(102, 'bwrap');
    expect(told(host)).toEqual(['bwrap:bwrap-101 null: 101 102 105', 'bwrap:bwrap-101/bwrap:bwrap-103 null: 103 104']);
  });

  it('are not the helpers of a monitor, and no sandbox without an engine', () => {
    const host = new MadeHost()
      .add({ pid: 100, comm: 'conmon' })
      .add({ pid: 101, ppid: 100, comm: 'runc' })
      .add({ pid: 200, comm: 'unshare', ns: own(2000) })
      .minds(100, 'podman', A);
    expect(told(host)).toEqual([]);
  });

  it('are found by their cgroup where the reader may not see namespaces', () => {
    const host = new MadeHost()
      .add({ pid: 100, comm: 'containerd-shim', cgroup: '/system.slice/containerd.service', ns: null })
      .add({ pid: 101, ppid: 100, cgroup: '/default/one', ns: null })
      .add({ pid: 200, comm: 'bwrap', ns: null })
      .add({ pid: 201, ppid: 200, ns: null })
      .add({ pid: 300, cgroup: `/docker/${A}`, ns: null })
      .minds(100, 'containerd', 'one', { namespace: 'default' })
      .minds(200, 'bwrap');
    // Whether bwrap's child is in a sandbox cannot be told.
    expect(told(host)).toEqual(['containerd:default/one null: 101', 'docker:A null: 300']);
  });

  it('take no notice of a minder whose pid is another process by now', () => {
    const host = new MadeHost()
      .add({ pid: 100, comm: 'containerd-shim', start: 5 })
      .add({ pid: 101, ppid: 100, cgroup: '/default/one', ns: own(1000) })
      .minds(100, 'containerd', 'one', { start: 4 });
    expect(told(host)).toEqual([]);
  });
});

describe('containers by state files', () => {
  const detached = () =>
    new MadeHost().add({ pid: 100, start: 77, cgroup: '/box', ns: own(1000) }).add({ pid: 101, ppid: 100 });

  it('of a runtime that left them alone', () => {
    const host = detached().records({
      engine: 'runc',
      id: 'box',
      via: null,
      pid: 100,
      pidStart: 77,
      source: '/run/runc/box/state.json',
    });
    expect(told(host)).toEqual(['runc:box null: 100 101']);
    expect(look(host)[0]!.evidence).toContainEqual({ kind: 'state', source: '/run/runc/box/state.json' });
  });

  it('count only for the very process that they mean', () => {
    expect(told(detached().records({ engine: 'runc', id: 'box', via: null, pid: 100, pidStart: 78 }))).toEqual([]);
    expect(told(detached().records({ engine: 'runc', id: 'box', via: null, pid: 100 }))).toEqual([]);
    expect(told(detached().records({ engine: 'runc', id: 'box', via: null, pid: 999, pidStart: 77 }))).toEqual([]);
  });

  it("in a user's directory count only for processes in other user namespaces than the host's", () => {
    const record = { engine: 'crun', id: 'box', via: null, pid: 100, pidStart: 77, ofUser: 1000 } as const;
    expect(told(detached().records(record))).toEqual([]);
    const rootless = new MadeHost().add({
      pid: 100,
      start: 77,
      cgroup: '/user.slice',
      ns: { ...own(1000), user: 900 },
    });
    expect(told(rootless.records(record))).toEqual(['crun:box null: 100']);
  });

  it('of systemd tell machines that are containers from those that are not', () => {
    const machine = (machineClass: string): string[] =>
      told(
        new MadeHost()
          .add({ pid: 100, cgroup: '/machine.slice/machine-box.scope', ns: own(1000) })
          .records({ engine: 'nspawn', id: 'box', name: 'box', via: null, pid: 100, machineClass }),
      );
    expect(machine('container')).toEqual(['nspawn:box box: 100']);
    expect(machine('vm')).toEqual([]);
  });

  it('name what has no shim to be seen', () => {
    const host = new MadeHost()
      .add({ pid: 100, cgroup: `/shop/${A}`, ns: own(1000) })
      .records({ engine: 'docker', id: A, via: null, name: 'web', pid: 100 });
    expect(told(host)).toEqual(['docker:A web: 100']);
  });
});

describe('what is inside a container', () => {
  /** The container `A`, called `prison`, in which 110 may forge what it likes; `B` is another one, called `victim`. */
  const prison = (): MadeHost =>
    withDocker(withDocker(new MadeHost(), 200, B, 'victim'), 100, A, 'prison').add({
      pid: 110,
      ppid: 101,
      comm: 'containerd-shim',
    });
  const honest = ['docker:A prison: 101 110', 'docker:B victim: 201'];

  it('cannot rename a container of the host', () => {
    const host = prison()
      .minds(110, 'docker', B, { namespace: 'moby' })
      .records({ engine: 'docker', id: B, via: 110, name: 'harmless', image: 'trusted/base' });
    expect(told(host)).toEqual(honest);
  });

  it('cannot name a container of the host that has no shim to be seen', () => {
    const host = prison()
      .add({ pid: 300, cgroup: `/docker/${C}`, ns: own(3000) })
      .minds(110, 'docker', C, { namespace: 'moby' })
      .records({ engine: 'docker', id: C, via: 110, name: 'harmless', pid: 300 });
    expect(told(host)).toEqual([...honest, 'docker:C null: 300']);
  });

  it('cannot make a container of processes of the host, or of another container', () => {
    const host = prison()
      .add({ pid: 400, start: 4, ns: own(4000) })
      .records({ engine: 'runc', id: 'evil', via: 110, pid: 400, pidStart: 4 })
      .records({ engine: 'runc', id: 'evil', via: 110, pid: 201, pidStart: 201 })
      .minds(110, 'runc', 'evil');
    expect(told(host)).toEqual(honest);
  });

  it('cannot speak for a child that it moved into another container', () => {
    const host = prison()
      .add({ pid: 111, ppid: 110, start: 3, cgroup: `/docker/${B}` })
      .minds(110, 'docker', B, { namespace: 'moby' })
      .records({ engine: 'docker', id: B, via: 110, name: 'harmless' });
    expect(told(host)).toEqual(['docker:A prison: 101 110', 'docker:B victim: 201 111']);
  });

  it('cannot speak for a child that it moved into a container without a shim to be seen', () => {
    const host = prison()
      .add({ pid: 300, cgroup: `/docker/${C}`, ns: own(3000) })
      .add({ pid: 111, ppid: 110, start: 3, cgroup: `/docker/${C}`, ns: own(5000) })
      .minds(110, 'docker', C, { namespace: 'moby' })
      .records({ engine: 'docker', id: C, via: 110, name: 'harmless' });
    expect(told(host).filter((line) => !honest.includes(line))).toEqual(['docker:C null: 111 300']);
  });

  it('is believed about its own children, which are nested in it', () => {
    const host = prison()
      .add({ pid: 111, ppid: 110, ns: own(5000) })
      .add({ pid: 112, ppid: 110 })
      .minds(110, 'docker', B, { namespace: 'moby' })
      .records({ engine: 'docker', id: B, via: 110, name: 'inner' });
    expect(told(host)).toEqual([
      'docker:A prison: 101 110 112',
      'docker:A/docker:B inner: 111',
      'docker:B victim: 201',
    ]);
  });

  it('is inside also where only its namespaces say so', () => {
    // A sandbox without cgroup or pid namespace, from which a process was orphaned to the host's init.
    const host = withDocker(new MadeHost(), 200, B, 'victim')
      .add({ pid: 100, comm: 'bwrap' })
      .add({ pid: 101, ppid: 100, ns: { mnt: 1000 } })
      .add({ pid: 110, ppid: 1, comm: 'containerd-shim', start: 6, ns: { mnt: 1000 } })
      .add({ pid: 111, ppid: 110, start: 7, ns: { mnt: 1100, pid: 1101 } })
      .minds(100, 'bwrap')
      .minds(110, 'docker', C, { namespace: 'moby' });
    expect(told(host)).toEqual([
      'bwrap:bwrap-101/docker:C null: 111',
      'bwrap:bwrap-101 null: 101 110',
      'docker:B victim: 201',
    ]);
  });

  it('leads to no state of processes outside, also where only its namespaces say that it is inside', () => {
    const host = new MadeHost()
      .add({ pid: 100, comm: 'bwrap' })
      .add({ pid: 101, ppid: 100, ns: { mnt: 1000 } })
      .add({ pid: 110, ppid: 1, comm: 'runc', start: 6, ns: { mnt: 1000 } })
      .add({ pid: 111, ppid: 101, comm: 'runc' })
      .add({ pid: 400, start: 4, ns: own(4000) })
      .add({ pid: 401, start: 5, ns: own(4100) })
      .minds(100, 'bwrap')
      .minds(110, 'runc', 'evil')
      .minds(111, 'runc', 'vile')
      .records({ engine: 'runc', id: 'evil', via: 110, pid: 400, pidStart: 4 })
      .records({ engine: 'runc', id: 'vile', via: 111, pid: 401, pidStart: 5 });
    expect(told(host)).toEqual(['bwrap:bwrap-101 null: 101 110 111']);
  });

  it('does not get the name that the host has for the same id', () => {
    const host = prison()
      .add({ pid: 120, ppid: 110, cgroup: `/docker/${A}/docker/${C}`, ns: own(6000) })
      .records({ engine: 'docker', id: C, via: null, name: 'payroll' });
    expect(told(host)).toEqual(['docker:A prison: 101 110', 'docker:A/docker:C null: 120', 'docker:B victim: 201']);
  });
});

it('two cgroups with the id of one container are two, of which the one with the shim has the name', () => {
  const host = withDocker(new MadeHost(), 100, A, 'web').add({
    pid: 90,
    cgroup: `/user.slice/user-1000.slice/docker-${A}.scope`,
    ns: { user: 900, mnt: 901 },
  });
  expect(told(host)).toEqual(['docker:A@90 null: 90', 'docker:A web: 101']);
});

it('a host without containers has none, and neither has an empty one', () => {
  expect(told(new MadeHost().add({ pid: 10, cgroup: '/system.slice/ssh.service', ns: { mnt: 500 } }))).toEqual([]);
  const nothing = new MadeHost().tasks;
  expect(containersOf({ ...nothing, processes: [], cgroups: [] }, undefined)).toEqual({
    containers: [],
    containerOfPid: new Map(),
  });
});
