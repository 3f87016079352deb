/**
 * Real container engines for tests, which touch nothing of the host: a lab has a directory, a cgroup, a mount and a network
 * namespace of its own (with an empty /run), and whatever is started in it ends with the test, also when that is killed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { run, type Result } from './cli.ts';
import { pathOf } from './components.ts';

const CGROUPS = '/sys/fs/cgroup';

/**
 * Waits until its standard input is closed, by the test or by its death, then ends all that is in the lab's cgroups and
 * removes what is left. (PR_SET_PDEATHSIG would not do: it fires when the *thread* that started a child ends, and reaches
 * no grandchild that daemonised, such as containerd's shims.)
 */
const JANITOR = `
trap '' HUP INT TERM
tag=$1 dir=$2 pivots=$3
cat >/dev/null
groups() {
  # At any depth: a runtime that is given no path makes its cgroup below the one that it was started in.
  find ${CGROUPS} -type d '(' -name "$tag*" -o -name "lxc.payload.$tag*" -o -name "lxc.monitor.$tag*" ')' 2>/dev/null
}
pids() { groups | while read -r group; do find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null; done | sort -u; }
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  groups | while read -r group; do [ ! -e "$group/cgroup.kill" ] || echo 1 > "$group/cgroup.kill"; done
  left=$(pids)
  [ -n "$left" ] || break
  kill -9 $left 2>/dev/null
  sleep 0.1
done
awk -v dir="$dir/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r at; do umount -l "$at"; done
groups | while read -r group; do find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; done
# LXC leaves this one behind; it is ours to remove only where it was not there before.
[ "$pivots" = keep ] || find ${CGROUPS} -maxdepth 2 -name lxc.pivot -exec rmdir {} + 2>/dev/null
rm -rf "$dir" /run/runc/"$tag"* /run/crun/"$tag"* /run/lxc/lock/"$dir"
[ -z "$(groups)" ]
`;

/** A place in which engines run. */
export class Lab {
  /** Holds everything that the engines write. */
  readonly dir: string;
  /** Name of the cgroup, in the hierarchies of v2 and of systemd, and the beginning of all names. */
  readonly tag: string;
  readonly #janitor: ChildProcess;
  /** Keeps the namespaces. */
  #holder = 0;

  private constructor(dir: string) {
    this.dir = dir;
    this.tag = `nsi-${path.basename(dir).slice('nsinspect-lab-'.length)}`;
    const pivots = existsSync(`${CGROUPS}/systemd/lxc.pivot`) || existsSync(`${CGROUPS}/lxc.pivot`) ? 'keep' : 'remove';
    this.#janitor = spawn('sh', ['-c', JANITOR, 'janitor', this.tag, dir, pivots], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
  }

  /** Puts up an empty lab. */
  static async start(): Promise<Lab> {
    const lab = new Lab(mkdtempSync(path.join(os.tmpdir(), 'nsinspect-lab-')));
    chmodSync(lab.dir, 0o755);
    for (const hierarchy of hierarchies()) mkdirSync(`${hierarchy}/${lab.tag}/lab`, { recursive: true });
    const holder = lab.spawn('holder', [
      ...['unshare', '--mount', '--net', '--propagation', 'private', 'sh', '-c'],
      'mount -t tmpfs tmpfs /run && ip link set lo up && echo ready && exec sleep infinity',
    ]);
    lab.#holder = holder.pid!;
    await lab.until('the holder of the namespaces is up', () => run(['grep', '-q', 'ready', `${lab.dir}/holder.log`]));
    return lab;
  }

  /** Starts something on the host that lives as long as the lab does. What it says is in `<name>.log`. */
  spawn(name: string, command: readonly string[]): ChildProcess {
    const log = openSync(`${this.dir}/${name}.log`, 'w');
    const [program, ...args] = this.#joined(command);
    // A session of its own: a Ctrl-C on the terminal is for the test to handle.
    return spawn(program!, args, { stdio: ['ignore', log, log], detached: true, cwd: this.dir });
  }

  /** Starts something inside the lab's namespaces. */
  spawnInside(name: string, command: readonly string[]): ChildProcess {
    return this.spawn(name, this.#inside(command));
  }

  /** Runs something inside the lab's namespaces to its end and gives what it printed. */
  async inside(...command: readonly string[]): Promise<string> {
    return output(await run(this.#joined(this.#inside(command))), command);
  }

  /** Runs something on the host to its end and gives what it printed. What it leaves running ends with the lab. */
  async onHost(...command: readonly string[]): Promise<string> {
    return output(await run(this.#joined(command)), command);
  }

  /** As {@link onHost}, whatever becomes of it. */
  attempt(...command: readonly string[]): Promise<Result> {
    return run(this.#joined(command));
  }

  /** Waits for a command to succeed, at most 30 s. */
  async until(what: string, attempt: () => Promise<Result>): Promise<void> {
    const end = Date.now() + 30_000;
    for (;;) {
      const result = await attempt();
      if (result.status === 0) return;
      if (Date.now() > end) throw new Error(`waited in vain until ${what}: ${result.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends everything and waits until nothing is left of it. */
  async stop(): Promise<void> {
    const ended = once(this.#janitor, 'exit');
    this.#janitor.stdin!.end();
    const [status] = (await ended) as [number | null];
    if (status !== 0) throw new Error(`cgroups called ${this.tag} are left`);
  }

  /** The command, put into the lab's cgroups before it starts. */
  #joined(command: readonly string[]): string[] {
    const join = hierarchies().map((hierarchy) => `echo $$ > ${hierarchy}/${this.tag}/lab/cgroup.procs`);
    return ['sh', '-c', `${join.join(' && ')} && exec "$@"`, 'sh', ...command];
  }

  #inside(command: readonly string[]): string[] {
    return ['nsenter', '--target', String(this.#holder), '--mount', '--net', '--', ...command];
  }
}

/** Where v2 and systemd's hierarchy are mounted: what is started in them stays in the lab whatever an engine does elsewhere. */
function hierarchies(): string[] {
  if (existsSync(`${CGROUPS}/cgroup.procs`)) return [CGROUPS];
  return [`${CGROUPS}/unified`, `${CGROUPS}/systemd`].filter((at) => existsSync(`${at}/cgroup.procs`));
}

function output({ status, stdout, stderr }: Result, command: readonly string[]): string {
  if (status !== 0) throw new Error(`${command.join(' ')}: status ${String(status)}: ${stderr}`);
  return stdout;
}

/** An engine's client: runs one of its commands to the end and gives what that printed. */
export type Client = (...args: readonly string[]) => Promise<string>;

/** Makes a root file system of nothing but busybox in `<lab>/root`, and a tar archive of it in `<lab>/root.tar`. */
export async function busyboxRoot(lab: Lab): Promise<string> {
  const root = `${lab.dir}/root`;
  for (const directory of ['bin', 'sbin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'usr', 'var', 'run']) {
    mkdirSync(`${root}/${directory}`, { recursive: true });
  }
  copyFileSync(pathOf('busybox')!, `${root}/bin/busybox`);
  for (const applet of ['sh', 'sleep', 'cat', 'unshare']) symlinkSync('busybox', `${root}/bin/${applet}`);
  writeFileSync(`${root}/sbin/init`, '#!/bin/sh\nexec sleep 3600\n', { mode: 0o755 });
  await lab.onHost('tar', '-C', root, '-cf', `${lab.dir}/root.tar`, '.');
  return root;
}

/** Starts a dockerd with everything it owns in the lab, and gives its client. */
export async function startDockerd(lab: Lab): Promise<Client> {
  const dir = `${lab.dir}/docker`;
  mkdirSync(dir);
  writeFileSync(`${dir}/daemon.json`, '{}');
  const socket = `unix://${dir}/docker.sock`;
  lab.spawnInside('dockerd', [
    'dockerd',
    ...['--config-file', `${dir}/daemon.json`, '--data-root', `${dir}/data`, '--exec-root', `${dir}/exec`],
    ...['--host', socket, '--pidfile', `${dir}/docker.pid`, '--cgroup-parent', `/${lab.tag}`],
    // The lab's own network namespace has its own docker0.
    ...['--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false', '--bip', '172.31.255.1/24'],
  ]);
  const command = ['docker', '--config', `${dir}/client`, '--host', socket];
  await lab.until('dockerd answers', () => run([...command, 'version']));
  return (...args) => lab.onHost(...command, ...args);
}

/** Starts a containerd with everything it owns in the lab, and gives its client. */
export async function startContainerd(lab: Lab): Promise<Client> {
  const dir = `${lab.dir}/containerd`;
  mkdirSync(dir);
  const config = [
    'version = 2',
    `root = "${dir}/root"`,
    `state = "${dir}/state"`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    '[grpc]',
    `  address = "${dir}/containerd.sock"`,
  ];
  writeFileSync(`${dir}/config.toml`, `${config.join('\n')}\n`);
  lab.spawnInside('containerd', ['containerd', '--config', `${dir}/config.toml`]);
  const command = ['ctr', '--address', `${dir}/containerd.sock`];
  await lab.until('containerd answers', () => run([...command, 'version']));
  return (...args) => lab.inside(...command, ...args);
}

/** podman, with everything it owns in the lab. It needs no daemon. */
export function podmanIn(lab: Lab): Client {
  const dir = `${lab.dir}/podman`;
  return (...args) =>
    lab.inside(
      'podman',
      ...['--root', `${dir}/root`, '--runroot', `${dir}/run`, '--tmpdir', `${dir}/tmp`],
      ...['--storage-driver', 'overlay', '--cgroup-manager', 'cgroupfs', '--runtime', pathOf('runc')!],
      ...args,
    );
}

/** Names of the labs whose cgroups are there; for checking that none is left. */
export function labsLeft(): string[] {
  return hierarchies().flatMap((hierarchy) => readdirSync(hierarchy).filter((name) => name.startsWith('nsi-')));
}
