import { describe, expect, it } from 'vitest';

import { containersInCgroups, containersInPath } from '../../src/engines/cgroup-path.ts';
import type { Name } from '../../src/schema/name.ts';
import type { CgroupLine } from '../../src/schema/tasks.ts';
import { ID, OTHER } from './recorded.ts';

const POD = '0a1b2c3d-0000-4000-8000-000000000001';
const POD_UNIT = POD.replaceAll('-', '_');

/** `engine:id`, outermost first, `?` for an engine that the path does not tell, `~` before what is weak. */
function named(path: Name): string {
  return containersInPath(path)
    .map(({ engine, id, weak }) => `${weak ? '~' : ''}${engine ?? '?'}:${id}`)
    .join(' > ');
}

describe('containersInPath', () => {
  it.each([
    // docker
    [`/docker/${ID}`, `docker:${ID}`],
    [`/docker/${ID}/init.scope`, `docker:${ID}`],
    [`/system.slice/docker-${ID}.scope`, `docker:${ID}`],
    [`/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope`, `docker:${ID}`],
    [`/shop/${ID}`, `~?:${ID}`],
    // nested
    [`/docker/${ID}/docker/${OTHER}`, `docker:${ID} > docker:${OTHER}`],
    [`/lxc.payload.outer/lxc.payload.inner`, 'lxc:outer > lxc:inner'],
    [`/lxc.payload.outer/system.slice/docker-${ID}.scope`, `lxc:outer > docker:${ID}`],
    // Kubernetes
    [`/kubepods/besteffort/pod${POD}/${ID}`, `cri:${ID}`],
    [`/kubepods/pod${POD}/${ID}`, `cri:${ID}`],
    [
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD_UNIT}.slice/cri-containerd-${ID}.scope`,
      `cri:${ID}`,
    ],
    [`/kubepods.slice/kubepods-pod${POD_UNIT}.slice/crio-${ID}.scope`, `cri-o:${ID}`],
    [`/kubelet.slice/kubelet-kubepods-pod${POD_UNIT}.slice/docker-${ID}.scope`, `docker:${ID}`],
    // The kubelet with one cgroup driver and containerd with the other.
    [`/kubepods-besteffort-pod${POD_UNIT}.slice:cri-containerd:${ID}`, `cri:${ID}`],
    [`/kubepods.slice/kubepods-pod${POD_UNIT}.slice/crio-conmon-${ID}.scope`, ''],
    [`/kubepods/besteffort/pod${POD}`, ''],
    // podman
    [`/machine.slice/libpod-${ID}.scope`, `podman:${ID}`],
    [`/machine.slice/libpod-${ID}.scope/container`, `podman:${ID}`],
    [`/libpod_parent/libpod-${ID}`, `podman:${ID}`],
    [`/libpod_parent/conmon`, ''],
    [`/machine.slice/libpod-conmon-${ID}.scope`, ''],
    [`/system.slice/web.service/libpod-payload-${ID}`, `podman:${ID}`],
    [`/machine.slice/libpod-${ID}.scope/libpod-payload-${ID}`, `podman:${ID}`],
    // LXC
    ['/lxc.payload.box', 'lxc:box'],
    ['/lxc.payload.box/system.slice/ssh.service', 'lxc:box'],
    ['/lxc.payload/box', 'lxc:box'],
    ['/lxc/box', 'lxc:box'],
    ['/lxc.monitor.box', ''],
    ['/lxc.pivot', ''],
    ['/lxc/', ''],
    // systemd's machines
    ['/machine.slice/machine-my\\x2dbox.scope/payload/init.scope', '~nspawn:my-box'],
    ['/machine.slice/machine-my\\x2dbox.scope/supervisor', ''],
    ['/machine.slice/systemd-nspawn@box.service/payload', '~nspawn:box'],
    ['/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator', ''],
    // runtimes and others
    ['/system.slice/runc-box.scope', '~runc:box'],
    [`/system.slice/nerdctl-${ID}.scope`, `containerd:${ID}`],
    // the host's own
    ['/', ''],
    ['/init.scope', ''],
    ['/system.slice/docker.service', ''],
    ['/user.slice/user-1000.slice/session-1.scope', ''],
    [`/docker/${ID.slice(1)}`, ''],
    // Seen from inside a cgroup namespace: what hides behind `..` is not guessed.
    ['/..', ''],
    ['/../..', ''],
    [`/../${ID}`, `~?:${ID}`],
    [`/../../system.slice/docker-${ID}.scope`, `docker:${ID}`],
  ])('%s', (path, expected) => {
    expect(named(path)).toBe(expected);
  });

  it('takes the uid of a pod from either way of writing it', () => {
    for (const path of [
      `/kubepods/burstable/pod${POD}/${ID}`,
      `/kubepods.slice/kubepods-burstable-pod${POD_UNIT}.slice/cri-containerd-${ID}.scope`,
    ]) {
      expect(containersInPath(path)).toMatchObject([{ podUid: POD, path }]);
    }
  });

  it('takes no name that no engine would give', () => {
    expect(named({ text: '/lxc/caf\ufffd', base64: Buffer.from('/lxc/caf\xe9', 'latin1').toString('base64') })).toBe(
      '',
    );
    expect(named('/lxc/a\u001b[2J')).toBe('');
    expect(named('/lxc/..')).toBe('');
    expect(named('/lxc/é')).toBe('');
  });
});

describe('containersInCgroups', () => {
  const line = (controllers: string, path: string): CgroupLine => ({
    hierarchy: 1,
    controllers: controllers === '' ? [] : controllers.split(','),
    path,
  });
  const ids = (...lines: CgroupLine[]): string[] => containersInCgroups(lines).map(({ id }) => id);

  it('lets v2 and the hierarchy of systemd speak first', () => {
    expect(ids(line('pids', `/docker/${ID}`), line('cpu', `/docker/${ID}`), line('', `/docker/${OTHER}`))).toEqual([
      OTHER,
    ]);
    expect(ids(line('pids', '/'), line('cpu', '/'), line('name=systemd', `/docker/${ID}`))).toEqual([ID]);
  });

  it('finds a container that is in v1 hierarchies only, as crun makes them', () => {
    expect(
      ids(line('', '/'), line('pids', `/docker/${ID}`), line('cpu', `/docker/${ID}`), line('memory', `/docker/${ID}`)),
    ).toEqual([ID]);
  });

  it('takes no notice of a task that somebody put into one controller of a container', () => {
    expect(ids(line('', '/'), line('pids', '/'), line('cpu', `/docker/${ID}`))).toEqual([]);
  });
});
