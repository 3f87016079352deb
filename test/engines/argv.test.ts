import { describe, expect, it } from 'vitest';

import { isBubblewrap } from '../../src/engines/bwrap.ts';
import { parseConmonArgs } from '../../src/engines/conmon.ts';
import { parseContainerdConfig, parseDaemonArgs, parseDockerDaemonJson } from '../../src/engines/daemons.ts';
import { parseLxcConfig, parseLxcMonitorArgs } from '../../src/engines/lxc.ts';
import { parseMachine, parseNspawnArgs } from '../../src/engines/nspawn.ts';
import { parseRuntimeArgs } from '../../src/engines/runtime.ts';
import { parseShimArgs } from '../../src/engines/shim.ts';
import { argv, ID, OTHER, recorded } from './recorded.ts';

describe('parseShimArgs', () => {
  it('reads what containerd starts', () => {
    const line = `/usr/bin/containerd-shim-runc-v2 -namespace moby -id ${ID} -address /run/containerd/containerd.sock`;
    expect(parseShimArgs(argv(line))).toEqual({
      id: ID,
      namespace: 'moby',
      address: '/run/containerd/containerd.sock',
      workdir: null,
    });
  });

  it('reads the shim of runtime v1, which names its bundle', () => {
    const workdir = `/srv/docker/containerd/daemon/io.containerd.runtime.v1.linux/moby/${ID}`;
    const line = `docker-containerd-shim -namespace moby -workdir ${workdir} -address /run/c.sock -runtime-root /run/runc`;
    expect(parseShimArgs(argv(line))).toMatchObject({ id: ID, namespace: 'moby', workdir });
  });

  it.each([
    ['one that only starts another', 'containerd-shim-runc-v2 -namespace moby -id a -address /s start'],
    ['no id', 'containerd-shim-runc-v2 -namespace moby -address /s'],
    ['an id that leads elsewhere', 'containerd-shim-runc-v2 -namespace moby -id ../../etc -address /s'],
    ['a namespace that leads elsewhere', 'containerd-shim-runc-v2 -namespace .. -id a -address /s'],
    ['a value that is missing', 'containerd-shim-runc-v2 -namespace moby -id'],
    ['something else', 'sleep -namespace moby -id a'],
    ['nothing', ''],
  ])('is null for %s', (_, line) => {
    expect(parseShimArgs(argv(line))).toBeNull();
  });
});

describe('parseConmonArgs', () => {
  const store = '/srv/store/overlay-containers';

  it('reads what podman starts', () => {
    const line =
      `/usr/bin/conmon --api-version 1 -c ${ID} -u ${ID} -r /usr/sbin/runc -b ${store}/${ID}/userdata -p /srv/run/pidfile -n pweb ` +
      `--exit-dir /srv/tmp/exits --full-attach -l k8s-file:${store}/${ID}/userdata/ctr.log --log-level warning --runtime-arg --log-format=json ` +
      `--conmon-pidfile /srv/run/conmon.pid --exit-command /usr/bin/podman --exit-command-arg --root --exit-command-arg /srv/store ` +
      `--exit-command-arg -n --exit-command-arg container --exit-command-arg cleanup --exit-command-arg ${ID}`;
    expect(parseConmonArgs(argv(line))).toEqual({
      id: ID,
      name: 'pweb',
      bundle: `${store}/${ID}/userdata`,
      containersJson: `${store}/containers.json`,
      runtime: '/usr/sbin/runc',
      engine: 'podman',
      exec: false,
    });
  });

  it('tells the monitor of a command in a container from that of the container', () => {
    const line = `/usr/bin/conmon --api-version 1 -c ${ID} -u ${OTHER} -r /usr/bin/crun -b /b -e --exec-attach --exec-process-spec /b/exec-process-1`;
    expect(parseConmonArgs(argv(line))).toMatchObject({ id: ID, exec: true });
  });

  it('tells CRI-O from podman', () => {
    const line = `/usr/libexec/crio/conmon -b /run/containers/storage/overlay-containers/${ID}/userdata -c ${ID} --exit-dir /var/run/crio/exits -l /var/log/pods/x.log -n k8s_web_shop-0_prod -P /p -r /usr/bin/runc`;
    expect(parseConmonArgs(argv(line))).toMatchObject({ engine: 'cri-o', name: 'k8s_web_shop-0_prod' });
  });

  it.each(['conmon', 'conmon -c ../../etc', 'conmon --version', `sh -c ${ID}`, 'conmon -c'])(
    'is null for %s',
    (line) => {
      expect(parseConmonArgs(argv(line))).toBeNull();
    },
  );
});

describe('parseLxcMonitorArgs', () => {
  it.each([
    ['[lxc·monitor]·/var/lib/lxc·box', 'box', '/var/lib/lxc'],
    ['[lxc·monitor]·/srv/my·containers·box', 'box', '/srv/my containers'],
    ['lxc-start -n box -F', 'box', '/var/lib/lxc'],
    ['/usr/bin/lxc-start -P /srv/lxc --name=box --foreground', 'box', '/srv/lxc'],
    ['lxc-start -F box', 'box', '/var/lib/lxc'],
    ['lxc-execute -n box -P /srv/lxc -- sleep -n 5', 'box', '/srv/lxc'],
  ])('%s', (line, name, lxcPath) => {
    expect(parseLxcMonitorArgs(argv(line))).toEqual({ name, lxcPath });
  });

  it.each([
    '[lxc·monitor]',
    '[lxc·monitor]·box',
    '[lxc·monitor]·/srv·..',
    'lxc-start',
    'lxc-attach -n box',
    'lxc-start -n a/b',
  ])('is null for %s', (line) => {
    expect(parseLxcMonitorArgs(argv(line))).toBeNull();
  });
});

describe('parseLxcConfig', () => {
  it('takes the last of a repeated key and passes over what is no assignment', () => {
    expect(parseLxcConfig(recorded('lxc-config.conf'))).toEqual({
      utsName: 'boxhost',
      rootfs: 'overlay:/srv/lower:/srv/box/delta0',
    });
  });

  it('knows the names of old and finds nothing in nothing', () => {
    expect(parseLxcConfig('lxc.utsname = a\nlxc.rootfs = /r\n')).toEqual({ utsName: 'a', rootfs: '/r' });
    expect(parseLxcConfig('')).toEqual({ utsName: null, rootfs: null });
  });
});

describe('parseNspawnArgs', () => {
  it.each([
    ['systemd-nspawn -M box -D /srv/root /bin/sleep 5 -M other', 'box', '/srv/root', null],
    ['systemd-nspawn --quiet --keep-unit --boot --machine=box --directory=/srv/x', 'box', '/srv/x', null],
    ['/usr/bin/systemd-nspawn -bD /srv/my_root/', 'myroot', '/srv/my_root/', null],
    ['systemd-nspawn -i /srv/disk.raw', 'disk', null, '/srv/disk.raw'],
    ['systemd-nspawn', null, null, null],
  ])('%s', (line, machine, directory, image) => {
    expect(parseNspawnArgs(argv(line))).toEqual({ machine, directory, image });
  });

  it('is null for anything else', () => {
    expect(parseNspawnArgs(argv('nspawn -M box'))).toBeNull();
  });
});

describe('parseMachine', () => {
  it('reads what systemd-machined writes', () => {
    expect(parseMachine(recorded('machine.env'))).toEqual({
      name: 'my-box',
      machineClass: 'container',
      service: 'systemd-nspawn',
      unit: 'machine-my\\x2dbox.scope',
      root: '/var/lib/machines/my-box',
      leader: 1234,
      realtimeUsec: 1795225316000000,
    });
  });

  it('is null without a name, and takes no number that is none', () => {
    expect(parseMachine('LEADER=1\n')).toBeNull();
    expect(parseMachine('NAME=a\nLEADER=-1\nREALTIME=99999999999999999999\n')).toMatchObject({
      leader: null,
      realtimeUsec: null,
    });
  });
});

describe('parseRuntimeArgs', () => {
  it.each([
    ['runc run box', { engine: 'runc', id: 'box', root: null }],
    [
      '/usr/sbin/runc --root=/srv/runc --debug run --bundle /b --no-pivot box',
      { engine: 'runc', id: 'box', root: '/srv/runc' },
    ],
    ['crun --root /srv/crun run -b /b box', { engine: 'crun', id: 'box', root: '/srv/crun' }],
    ['runc list', null],
    ['runc create box', null],
    ['runc run ..', null],
    ['runc run', null],
    ['runc', null],
  ])('%s', (line, expected) => {
    expect(parseRuntimeArgs(argv(line))).toEqual(expected);
  });
});

describe('parseDaemonArgs', () => {
  it.each([
    [
      'dockerd --data-root /srv/docker --exec-root=/run/d --config-file /srv/d.json -H unix:///d.sock',
      'docker',
      '/srv/d.json',
      { dataRoot: '/srv/docker', execRoot: '/run/d' },
    ],
    ['/usr/bin/dockerd -g /srv/old', 'docker', null, { dataRoot: '/srv/old' }],
    [
      'containerd -c /srv/c.toml --root /srv/c --state /run/c --address /run/c.sock',
      'containerd',
      '/srv/c.toml',
      { root: '/srv/c', state: '/run/c', address: '/run/c.sock' },
    ],
    ['/usr/bin/containerd', 'containerd', null, {}],
    ['crio --root /srv/store --runroot /run/store', 'cri-o', null, { root: '/srv/store', runRoot: '/run/store' }],
  ])('%s', (line, engine, config, paths) => {
    expect(parseDaemonArgs(argv(line))).toEqual({ engine, config, paths });
  });

  it.each(['containerd config dump', 'crio version', 'docker ps', ''])('is null for %s', (line) => {
    expect(parseDaemonArgs(argv(line))).toBeNull();
  });
});

describe('configuration files of daemons', () => {
  it('daemon.json', () => {
    expect(parseDockerDaemonJson('{"data-root":"/srv/dé","exec-root":7}'.replace('é', '\xc3\xa9'))).toEqual({
      dataRoot: '/srv/dé',
    });
    expect(parseDockerDaemonJson('{"graph":"/srv/old"')).toBeNull();
    expect(parseDockerDaemonJson('[]')).toBeNull();
  });

  it('config.toml of containerd', () => {
    const text = [
      'version = 2',
      'root = "/srv/c" # here',
      "state = '/run/c'",
      '[grpc]',
      '  address = "/run/c.sock"',
      '[plugins."x"]',
      '  root = "/no"',
    ];
    expect(parseContainerdConfig(text.join('\n'))).toEqual({ root: '/srv/c', state: '/run/c', address: '/run/c.sock' });
    expect(parseContainerdConfig('root = "/unfinished')).toEqual({});
  });
});

it('isBubblewrap goes by the program', () => {
  expect(isBubblewrap(argv('/usr/bin/bwrap --args 5'))).toBe(true);
  expect(isBubblewrap(argv('sh bwrap'))).toBe(false);
  expect(isBubblewrap([])).toBe(false);
});
