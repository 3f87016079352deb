/**
 * The process in which single system calls are timed; an entry of its own, since everything it makes is charged to its
 * cgroup, which the run of nsinspect itself must not be moved into. It does one thing at a time, as it is told on its
 * standard input ({@link Request}), and ends with that.
 *
 * What a figure includes: the system calls, two readings of the clock and the way through koffi or Node's file functions,
 * less than a microsecond ({@link Answer} `overheadNs` is measured the same way around getppid(2)). No program is executed.
 */
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, readlinkSync, rmdirSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { briefChildren, type BriefChildren } from '../../../kernel/brief-child.ts';
import { errnoName } from '../../../kernel/libc.ts';
import { pause } from '../../live.ts';
import { parseMark } from '../../mark.ts';
import type { Answer, Kind, Request, Timing } from './protocol.ts';

const now = process.hrtime.bigint.bind(process.hrtime);

const since = (before: bigint): number => Number(now() - before);

/** How often what is to be removed may still be busy: a task leaves its cgroup a moment after it was reaped. */
const TRIES = 200;

/** Something that exists. */
interface Instance {
  readonly timing: Omit<Timing, 'tearDownNs'>;
  /** The process that waits, or the directory of the cgroup. */
  readonly what: number | string;
}

class Timer {
  readonly #children: BriefChildren;
  #held: Instance[] = [];
  #number = 0;

  constructor(children: BriefChildren) {
    this.#children = children;
  }

  answer(request: Request): Answer {
    if ('time' in request) {
      // Code and data of the kernel that a first call brings into the caches are not what is asked for.
      this.#remove(this.#process(0, false));
      const timings = request.time.map((kind) => attempted(() => this.#timed(kind)));
      const before = now();
      this.#children.nothing();
      return { timings, overheadNs: since(before) };
    }
    if ('hold' in request) {
      for (let made = 0; made < request.count; made++) this.#held.push(this.#make(request.hold, false));
      return { held: this.#held.length };
    }
    const held = this.#held.splice(0).map(({ what }) => what);
    const pids = held.filter((what) => typeof what === 'number');
    // A byte wakes any of them: none can be waited for before all have theirs.
    for (const _ of pids) this.#release();
    for (const pid of pids) this.#reap(pid);
    for (const at of held.filter((what) => typeof what === 'string')) removed(at);
    return { held: 0 };
  }

  #timed(kind: Kind): Timing {
    const instance = this.#make(kind, true);
    return { ...instance.timing, tearDownNs: this.#remove(instance) };
  }

  #remove({ what }: Instance): number {
    return typeof what === 'number' ? this.#end(what) : removed(what);
  }

  /** @param look whether proof is asked for: what /proc has to remember of it is charged as well, 11 KiB a process */
  #make(kind: Kind, look: boolean): Instance {
    return 'flags' in kind ? this.#process(kind.flags, look) : this.#cgroup(kind.below, kind.first, look);
  }

  /** Start: until clone3 is back in the parent. Tear-down: from the byte that wakes the child until it is reaped. */
  #process(flags: number, look: boolean): Instance {
    const began = now();
    const pid = this.#children.make(flags);
    const startNs = since(began);
    if (pid < 0) throw new Refused(errnoName(-pid));
    const seen = look && flags !== 0 ? namespacesOf(pid) : {};
    return { timing: { startNs, joinNs: null, seen }, what: pid };
  }

  #end(pid: number): number {
    const began = now();
    this.#release();
    this.#reap(pid);
    return since(began);
  }

  #release(): void {
    const released = this.#children.release();
    if (released !== 1) throw new Error(`the pipe: ${errnoName(-released)}`);
  }

  #reap(pid: number): void {
    const reaped = this.#children.reap(pid);
    if (reaped !== pid) throw new Error(`wait4: ${errnoName(-reaped)}`);
  }

  /** Start: mkdir, what has to be written first, and the write that moves a waiting process in. Tear-down: rmdir when that has ended. */
  #cgroup(below: string, first: Readonly<Record<string, string>>, look: boolean): Instance {
    if (!below.split('/').some((name) => parseMark(name) !== null)) throw new Error(`not of a probe: ${below}`);
    const at = path.join(below, `timed-${++this.#number}`);
    const pid = this.#children.make(0);
    if (pid < 0) throw new Refused(errnoName(-pid));
    let made = false;
    try {
      const began = now();
      mkdirSync(at);
      made = true;
      for (const [file, value] of Object.entries(first)) written(path.join(at, file), value);
      const file = openSync(path.join(at, 'cgroup.procs'), 'r+');
      const joining = now();
      writeSync(file, String(pid));
      const joinNs = since(joining);
      const startNs = since(began);
      closeSync(file);
      const seen = look ? { paths: readFileSync(`/proc/${pid}/cgroup`, 'latin1') } : {};
      this.#end(pid);
      return { timing: { startNs, joinNs, seen }, what: at };
    } catch (error) {
      this.#end(pid);
      if (made) removed(at);
      throw error;
    }
  }
}

/** The kernel's no: part of the answer, unlike a defect. */
class Refused extends Error {}

function attempted(make: () => Timing): Timing | string {
  try {
    return make();
  } catch (error) {
    if (error instanceof Refused) return error.message;
    const { syscall, code } = error as NodeJS.ErrnoException;
    if (syscall === undefined || code === undefined) throw error;
    return `${syscall}: ${code}`;
  }
}

function written(file: string, value: string): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, value);
  closeSync(fd);
}

/** Removes an empty cgroup; what the call took that succeeded. */
function removed(directory: string): number {
  for (let tries = 0; ; tries++) {
    const began = now();
    try {
      rmdirSync(directory);
      return since(began);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || tries >= TRIES) throw error;
    }
    pause(1);
  }
}

function namespacesOf(pid: number | 'self'): Record<string, string> {
  const links: Record<string, string> = {};
  for (const name of readdirSync(`/proc/${pid}/ns`)) {
    try {
      links[name] = readlinkSync(`/proc/${pid}/ns/${name}`);
    } catch (error) {
      // A pid namespace without a first process (for children) has no link to be read; another user's has none for this one.
      if (!['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return links;
}

function say(answer: Answer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

const children = briefChildren();
if (typeof children === 'string') say({ failed: children });
else {
  const timer = new Timer(children);
  createInterface({ input: process.stdin }).on('line', (line) => {
    try {
      say(timer.answer(JSON.parse(line) as Request));
    } catch (error) {
      say({ failed: error instanceof Error ? error.message : String(error) });
      process.exit(1);
    }
  });
  say({ ready: process.version, own: namespacesOf('self') });
}
