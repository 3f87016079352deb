/** Containers of real engines, each held against what its engine's own client says. */
import { chownSync, readFileSync, readlinkSync, writeFileSync, mkdirSync } from 'node:fs';

import { expect, test } from 'vitest';

import { captureEngines } from '../../src/capture/engines.ts';
import { captureHost } from '../../src/capture/host.ts';
import { captureTasks } from '../../src/capture/tasks.ts';
import { liveHost } from '../../src/host/live.ts';
import { containersOf, type Container, type Containers } from '../../src/model/containers.ts';
import type { EnginesFacet } from '../../src/schema/engines.ts';
import { nameText } from '../../src/text/bytes.ts';
import { describeWith, type Component } from '../support/components.ts';
import { busyboxRoot, type Client, type Lab, podmanIn, startContainerd, startDockerd } from '../support/daemons.ts';
import { useLab } from '../support/lab-for-tests.ts';

const NEEDED: readonly Component[] = ['root', 'busybox-static', 'unshare', 'nsenter', 'ip'];

/** What nsinspect finds now. */
async function look(): Promise<Containers & { readonly engines: EnginesFacet }> {
  const host = liveHost();
  const { facet: tasks } = await captureTasks(host, {
    detail: 'none',
    cgroups: true,
    root: true,
    threadCgroups: false,
    fds: false,
  });
  const engines = captureEngines(host, tasks);
  return { ...containersOf(tasks, engines, captureHost(host)), engines };
}

/** Those of the lab. */
function inLab(containers: readonly Container[], { tag }: Lab): Container[] {
  return containers.filter(({ leader }) => cgroupOf(leader).includes(tag));
}

/** What matters of a container in a comparison. */
function shortly({ engine, id, name, image, leader }: Container): unknown {
  return { engine, id, name, image, leader };
}

/** Seconds since the epoch at which a time lies. */
const secondsOf = (time: string | null): number => Date.parse(time ?? '') / 1000;

describeWith([...NEEDED, 'docker'], 'dockerd with all roots moved, in mount and network namespaces of its own', () => {
  let docker: Client;
  const place = useLab(async (lab) => {
    await busyboxRoot(lab);
    docker = await startDockerd(lab);
    await docker('import', `${lab.dir}/root.tar`, 'nsi/busybox:1');
    const start = (name: string, ...args: readonly string[]) =>
      docker('run', '--detach', '--name', name, ...args, 'nsi/busybox:1', 'sleep', '3600');
    await start('web');
    await start('host-net', '--network', 'host');
    await start('no-net', '--network', 'none');
    await start('peer', '--network', 'container:web');
    await start('host-pid', '--pid', 'host');
    await start('own-user', '--label', 'a=b', '--user', '1000');
  });

  test('names, images, first processes and start times are those of docker inspect', async () => {
    const ids = (await docker('ps', '--quiet', '--no-trunc')).trim().split('\n');
    const inspected = JSON.parse(await docker('inspect', ...ids)) as {
      Id: string;
      Name: string;
      Config: { Image: string };
      State: { Pid: number; StartedAt: string };
    }[];
    const { containers, containerOfPid, engines } = await look();
    expect(inLab(containers, place.lab)).toHaveLength(6);
    for (const { Id, Name, Config, State } of inspected) {
      const container = containerOfPid.get(State.Pid);
      expect(container && shortly(container)).toEqual({
        engine: 'docker',
        id: Id,
        name: Name.slice(1),
        image: Config.Image,
        leader: State.Pid,
      });
      expect(container?.startedAt).toBe(State.StartedAt);
      expect(container?.parent).toBeNull();
    }
    expect(engines.coverage.unread.filter(({ path }) => nameText(path).startsWith(place.lab.dir))).toEqual([]);
  });

  test('docker exec belongs to the container by its cgroup, nsenter by the namespaces it entered', async () => {
    const { lab } = place;
    const pid = Number(await docker('inspect', '--format', '{{.State.Pid}}', 'web'));
    await docker('exec', '--detach', 'web', 'sleep', '3601');
    const entered = lab.spawn('nsenter', ['nsenter', '-t', String(pid), '-m', '-p', '--', '/bin/sleep', '3602']);
    const network = lab.spawn('network-only', ['nsenter', '-t', String(pid), '-n', '--', 'sleep', '3603']);
    const { web, containerOfPid } = await lookUntil(({ containerOfPid }) => {
      const web = containerOfPid.get(pid);
      return web?.pids.length === 3 ? { web, containerOfPid } : null;
    });
    expect(commandsOf(web)).toEqual(['/bin/sleep 3602', 'sleep 3600', 'sleep 3601']);
    // nsenter itself stays in the pid namespace outside: only its child is in.
    expect(web.pids).not.toContain(entered.pid);
    expect(containerOfPid.get(network.pid!)).toBeUndefined();
  });

  test('neither the shims, nor the daemons, nor the lab are containers', async () => {
    const { engines, containerOfPid } = await look();
    const mine = engines.processes.filter(({ pid }) => cgroupOf(pid).includes(place.lab.tag));
    expect(mine.filter(({ role }) => role === 'shim')).toHaveLength(6);
    expect(mine.filter(({ role }) => role === 'daemon').map(({ engine }) => engine)).toEqual(['docker', 'containerd']);
    for (const { pid } of mine) expect(containerOfPid.get(pid)).toBeUndefined();
    expect(containerOfPid.get(process.pid)).toBeUndefined();
  });

  test('containers keep their names when the daemon is gone', async () => {
    const mine = (all: readonly Container[]): unknown[] => inLab(all, place.lab).map(shortly);
    const { containers: before, engines } = await look();
    const daemons = engines.processes.filter(
      ({ pid, role }) => role === 'daemon' && cgroupOf(pid).includes(place.lab.tag),
    );
    // Killed, it has no chance to stop its containers.
    for (const { pid } of daemons) process.kill(pid, 'SIGKILL');
    const gone = new Set(daemons.map(({ pid }) => pid));
    const after = await lookUntil((seen) =>
      seen.engines.processes.some(({ pid }) => gone.has(pid)) ? null : seen.containers,
    );
    expect(mine(after)).toEqual(mine(before));
    expect(gone.size).toBe(2);
  });
});

describeWith([...NEEDED, 'containerd', 'runc'], 'containerd with its roots moved', () => {
  let ctr: Client;
  const sandbox = 'a'.repeat(64);
  const app = 'b'.repeat(64);
  const place = useLab(async (lab) => {
    await busyboxRoot(lab);
    ctr = await startContainerd(lab);
    await ociImage(lab);
    for (const namespace of [lab.tag, 'k8s.io']) await ctr('-n', namespace, 'images', 'import', `${lab.dir}/image.tar`);
    const start = (namespace: string, id: string, ...args: readonly string[]) =>
      ctr('-n', namespace, 'run', '--detach', ...args, 'docker.io/nsi/busybox:1', id, '/bin/sleep', '3600');
    await start(lab.tag, 'by-namespace');
    await start(lab.tag, 'elsewhere', '--cgroup', `/${lab.tag}/some/where`);
    const pod = `/${lab.tag}/kubepods/besteffort/pod0a1b2c3d-0000-4000-8000-000000000001`;
    const named = [
      '--annotation',
      'io.kubernetes.cri.sandbox-namespace=prod',
      '--annotation',
      'io.kubernetes.cri.sandbox-name=shop-0',
    ];
    await start(
      'k8s.io',
      sandbox,
      '--cgroup',
      `${pod}/${sandbox}`,
      ...named,
      '--annotation',
      'io.kubernetes.cri.container-type=sandbox',
    );
    await start(
      'k8s.io',
      app,
      '--cgroup',
      `${pod}/${app}`,
      ...named,
      '--annotation',
      'io.kubernetes.cri.container-name=web',
    );
  });

  test('ids, images and first processes are those of ctr', async () => {
    const { containers } = await look();
    for (const namespace of [place.lab.tag, 'k8s.io']) {
      const listed = new Map(
        rows(await ctr('-n', namespace, 'containers', 'list')).map(([id, image]) => [id!, image!]),
      );
      const tasks = rows(await ctr('-n', namespace, 'tasks', 'list'));
      expect(tasks).toHaveLength(2);
      for (const [id, pid] of tasks) {
        const container = containers.find((one) => one.id === id);
        expect(container).toMatchObject({
          namespace,
          leader: Number(pid),
          pids: [Number(pid)],
          image: listed.get(id!),
        });
        expect(Math.abs(secondsOf(container!.startedAt) - startedSeconds(Number(pid)))).toBeLessThan(2);
      }
    }
  });

  test('containers of Kubernetes say their pod', async () => {
    const { containers } = await look();
    const pod = { namespace: 'prod', name: 'shop-0' };
    const podUid = '0a1b2c3d-0000-4000-8000-000000000001';
    expect(containers.find(({ id }) => id === sandbox)).toMatchObject({
      engine: 'cri',
      name: null,
      podUid,
      pod: { ...pod, container: null },
    });
    expect(containers.find(({ id }) => id === app)).toMatchObject({
      engine: 'cri',
      name: 'web',
      podUid,
      pod: { ...pod, container: 'web' },
    });
    const plain = containers.filter(({ engine }) => engine === 'containerd').map(({ id }) => id);
    expect(plain).toEqual(expect.arrayContaining(['by-namespace', 'elsewhere']));
    expect(plain.filter((id) => id === sandbox || id === app)).toEqual([]);
  });
});

describeWith([...NEEDED, 'podman', 'runc'], 'podman with its store moved', () => {
  let podman: Client;
  const place = useLab(async (lab) => {
    await busyboxRoot(lab);
    podman = podmanIn(lab);
    await podman('import', `${lab.dir}/root.tar`, 'nsi/busybox:1');
    // Without CAP_SYS_RESOURCE the usual limits cannot be raised.
    const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];
    for (const [name, network] of [
      ['alone', 'none'],
      ['shared', 'host'],
    ] as const) {
      const where = ['--network', network, '--cgroup-parent', `/${lab.tag}`];
      await podman('run', '--detach', ...limits, ...where, '--name', name, 'nsi/busybox:1', 'sleep', '3600');
    }
    await podman('exec', '--detach', 'alone', 'sleep', '3601');
  });

  test('names, images and first processes are those of podman inspect', async () => {
    const inspected = JSON.parse(await podman('inspect', 'alone', 'shared')) as {
      Id: string;
      Name: string;
      ImageName: string;
      State: { Pid: number; StartedAt: string; ConmonPid: number };
    }[];
    const { containers, containerOfPid } = await look();
    expect(inLab(containers, place.lab)).toHaveLength(2);
    for (const { Id, Name, ImageName, State } of inspected) {
      const container = containerOfPid.get(State.Pid);
      expect(container && shortly(container)).toEqual({
        engine: 'podman',
        id: Id,
        name: Name,
        image: ImageName,
        leader: State.Pid,
      });
      expect(Math.abs(secondsOf(container!.startedAt) - secondsOf(State.StartedAt))).toBeLessThan(2);
      expect(container!.pids).toHaveLength(Name === 'alone' ? 2 : 1);
      expect(containerOfPid.get(State.ConmonPid)).toBeUndefined();
    }
  });
});

describeWith([...NEEDED, 'podman', 'crun', 'setpriv'], 'podman of an ordinary user, without cgroups', () => {
  const ids: Record<string, string> = {};
  const place = useLab(async (lab) => {
    await busyboxRoot(lab);
    const home = `${lab.dir}/home`;
    mkdirSync(home);
    chownSync(home, 65534, 65534);
    const podman = 'podman --cgroup-manager cgroupfs --runtime crun';
    const script = [
      `cd ${home} && export HOME=${home} XDG_RUNTIME_DIR=${home}/run && mkdir run`,
      `${podman} import ${lab.dir}/root.tar nsi/busybox:1 >/dev/null 2>&1`,
      `${podman} run --detach --network none --cgroups disabled --ulimit host --name mine nsi/busybox:1 sleep 3600`,
      `${podman} exec --detach mine sleep 3601`,
      `${podman} inspect --format '{{.State.Pid}}' mine`,
    ];
    // As above crun does not get to see v2; nor is the host's /run for an ordinary user to write to.
    const hide = '! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified; mount -t tmpfs tmpfs /run';
    const nobody = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups sh -c "$1"';
    const said = await lab.onHost('unshare', '--mount', 'sh', '-c', `${hide}; ${nobody}`, 'sh', script.join(' && '));
    [ids['id'] = '', , ids['pid'] = ''] = said.trim().split('\n');
  });

  test('is known by its monitor, and what runs in it by its namespaces', async () => {
    const { containers } = await look();
    const mine = inLab(containers, place.lab);
    expect(mine.map(shortly)).toEqual([
      { engine: 'podman', id: ids['id'], name: 'mine', image: 'localhost/nsi/busybox:1', leader: Number(ids['pid']) },
    ]);
    expect(mine.map(commandsOf)).toEqual([['sleep 3600', 'sleep 3601']]);
  });
});

describeWith([...NEEDED, 'lxc'], 'LXC with its path moved', () => {
  const place = useLab(async (lab) => {
    const root = await busyboxRoot(lab);
    for (const name of [`${lab.tag}-daemon`, `${lab.tag}-front`]) {
      const config = [
        `lxc.uts.name = ${name}`,
        `lxc.rootfs.path = dir:${root}`,
        'lxc.net.0.type = empty',
        'lxc.mount.auto = proc:mixed sys:ro',
        'lxc.apparmor.profile = unconfined',
      ];
      mkdirSync(`${lab.dir}/lxc/${name}`, { recursive: true });
      writeFileSync(`${lab.dir}/lxc/${name}/config`, `${config.join('\n')}\n`);
    }
    const path = ['-P', `${lab.dir}/lxc`];
    await lab.onHost('lxc-start', ...path, '-n', `${lab.tag}-daemon`, '-d');
    lab.spawn('lxc-front', ['lxc-start', ...path, '-n', `${lab.tag}-front`, '-F']);
    await lab.onHost('lxc-wait', ...path, '-n', `${lab.tag}-front`, '-s', 'RUNNING', '-t', '20');
  });

  test('names and first processes are those of lxc-info', async () => {
    const { lab } = place;
    const { containers, containerOfPid, engines } = await look();
    for (const name of [`${lab.tag}-daemon`, `${lab.tag}-front`]) {
      const pid = Number(await lab.onHost('lxc-info', '-P', `${lab.dir}/lxc`, '-n', name, '-pH'));
      expect(containers.find(({ id }) => id === name)).toMatchObject({
        engine: 'lxc',
        name,
        leader: pid,
        pids: [pid],
        image: null,
      });
      const monitor = engines.processes.find(({ containerId }) => containerId === name);
      expect(monitor).toMatchObject({ role: 'monitor', engine: 'lxc', paths: { rootfs: `dir:${lab.dir}/root` } });
      expect(containerOfPid.get(monitor!.pid)).toBeUndefined();
    }
  });
});

describeWith([...NEEDED, 'runc'], 'runc by itself', () => {
  const place = useLab(async (lab) => {
    await busyboxRoot(lab);
    await ociBundle(lab);
    const bundle = ['--bundle', lab.dir];
    await lab.onHost('sh', '-c', `runc run ${bundle.join(' ')} --detach ${lab.tag}-away </dev/null >/dev/null 2>&1`);
    lab.spawn('runc-front', ['runc', '--root', `${lab.dir}/runc`, 'run', ...bundle, `${lab.tag}-front`]);
    await lab.until('both run', () => lab.attempt('sh', '-c', `runc --root ${lab.dir}/runc list | grep -q running`));
  });

  test('ids and first processes are those of runc list, detached and in the foreground', async () => {
    const { lab } = place;
    const listed = [
      ...(JSON.parse(await lab.onHost('runc', 'list', '--format', 'json')) as { id: string; pid: number }[]),
      ...(JSON.parse(await lab.onHost('runc', '--root', `${lab.dir}/runc`, 'list', '--format', 'json')) as {
        id: string;
        pid: number;
      }[]),
    ].filter(({ id }) => id.startsWith(lab.tag));
    expect(listed).toHaveLength(2);
    const { containers } = await look();
    for (const { id, pid } of listed) {
      expect(containers.find((one) => one.id === id)).toMatchObject({
        engine: 'runc',
        leader: pid,
        pids: [pid],
        name: null,
        image: null,
      });
    }
  });
});

describeWith([...NEEDED, 'crun'], 'crun by itself', () => {
  const place = useLab(async (lab) => {
    await busyboxRoot(lab);
    await ociBundle(lab);
    // crun refuses a hybrid of v1 and v2 in which v2 has controllers: it does not get to see v2.
    const hide = '! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified';
    const start = `crun run --bundle ${lab.dir} --detach ${lab.tag}-away </dev/null >/dev/null 2>${lab.dir}/crun.err`;
    await lab.onHost('unshare', '--mount', 'sh', '-c', `${hide}; ${start} || { cat ${lab.dir}/crun.err >&2; exit 1; }`);
  });

  test('ids and first processes are those of crun list', async () => {
    const { lab } = place;
    const row = rows(await lab.onHost('crun', 'list')).find(([id]) => id === `${lab.tag}-away`);
    const pid = Number(row?.[1]);
    const { containers } = await look();
    expect(containers.find(({ id }) => id === `${lab.tag}-away`)).toMatchObject({
      engine: 'crun',
      leader: pid,
      pids: [pid],
    });
  });
});

describeWith([...NEEDED, 'bwrap'], 'bubblewrap', () => {
  const place = useLab(async (lab) => {
    const bwrap = ['bwrap', '--ro-bind', '/', '/', '--dev', '/dev'];
    lab.spawn('plain', [...bwrap, 'sleep', '3601']);
    lab.spawn('pids', [...bwrap, '--unshare-pid', '--proc', '/proc', 'sh', '-c', 'sleep 3602; :']);
    lab.spawn('nested', [...bwrap, '--unshare-all', ...bwrap, 'sleep', '3603']);
    // No engine: whoever unshares has no container.
    lab.spawn('unshared', ['unshare', '--mount', '--pid', '--fork', 'sleep', '3604']);
    await Promise.resolve();
  });

  test('a sandbox is the child of bwrap and all below it, nested or not', async () => {
    const sandboxes = await lookUntil(({ containers }) => {
      const mine = containers.filter(
        ({ engine, pids }) => engine === 'bwrap' && pids.some((pid) => cgroupOf(pid).includes(place.lab.tag)),
      );
      const commands = mine.map(commandsOf);
      return commands.flat().filter((command) => /^sleep 360[123]$/.test(command)).length === 3 ? mine : null;
    });
    expect(sandboxes.map(({ id, leader, name }) => ({ id, leader, name }))).toEqual(
      sandboxes.map(({ leader }) => ({ id: `bwrap-${leader}`, leader, name: null })),
    );
    const by = (command: string): Container => sandboxes.find((one) => commandsOf(one).includes(command))!;
    expect(commandsOf(by('sleep 3601'))).toEqual(['sleep 3601']);
    expect(commandsOf(by('sleep 3602')).filter((command) => !command.startsWith('bwrap'))).toEqual([
      'sh -c sleep 3602; :',
      'sleep 3602',
    ]);
    const inner = by('sleep 3603');
    expect(sandboxes).toHaveLength(4);
    expect(sandboxes.map(({ key }) => key)).toContain(inner.parent);
    for (const { pids, leader } of sandboxes) {
      expect(pids).toContain(leader);
      expect(readlinkSync(`/proc/${leader}/ns/mnt`)).not.toBe(readlinkSync('/proc/self/ns/mnt'));
    }
  });

  test('an unshared process is none', async () => {
    const { containers } = await look();
    expect(containers.flatMap(commandsOf)).not.toContain('sleep 3604');
  });
});

/** Looks until there is what is waited for, at most ten seconds. */
async function lookUntil<T>(find: (seen: Awaited<ReturnType<typeof look>>) => T | null): Promise<T> {
  for (const end = Date.now() + 10_000; ;) {
    const seen = await look();
    const found = find(seen);
    if (found !== null) return found;
    if (Date.now() > end) throw new Error(`not found in time among ${JSON.stringify(seen.containers, null, 1)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function commandsOf({ pids }: Container): string[] {
  return pids
    .map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').replaceAll('\0', ' '))
    .sort();
}

function cgroupOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
}

/** When a process started, in seconds since the epoch. */
function startedSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  return Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))![1]) + ticks / 100;
}

/** The rows of a table without its header, as words. */
function rows(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
}

/** An OCI bundle in the lab's directory, whose cgroup is the lab's. */
async function ociBundle(lab: Lab): Promise<void> {
  await lab.onHost('runc', 'spec', '--bundle', lab.dir);
  const config = JSON.parse(readFileSync(`${lab.dir}/config.json`, 'utf8')) as {
    process: { terminal: boolean; args: string[]; rlimits?: unknown };
    root: { path: string };
    linux: { cgroupsPath?: string };
  };
  config.process.terminal = false;
  config.process.args = ['sleep', '3600'];
  delete config.process.rlimits;
  config.root.path = 'root';
  writeFileSync(`${lab.dir}/config.json`, JSON.stringify(config));
}

/** An image archive in `<lab>/image.tar`, in the layout of OCI. */
async function ociImage(lab: Lab): Promise<void> {
  const sha256 = async (file: string): Promise<string> => (await lab.onHost('sha256sum', file)).slice(0, 64);
  const blobs = `${lab.dir}/image/blobs/sha256`;
  mkdirSync(blobs, { recursive: true });
  const put = async (content: unknown): Promise<{ digest: string; size: number }> => {
    const text = JSON.stringify(content);
    writeFileSync(`${lab.dir}/blob`, text);
    const digest = await sha256(`${lab.dir}/blob`);
    writeFileSync(`${blobs}/${digest}`, text);
    return { digest: `sha256:${digest}`, size: text.length };
  };
  const layer = await sha256(`${lab.dir}/root.tar`);
  await lab.onHost('cp', `${lab.dir}/root.tar`, `${blobs}/${layer}`);
  const size = readFileSync(`${lab.dir}/root.tar`).length;
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const config = await put({
    architecture,
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
  });
  const manifest = await put({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${layer}`, size }],
  });
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        ...manifest,
        annotations: { 'io.containerd.image.name': 'docker.io/nsi/busybox:1' },
      },
    ],
  };
  writeFileSync(`${lab.dir}/image/index.json`, JSON.stringify(index));
  writeFileSync(`${lab.dir}/image/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  await lab.onHost('tar', '-C', `${lab.dir}/image`, '-cf', `${lab.dir}/image.tar`, '.');
}
