/**
 * The payload's process as launchers start it: `sh` that says on its standard output where it is and waits for a line on its
 * standard input. What it prints after the gate is the payload's output, kept within bounds.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { constants } from 'node:os';
import { performance } from 'node:perf_hooks';

import { NsinspectError } from '../../text/error.ts';
import { MARK_VARIABLE } from '../mark.ts';
import { descendantsOf, innerPid } from '../tasks.ts';
import { DEFAULT_BOUNDS, type Bounds, type Exit, type LaunchSpec } from './launcher.ts';
import { lastLine } from './text.ts';

/** The path in which sh, coreutils and administrators' programs are, on the host and in containers. */
export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What programs print to the launcher begins with it. */
const SAYS = 'nsinspect:';

/** Words of sh that say where the payload is, `$$` being its pid in its own pid namespace, and wait for a word. */
export function waitFor(stage: string, word: string): string {
  return `echo "${SAYS}${stage} $$"; read -r word && [ "$word" = ${word} ] || exit 125; unset word`;
}

/**
 * The payload: `sh -c` with the script in place of its own, which begins when it reads `go` (no program is executed in between,
 * so that counters read at the gate miss nothing). Files cannot outgrow RLIMIT_FSIZE; dash, bash in POSIX mode and busybox
 * count it in 512 bytes.
 */
export function payloadOf({ script, args = [] }: LaunchSpec, bounds: Bounds): string[] {
  const gate = [
    'ulimit -c 0',
    // Whatever becomes of who would end it.
    `ulimit -t ${Math.ceil(bounds.seconds)}`,
    `ulimit -f ${Math.ceil(bounds.disk / 512)}`,
    'script=$1; shift',
    waitFor('gate', 'go'),
    'eval "$script"',
  ];
  return ['/bin/sh', '-c', gate.join('; '), 'probe', script, ...args];
}

/** What the supervisor says at the end, on both streams: whatever the payload has said before is read by then. */
const END = /\nnsinspect:end (\d+)\n/;

/** Longer than {@link END} can be. */
const END_BYTES = 64;

/**
 * As {@link payloadOf}, for runtimes that remove the container's cgroup, and all counters in it, when its first process ends:
 * that is a shell which outlives the payload and says how it ended. It is to be moved out of the payload's group at the gate.
 */
export function supervised(spec: LaunchSpec, bounds: Bounds): string[] {
  const end = String.raw`printf '\nnsinspect:end %s\n' $status`;
  // What runs in the background has no standard input unless it is said (sh(1)).
  const script = `exec 3<&0; "$@" <&3 3<&- & wait $!; status=$?; ${end}; ${end} >&2; read -r word <&3`;
  return ['/bin/sh', '-c', script, 'supervisor', ...payloadOf(spec, bounds)];
}

/** The bounds of a spec, with defaults. */
export function boundsOf({ bounds }: Pick<LaunchSpec, 'bounds'>): Bounds {
  return { ...DEFAULT_BOUNDS, ...bounds };
}

/** Text of a stream, of which only the first bytes are kept; nothing after a supervisor's word. */
class Kept {
  readonly #most: number;
  readonly #pieces: Buffer[] = [];
  #heard = 0;
  /** The last of what was heard, kept or not. */
  #tail = '';
  #end: { readonly at: number; readonly status: number } | null = null;

  constructor(most: number) {
    this.#most = most;
  }

  add(piece: Buffer): void {
    if (this.#end !== null) return;
    if (this.#heard < this.#most) this.#pieces.push(piece.subarray(0, this.#most - this.#heard));
    this.#heard += piece.length;
    const latest = this.#tail + piece.toString('latin1');
    const found = END.exec(latest);
    if (found !== null) this.#end = { at: this.#heard - latest.length + found.index, status: Number(found[1]) };
    this.#tail = latest.slice(-END_BYTES);
  }

  get text(): string {
    return Buffer.concat(this.#pieces).subarray(0, this.#length).toString('utf8');
  }

  get truncated(): boolean {
    return this.#length > this.#most;
  }

  /** The status that a supervisor has said; null: it has not. */
  get end(): number | null {
    return this.#end?.status ?? null;
  }

  /** Bytes that were heard before a supervisor's word. */
  get #length(): number {
    return this.#end?.at ?? this.#heard;
  }
}

/** How to start it. */
export interface GatedOptions {
  readonly command: readonly string[];
  /** In the environment of what is started, so that it is found after a crash. */
  readonly mark: string;
  readonly bounds: Bounds;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether a status above 128 means a signal: runtimes that cannot end by that signal themselves. */
  readonly translate: boolean;
  /** Called when a supervisor has said that the payload has ended: what it left running goes as if it had been the first process. */
  readonly ended?: () => void;
  /** Why it gave up, in one line of what it said; the last unless told otherwise. */
  readonly reason?: (errors: string) => string;
  /** Ends the container, however far it is. */
  kill(): void;
}

/** See the head of this file. */
export class Gated {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #options: GatedOptions;
  readonly #started = performance.now();
  readonly #output: Kept;
  readonly #errors: Kept;
  readonly #ended = Promise.withResolvers<null>();
  readonly #watchdog: NodeJS.Timeout;
  #code: { readonly status: number | null; readonly signal: string | null } | null = null;
  #failure: Error | null = null;
  /** What was printed before the gate and is no whole line yet. */
  #line = '';
  #stages: string[] = [];
  #atGate = false;
  #timedOut = false;
  #went: number | null = null;
  #tookMs = 0;
  #wake = Promise.withResolvers<null>();

  constructor(options: GatedOptions) {
    this.#options = options;
    const [program = '', ...args] = options.command;
    this.#output = new Kept(options.bounds.output);
    this.#errors = new Kept(options.bounds.output);
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH, LC_ALL: 'C', ...options.env, [MARK_VARIABLE]: options.mark },
      cwd: '/',
      // A group of its own: a Ctrl-C on the terminal is for nsinspect, which ends probes in order.
      detached: true,
    });
    this.#child.stdout.on('data', (piece: Buffer) => this.#hear(piece));
    this.#child.stderr.on('data', (piece: Buffer) => {
      this.#errors.add(piece);
      this.#checkEnd();
    });
    // The payload may end without reading what it is told: its end says so.
    this.#child.stdin.on('error', () => this.#notify());
    this.#child.on('error', (error) => {
      this.#failure = error;
      this.#end(null, null);
    });
    this.#child.on('close', (status, signal) => this.#end(status, signal));
    this.#watchdog = setTimeout(() => {
      this.#timedOut = true;
      this.#attempt(() => {
        options.kill();
        // Nothing tells of an end before the gate.
        if (!this.#atGate) this.killGroup();
      });
    }, options.bounds.seconds * 1000);
  }

  /** Of the process that was started; 0: it could not be. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Milliseconds since it was started. */
  get age(): number {
    return performance.now() - this.#started;
  }

  /** Waits until it says that it is at this stage; gives the payload's pid in its own pid namespace. Error where it ends before. */
  async stage(name: string): Promise<number> {
    for (;;) {
      const said = this.#stages.find((stage) => stage.startsWith(`${name} `));
      if (said !== undefined) return Number(said.slice(name.length + 1));
      if (this.#over) throw this.#early(`did not get to its ${name}`);
      await this.#wake.promise;
    }
  }

  /**
   * The payload among what was started, as this process counts pids: `inner` is its pid in its own pid namespace. (Its parents
   * have other numbers there: they are outside.)
   */
  pidOf(inner: number): number {
    const pid = descendantsOf(this.pid).findLast((candidate) => innerPid(candidate) === inner);
    if (pid === undefined) throw this.#early('was not found among the processes');
    return pid;
  }

  /** Answers what waits at a stage. */
  answer(word: string): void {
    this.#child.stdin.write(`${word}\n`);
  }

  go(): void {
    if (this.#went !== null) throw new TypeError('the gate is open already');
    if (this.#over) throw this.#early('ended at the gate');
    this.#went = performance.now();
    this.answer('go');
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  output(): string {
    return this.#output.text;
  }

  async said(text: string): Promise<void> {
    while (!this.output().includes(text)) {
      if (this.#over) throw this.#early(`ended without saying ${JSON.stringify(text)}`);
      await this.#wake.promise;
    }
  }

  async wait(): Promise<Exit> {
    await this.#ended.promise;
    if (this.#failure !== null) throw this.#early(this.pid === 0 ? 'could not be started' : 'could not be ended');
    return {
      ...(this.#code ?? { status: null, signal: null }),
      timedOut: this.#timedOut,
      output: this.output(),
      errors: this.#errors.text,
      truncated: this.#output.truncated || this.#errors.truncated,
      durationMs: this.#tookMs,
    };
  }

  /** Ends the process group of what was started, unless it has been reaped: then the number may be another's. */
  killGroup(): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.pid === 0) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Lets go of the pipes and the timer, so that this process can end. */
  release(): void {
    clearTimeout(this.#watchdog);
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
    this.#child.unref();
  }

  get #over(): boolean {
    return this.#code !== null || this.#failure !== null;
  }

  /** The first end counts: a supervisor's word, or else the end of what was started. */
  #end(status: number | null, signal: string | null): void {
    if (this.#over && this.#failure === null) return;
    this.#code = this.#codeOf(status, signal);
    this.#tookMs = this.#went === null ? 0 : performance.now() - this.#went;
    clearTimeout(this.#watchdog);
    this.#ended.resolve(null);
    this.#notify();
  }

  #checkEnd(): void {
    const { end } = this.#output;
    if (this.#atGate && end !== null && this.#errors.end !== null && !this.#over) {
      this.#attempt(() => this.#options.ended?.());
      if (this.#failure === null) this.#end(end, null);
    }
  }

  /** Nobody is there to catch what a timer or a stream throws: whoever waits is told, and the probe is an error. */
  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#end(null, null);
    }
  }

  #codeOf(status: number | null, signal: string | null) {
    if (!this.#options.translate || status === null || status <= 128) return { status, signal };
    const name = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
    return name === undefined ? { status, signal } : { status: null, signal: name };
  }

  #notify(): void {
    const { resolve } = this.#wake;
    this.#wake = Promise.withResolvers();
    resolve(null);
  }

  #hear(piece: Buffer): void {
    if (this.#atGate) this.#output.add(piece);
    else {
      this.#line += piece.toString('latin1');
      let end = this.#line.indexOf('\n');
      while (end >= 0 && !this.#stageLine(this.#line.slice(0, end))) {
        this.#line = this.#line.slice(end + 1);
        end = this.#line.indexOf('\n');
      }
      if (end >= 0) {
        this.#atGate = true;
        this.#output.add(Buffer.from(this.#line.slice(end + 1), 'latin1'));
      }
      // A runtime that floods its output before the gate is kept within bounds like any other.
      this.#line = this.#line.slice(-4096);
    }
    this.#checkEnd();
    this.#notify();
  }

  /** Takes a line from before the gate; whether it is the one that says that the gate is reached. */
  #stageLine(line: string): boolean {
    if (line.startsWith(SAYS)) this.#stages.push(line.slice(SAYS.length).trimEnd());
    else this.#errors.add(Buffer.from(`${line}\n`, 'latin1'));
    return line.startsWith(`${SAYS}gate `);
  }

  #early(what: string): NsinspectError {
    const { bounds, reason = lastLine } = this.#options;
    const said = this.#timedOut ? `${bounds.seconds} s are over` : reason(this.#errors.text);
    const message = this.#failure?.message ?? said;
    return new NsinspectError(`the probe ${what}: ${message}`, { code: 'probe-failed', cause: this.#failure });
  }
}
