/**
 * A guest for tests: another kernel, with cgroup v2 alone, in QEMU without KVM. Nothing of the host is shared with it:
 * it has no network, and no disk but an empty one of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { createInterface } from 'node:readline';

import type { Result } from '../support/cli.ts';
import { privateDirectory } from '../support/temporary.ts';
import type { Report, Request } from './agent.ts';
import { AGENT_PORT, changingPart, GUEST_NODE, GUEST_ROOT, unchangingPart } from './initramfs.ts';
import { findGuestKernel } from './kernel.ts';
import { GuestProcess } from './guest-process.ts';

/** A guest that has not come up after this time never will: a busy machine takes a minute. */
const BOOT_TIMEOUT_MS = 240_000;

/** The last bytes of the console are what tells of a panic. */
const CONSOLE_BYTES = 16 << 10;

const MEMORY_MIB = 768;
const CPUS = 2;

/**
 * A panic reboots at once, which -no-reboot makes the end of QEMU, and the console tells why. A CPU that does nothing but one thing for two
 * minutes is a panic: nobody would hear of it otherwise.
 */
const COMMAND_LINE = [
  ...['console=ttyS0', 'quiet', 'panic=-1', 'softlockup_panic=1', 'watchdog_thresh=60'],
  ...['rdinit=/bin/init', 'mitigations=off', 'hugepages=8', 'random.trust_cpu=on'],
].join(' ');

/** What a guest is made of besides what is always there. */
export interface GuestOptions {
  /** More files: name in the guest -> file of the host. Programs come with the libraries that they are linked against. */
  readonly files?: Readonly<Record<string, string>>;
  /** Bytes of a virtio disk, `/dev/vda`, empty and forgotten with the guest; none unless told otherwise. */
  readonly disk?: number;
}

/** A guest that has come up. */
export class Guest {
  readonly #qemu: ChildProcess;
  readonly #port: Duplex;
  readonly #processes = new Map<number, GuestProcess>();
  readonly #ended: Promise<void>;
  #console = '';
  #failure: Error | undefined;
  #next = 0;
  #ready: (() => void) | undefined;

  /** Boots a guest; {@link Guest.stop} ends it, and so does the end of this process. */
  static async boot(options: GuestOptions = {}): Promise<Guest> {
    const kernel = findGuestKernel();
    if (kernel === null) throw new Error('there is no guest kernel: see test/vm/README.md');
    const directory = mkdtempSync(path.join(os.tmpdir(), 'nsinspect-guest-'));
    try {
      const initramfs = path.join(directory, 'initramfs');
      copyFileSync(cachedPart(kernel), initramfs, constants.COPYFILE_FICLONE);
      appendFileSync(initramfs, changingPart(options.files ?? {}));
      const disk = options.disk === undefined ? null : sparseFile(path.join(directory, 'disk'), options.disk);
      const guest = new Guest(kernel.image, initramfs, disk);
      await guest.#comeUp();
      return guest;
    } finally {
      // QEMU has read the one, and has the other open.
      rmSync(directory, { recursive: true });
    }
  }

  private constructor(image: string, initramfs: string, disk: string | null) {
    // The kernel kills QEMU when this process ends, however it ends (prctl(2), PR_SET_PDEATHSIG).
    this.#qemu = spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...machine(image, initramfs, disk)], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const keep = (text: string): void => {
      this.#console = (this.#console + text).slice(-CONSOLE_BYTES);
    };
    this.#qemu.stdout?.setEncoding('utf8').on('data', keep);
    this.#qemu.stderr?.setEncoding('utf8').on('data', keep);
    this.#port = this.#qemu.stdio[3] as Duplex;
    // What QEMU's end does to the connection is told by the end of QEMU.
    this.#port.on('error', () => undefined);
    createInterface({ input: this.#port }).on('line', (line) => this.#take(line));
    this.#ended = new Promise((resolve) => {
      this.#qemu.on('error', (error) => {
        this.#fail(error.message);
        resolve();
      });
      this.#qemu.on('close', (status, signal) => {
        this.#fail(`QEMU ended (${signal ?? `status ${status}`})`);
        resolve();
      });
    });
  }

  /** Starts a program; it ends with the guest at the latest. */
  start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): GuestProcess {
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#next++;
    const child = new GuestProcess((request) => this.#send({ id, ...request }));
    this.#processes.set(id, child);
    this.#send({ id, start: argv, env });
    return child;
  }

  /** Runs a program to its end. */
  async run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Result> {
    const { status, stdout, stderr } = await this.start(argv, env).ended();
    return { status, stdout: stdout.toString(), stderr: stderr.toString() };
  }

  /**
   * Runs a script of busybox's shell to its end; a command that fails ends it, and is a failure. It has ended when nothing
   * that it started can print any more: what shall stay is for {@link Guest.start}.
   */
  async script(text: string): Promise<string> {
    const { status, stdout, stderr } = await this.run(['sh', '-e', '-c', text]);
    if (status !== 0) throw new Error(`a script in the guest ended with status ${status}: ${stderr}\n${text}`);
    return stdout;
  }

  /** Runs `nsinspect` in the guest. */
  cli(...args: readonly string[]): Promise<Result> {
    return this.run([GUEST_NODE, `${GUEST_ROOT}/bin/run.js`, ...args]);
  }

  /** The bytes of a file of the guest. */
  async read(file: string): Promise<Buffer> {
    const { status, stdout, stderr } = await this.start(['cat', file]).ended();
    if (status !== 0) throw new Error(stderr.toString().trim());
    return stdout;
  }

  /** Ends the guest as if its power were cut. */
  async stop(): Promise<void> {
    this.#qemu.kill('SIGKILL');
    await this.#ended;
  }

  async #comeUp(): Promise<void> {
    const timer = setTimeout(() => this.#qemu.kill('SIGKILL'), BOOT_TIMEOUT_MS);
    await Promise.race([new Promise<void>((resolve) => (this.#ready = resolve)), this.#ended]);
    clearTimeout(timer);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #send(request: Request): void {
    this.#port.write(`${JSON.stringify(request)}\n`);
  }

  #take(line: string): void {
    const report = JSON.parse(line) as Report;
    if ('ready' in report) this.#ready?.();
    else this.#processes.get(report.id)?.take(report);
  }

  #fail(what: string): void {
    this.#failure ??= new Error(`${what}; the guest's console ends with:\n${this.#console}`);
    for (const child of this.#processes.values()) child.fail(this.#failure);
  }
}

/** The unchanging part of the file system as a file that the next guest finds again; only the last one is kept. */
function cachedPart(kernel: Parameters<typeof unchangingPart>[0]): string {
  const { key, pack } = unchangingPart(kernel);
  const directory = privateDirectory();
  const name = `initramfs-${key}`;
  const cached = readdirSync(directory).filter((file) => file.startsWith('initramfs-'));
  const file = path.join(directory, name);
  if (cached.includes(name)) return file;
  for (const old of cached) rmSync(path.join(directory, old), { force: true });
  // Under another name first: a second run at the same time must not find half of it.
  writeFileSync(`${file}.${process.pid}`, pack());
  renameSync(`${file}.${process.pid}`, file);
  return file;
}

/** As large as told, with no block in it. */
function sparseFile(file: string, bytes: number): string {
  writeFileSync(file, '');
  truncateSync(file, bytes);
  return file;
}

function machine(image: string, initramfs: string, disk: string | null): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    // Both CPUs in one thread. With one each (QEMU 7.2) a CPU may go on running an int3 that the other has put into the kernel's
    // code and taken out again (text_poke_bp, whenever a static key is switched), for ever.
    ...['-accel', 'tcg,thread=single', '-cpu', 'max', '-smp', String(CPUS), '-m', `${MEMORY_MIB}M`],
    ...['-kernel', image, '-initrd', initramfs],
    ...['-append', COMMAND_LINE],
    ...['-serial', 'stdio'],
    ...['-device', 'virtio-serial-pci', '-chardev', 'socket,id=agent,fd=3'],
    ...['-device', `virtserialport,chardev=agent,name=${AGENT_PORT}`],
    // What is written need not outlive the guest: nothing waits for the host's disk.
    ...(disk === null
      ? []
      : ['-drive', `if=none,id=disk,file=${disk},format=raw,cache=unsafe`, '-device', 'virtio-blk-pci,drive=disk']),
  ];
}
