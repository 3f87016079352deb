import { gunzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { captureEngines } from '../../src/capture/engines.ts';
import { Failure } from '../../src/host/port.ts';
import type { EnginesFacet } from '../../src/schema/engines.ts';
import { bytesOfFile, ID, OTHER, recorded } from '../engines/recorded.ts';
import { MadeHost } from '../model/made-host.ts';
import { DENIED, MadeFiles, type MadeTree } from './made-files.ts';

const SHIM = 'containerd-shim';

function shimArgs(namespace: string, id: string): string {
  return `/usr/bin/containerd-shim-runc-v2 -namespace ${namespace} -id ${id} -address /run/c.sock`;
}

/** The tasks of a test: those of `comms` by pid, each with ten times its pid for a start time, in the mount namespace `mnt`. */
function tasksOf(comms: Readonly<Record<number, string>>, cgroups: readonly string[] = [], mnt?: number) {
  const host = new MadeHost();
  for (const [pid, comm] of Object.entries(comms)) {
    host.add({ pid: Number(pid), comm, start: Number(pid) * 10, ...(mnt !== undefined && { ns: { mnt } }) });
  }
  for (const [index, cgroup] of cgroups.entries()) host.add({ pid: 900 + index, cgroup });
  return host.tasks;
}

function dockerConfig(id: string, name: string): string {
  return recorded('docker-config.v2.json').replaceAll(ID, id).replace('"/web"', `"/${name}"`);
}

function briefly({ containers }: EnginesFacet) {
  return containers.map(({ engine, id, name, image, via }) => ({ engine, id: id.slice(0, 4), name, image, via }));
}

describe('docker', () => {
  const bundles = '/run/d/io.containerd.runtime.v2.task/moby';
  const root: MadeTree = {
    [`${bundles}/${ID}/config.json`]: recorded('oci-config-docker.json'),
    [`${bundles}/${OTHER}/config.json`]: recorded('oci-config-docker.json').replaceAll(ID, OTHER),
    [`/srv/docker/containers/${ID}/config.v2.json`]: dockerConfig(ID, 'web'),
    [`/srv/docker/containers/${OTHER}/config.v2.json`]: dockerConfig(OTHER, 'db'),
  };

  it('is followed from a shim to its bundle and on to the data root, wherever that is', () => {
    const host = new MadeFiles()
      .task(100, shimArgs('moby', ID), root, { cwd: `-> ${bundles}/${ID}` })
      .task(200, shimArgs('moby', OTHER), root, { cwd: `-> ${bundles}/${OTHER}` });
    const facet = captureEngines(host, tasksOf({ 100: SHIM, 200: SHIM }));
    expect(briefly(facet)).toEqual([
      { engine: 'docker', id: ID.slice(0, 4), name: 'web', image: 'nsi/busybox:1', via: 100 },
      { engine: 'docker', id: OTHER.slice(0, 4), name: 'db', image: 'nsi/busybox:1', via: 200 },
    ]);
    expect(facet.processes[0]).toEqual({
      pid: 100,
      start: 1000,
      role: 'shim',
      engine: 'docker',
      containerId: ID,
      namespace: 'moby',
      paths: { bundle: `${bundles}/${ID}`, address: '/run/c.sock' },
    });
    expect(facet.containers[0]).toMatchObject({
      pid: 13717,
      startedAt: '2026-11-21T01:42:46.671669495Z',
      labels: { a: 'b' },
    });
    expect(facet.coverage.unread).toEqual([]);
  });

  it('is read as the shim sees it, and nobody else', () => {
    const elsewhere = { [`/srv/docker/containers/${ID}/config.v2.json`]: dockerConfig(ID, 'of another root') };
    const host = new MadeFiles()
      .task(1, 'init', elsewhere)
      .task(100, shimArgs('moby', ID), root, { cwd: `-> ${bundles}/${ID}` });
    expect(briefly(captureEngines(host, tasksOf({ 100: SHIM }))).map(({ name }) => name)).toEqual(['web']);
  });

  it('asks the same few things for each container', () => {
    const many = Array.from({ length: 50 }, (_, index) => index.toString(16).padStart(64, '0'));
    const files = Object.fromEntries(
      many.flatMap((id) => [
        [`${bundles}/${id}/config.json`, recorded('oci-config-docker.json').replaceAll(ID, id)],
        [`/srv/docker/containers/${id}/config.v2.json`, dockerConfig(id, 'x')],
      ]),
    );
    const host = new MadeFiles();
    const comms: Record<number, string> = {};
    for (const [index, id] of many.entries()) {
      host.task(1000 + index, shimArgs('moby', id), files, { cwd: `-> ${bundles}/${id}` });
      comms[1000 + index] = SHIM;
    }
    const tasks = tasksOf({
      ...comms,
      ...Object.fromEntries(Array.from({ length: 500 }, (_, index) => [5000 + index, 'sleep'])),
    });
    expect(captureEngines(host, tasks).containers).toHaveLength(50);
    // The directory, stat, status, cmdline, cwd, root and the record, with a constant for what all share.
    expect(host.asked).toBeLessThanOrEqual(50 * 7 + 10);
  });

  it.each([
    ['a bundle that is denied', { [`${bundles}/${ID}/config.json`]: DENIED }, 'denied', `${bundles}/${ID}/config.json`],
    [
      'a bundle half written',
      { [`${bundles}/${ID}/config.json`]: '{"mounts":[' },
      'malformed',
      `${bundles}/${ID}/config.json`,
    ],
    [
      'no record',
      { [`/srv/docker/containers/${ID}/config.v2.json`]: new Failure('absent', 'ENOENT') },
      'absent',
      `/srv/docker/containers/${ID}/config.v2.json`,
    ],
    [
      'a denied record',
      { [`/srv/docker/containers/${ID}/config.v2.json`]: DENIED },
      'denied',
      `/srv/docker/containers/${ID}/config.v2.json`,
    ],
    [
      'a record of another container',
      { [`/srv/docker/containers/${ID}/config.v2.json`]: dockerConfig(OTHER, 'x') },
      'malformed',
      `/srv/docker/containers/${ID}/config.v2.json`,
    ],
    [
      'a record that is too large',
      { [`/srv/docker/containers/${ID}/config.v2.json`]: ' '.repeat(5 << 20) },
      'malformed',
      `/srv/docker/containers/${ID}/config.v2.json`,
    ],
  ] as const)('says %s', (_, change, outcome, path) => {
    const host = new MadeFiles().task(
      100,
      shimArgs('moby', ID),
      { ...root, ...change },
      { cwd: `-> ${bundles}/${ID}` },
    );
    const facet = captureEngines(host, tasksOf({ 100: SHIM }));
    expect(facet.containers).toEqual([]);
    expect(facet.coverage.unread).toContainEqual({ path, outcome });
  });

  it('keeps what the command line says where the working directory is denied', () => {
    const host = new MadeFiles().task(100, shimArgs('moby', ID), root, { cwd: DENIED });
    const facet = captureEngines(host, tasksOf({ 100: SHIM }));
    expect(facet.processes).toMatchObject([{ containerId: ID, paths: { address: '/run/c.sock' } }]);
    expect(facet.coverage.unread).toEqual([{ path: '/proc/100/cwd', outcome: 'denied' }]);
  });

  it("takes the path of a chrooted shim's bundle inside its root", () => {
    const host = new MadeFiles().task(100, shimArgs('moby', ID), root, {
      root: '-> /jail',
      cwd: `-> /jail${bundles}/${ID}`,
    });
    expect(briefly(captureEngines(host, tasksOf({ 100: SHIM })))).toMatchObject([{ name: 'web' }]);
  });

  it('is not looked for in a process that is another one by now', () => {
    const host = new MadeFiles().task(100, shimArgs('moby', ID), root, {
      cwd: `-> ${bundles}/${ID}`,
      stat: '100 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 0 0 1 0 7 0 0\n',
    });
    expect(captureEngines(host, tasksOf({ 100: SHIM }))).toMatchObject({ processes: [], containers: [] });
  });

  it('is found in its usual place for a container whose shim is not to be seen', () => {
    const usual = { [`/var/lib/docker/containers/${ID}/config.v2.json`]: dockerConfig(ID, 'web') };
    const host = new MadeFiles().task(1, 'init', usual);
    expect(briefly(captureEngines(host, tasksOf({}, [`/docker/${ID}`, `/docker/${OTHER}`])))).toMatchObject([
      { name: 'web', via: null },
    ]);
  });
});

describe('containerd', () => {
  const bundles = '/run/containerd/io.containerd.runtime.v2.task';

  it('has the image of a container in its database, to which the bundle links', () => {
    const root: MadeTree = {
      [`${bundles}/default/c7/config.json`]: '{"linux":{"cgroupsPath":"/default/c7"}}',
      [`${bundles}/default/c7/init.pid`]: '101',
      [`${bundles}/default/c7/work`]: '-> /srv/c/io.containerd.runtime.v2.task/default/c7',
      '/srv/c/io.containerd.metadata.v1.bolt/meta.db': gunzipSync(bytesOfFile('containerd-meta.db.gz')).toString(
        'latin1',
      ),
    };
    const host = new MadeFiles().task(100, shimArgs('default', 'c7'), root, { cwd: `-> ${bundles}/default/c7` });
    expect(captureEngines(host, tasksOf({ 100: SHIM })).containers).toMatchObject([
      {
        engine: 'containerd',
        id: 'c7',
        namespace: 'default',
        image: 'docker.io/nsi/busybox:1',
        pid: 101,
        cgroupPath: '/default/c7',
        via: 100,
      },
    ]);
  });

  it('has one shim for a pod, whose other containers are beside it and are its own', () => {
    const config = (container: string): string =>
      JSON.stringify({
        annotations: {
          'io.kubernetes.cri.sandbox-namespace': 'prod',
          'io.kubernetes.cri.sandbox-name': 'shop',
          'io.kubernetes.cri.container-type': container === '' ? 'sandbox' : 'container',
          'io.kubernetes.cri.container-name': container,
          'io.kubernetes.cri.image-name': 'nginx',
          'io.kubernetes.cri.sandbox-id': 'pod2',
        },
      });
    const root: MadeTree = {
      [`${bundles}/k8s.io/pod1/config.json`]: config('').replaceAll('pod2', 'pod1'),
      [`${bundles}/k8s.io/pod2/config.json`]: config(''),
      [`${bundles}/k8s.io/web/config.json`]: config('web'),
    };
    const host = new MadeFiles()
      .task(100, shimArgs('k8s.io', 'pod1'), root, { cwd: `-> ${bundles}/k8s.io/pod1` })
      .task(200, shimArgs('k8s.io', 'pod2'), root, { cwd: `-> ${bundles}/k8s.io/pod2` });
    expect(briefly(captureEngines(host, tasksOf({ 100: SHIM, 200: SHIM })))).toEqual([
      { engine: 'cri', id: 'pod1', name: null, image: 'nginx', via: 100 },
      { engine: 'cri', id: 'pod2', name: null, image: 'nginx', via: 200 },
      { engine: 'cri', id: 'web', name: 'web', image: 'nginx', via: 200 },
    ]);
  });
});

describe('podman', () => {
  const store = '/home/u/.local/share/containers/storage/overlay-containers';
  const list = recorded('containers.json');
  const id = /"id": "([0-9a-f]{64})"/.exec(list)![1]!;
  const conmon = `/usr/bin/conmon --api-version 1 -c ${id} -u ${id} -r /usr/bin/crun -b ${store}/${id}/userdata -n pweb`;

  it("is followed from conmon to the store, which may be a user's", () => {
    const host = new MadeFiles().task(100, conmon, { [`${store}/containers.json`]: list });
    const facet = captureEngines(host, tasksOf({ 100: 'conmon' }));
    expect(briefly(facet)).toEqual([
      { engine: 'podman', id: id.slice(0, 4), name: 'pweb', image: 'localhost/nsi/busybox:1', via: 100 },
    ]);
    expect(facet.processes).toMatchObject([{ containerName: 'pweb', paths: { runtime: '/usr/bin/crun' } }]);
  });

  it('says that the store is denied', () => {
    const host = new MadeFiles().task(100, conmon, { [`${store}/containers.json`]: DENIED });
    expect(captureEngines(host, tasksOf({ 100: 'conmon' })).coverage.unread).toEqual([
      { path: `${store}/containers.json`, outcome: 'denied' },
    ]);
  });

  it("of CRI-O has the pod in the bundle's annotations", () => {
    const annotations = {
      'io.kubernetes.pod.namespace': 'prod',
      'io.kubernetes.pod.name': 'shop',
      'io.kubernetes.container.name': 'web',
    };
    const host = new MadeFiles().task(
      100,
      `${conmon.replace('-n pweb', '-n k8s_web_shop_prod')} --exit-dir /var/run/crio/exits`,
      {
        [`${store}/containers.json`]: list,
        [`${store}/${id}/userdata/config.json`]: JSON.stringify({ annotations }),
      },
    );
    expect(captureEngines(host, tasksOf({ 100: 'conmon' })).containers).toMatchObject([
      {
        engine: 'cri-o',
        name: 'web',
        image: 'localhost/nsi/busybox:1',
        pod: { namespace: 'prod', name: 'shop', container: 'web' },
      },
    ]);
  });
});

describe('the rest', () => {
  it('LXC, nspawn, bubblewrap and daemons are known by their command lines', () => {
    const host = new MadeFiles()
      .task(
        100,
        'x',
        { '/srv/lxc/box/config': recorded('lxc-config.conf') },
        { cmdline: '[lxc monitor] /srv/lxc box\0' },
      )
      .task(101, 'systemd-nspawn -M mine -D /srv/root', {})
      .task(102, 'bwrap --args 5 sh', {})
      .task(103, 'dockerd --config-file /d.json --exec-root /run/d', {
        '/d.json': '{"data-root":"/srv/docker","exec-root":"/no"}',
      })
      .task(104, '/usr/bin/containerd', { '/etc/containerd/config.toml': 'root = "/srv/c"\n' });
    const comms = { 100: 'lxc-start', 101: 'systemd-nspawn', 102: 'bwrap', 103: 'dockerd', 104: 'containerd' };
    expect(captureEngines(host, tasksOf(comms)).processes).toMatchObject([
      {
        role: 'monitor',
        engine: 'lxc',
        containerId: 'box',
        paths: { lxcPath: '/srv/lxc', rootfs: 'overlay:/srv/lower:/srv/box/delta0' },
      },
      { role: 'monitor', engine: 'nspawn', containerId: 'mine', paths: { directory: '/srv/root' } },
      { role: 'monitor', engine: 'bwrap', paths: {} },
      { role: 'daemon', engine: 'docker', paths: { dataRoot: '/srv/docker', execRoot: '/run/d' } },
      { role: 'daemon', engine: 'containerd', paths: { root: '/srv/c' } },
    ]);
  });

  it('what merely has such a name is nothing', () => {
    const host = new MadeFiles()
      .task(100, 'sh -c true', {})
      .task(101, '', {}, { cmdline: '' })
      .task(102, 'x', {}, { cmdline: DENIED });
    const facet = captureEngines(host, tasksOf({ 100: 'dockerd', 101: 'conmon', 102: 'runc', 103: 'crun' }));
    expect(facet).toMatchObject({
      processes: [],
      containers: [],
      coverage: { unread: [{ path: '/proc/102/cmdline', outcome: 'denied' }] },
    });
  });

  it('detached containers and machines are found where their state always is', () => {
    const host = new MadeFiles().task(1, 'init', {
      '/run/runc/one/state.json': recorded('runc-state.json'),
      '/run/runc/broken/state.json': '{',
      '/run/user/1000/crun/cone/status': recorded('crun-status.json'),
      '/run/user/nonsense/crun/cone/status': recorded('crun-status.json'),
      '/run/systemd/machines/my-box': recorded('machine.env'),
      '/run/systemd/machines/unit:machine-my\\x2dbox.scope': recorded('machine.env'),
      '/run/systemd/machines/other': recorded('machine.env').replace('systemd-nspawn', 'libvirt-lxc'),
    });
    const facet = captureEngines(host, tasksOf({}));
    expect(facet.containers).toMatchObject([
      { engine: 'runc', id: 'one', pid: 13904, pidStart: 130673, via: null },
      { engine: 'crun', id: 'cone', pid: 14660, ofUser: 1000, via: null },
      {
        engine: 'nspawn',
        id: 'my-box',
        pid: 1234,
        startedAt: '2026-11-21T01:41:56.000Z',
        machineClass: 'container',
        via: null,
      },
    ]);
    expect(facet.containers[0]).not.toHaveProperty('ofUser');
    expect(facet.coverage.unread).toEqual([{ path: '/run/runc/broken/state.json', outcome: 'malformed' }]);
  });

  it('says what lies there and is denied', () => {
    const host = new MadeFiles().task(1, 'init', {
      '/run/runc': DENIED,
      [`/var/lib/docker/containers/${ID}/config.v2.json`]: DENIED,
    });
    expect(captureEngines(host, tasksOf({}, [`/docker/${ID}`])).coverage.unread).toEqual([
      { path: `/var/lib/docker/containers/${ID}/config.v2.json`, outcome: 'denied' },
      { path: '/run/runc', outcome: 'denied' },
    ]);
  });
});
