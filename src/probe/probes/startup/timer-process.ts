/** Starts the process that times system calls (`timer.ts`), in a scope of its own, and asks it. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { builtFile } from '../../../text/built-file.ts';
import { NsinspectError } from '../../../text/error.ts';
import { makeScope, type CgroupScope } from '../../cgroupfs.ts';
import { MARK_VARIABLE } from '../../mark.ts';
import type { Answer, Request } from './protocol.ts';

/** As with the threads that scan: the built program has it as a file of its own in dist/. */
const TIMER = builtFile(import.meta.url, './timer.ts', 'timer.js');

/** Its own group in the scope; cgroups that it makes are beside it, as v2 wants it. */
const GROUP = 'timer';

/** Node and its library take 50 MB; the rest is for what it holds. */
const BOUNDS = { memory: 512 * 1024 * 1024, tasks: 512 };

/** No answer takes nearly as long: whoever waits for it has been left alone. */
const PATIENCE_MS = 30_000;

/**
 * How long what is held no more may take to be freed; how much of it may stay (seen: 1 MiB, of caches of the kernel and Node's
 * heap, while network namespaces are 20 MiB for half a second); and how long RCU takes for the rest.
 */
const SETTLE_MS = 3000;
const SLACK = 2 * 1024 * 1024;
const GRACE_MS = 100;

/** See the head of this file. */
export class TimerProcess {
  readonly scope: CgroupScope;
  /** Its own namespaces: `uts` -> `uts:[4026531838]`. */
  readonly own: Readonly<Record<string, string>>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: Answers;
  /** Least usage before a measurement of memory. */
  #floor = Infinity;

  private constructor(
    scope: CgroupScope,
    child: ChildProcessWithoutNullStreams,
    answers: Answers,
    own: TimerProcess['own'],
  ) {
    this.scope = scope;
    this.#child = child;
    this.#answers = answers;
    this.own = own;
  }

  /** Starts it, in a scope that has these controllers. Error where it cannot work here, with the reason. */
  static async start(controllers: readonly string[]): Promise<TimerProcess> {
    const scope = makeScope(BOUNDS, controllers);
    try {
      scope.makeGroup(
        GROUP,
        ['memory', 'pids', 'freezer'].filter((controller) => scope.directory(controller, '') !== null),
      );
      const child = spawn(
        '/bin/sh',
        ['-c', `${scope.joinScript(GROUP)}exec "$@"`, 'sh', process.execPath, fileURLToPath(TIMER)],
        {
          stdio: ['pipe', 'pipe', 'pipe'],
          cwd: '/',
          env: { ...process.env, [MARK_VARIABLE]: scope.mark },
          // A Ctrl-C on the terminal is for nsinspect, which ends it with the scope.
          detached: true,
        },
      );
      const answers = new Answers(child);
      const first = await answers.next();
      if (!('ready' in first))
        throw new NsinspectError('the timer did not say that it is there', { code: 'probe-failed' });
      return new TimerProcess(scope, child, answers, first.own);
    } catch (error) {
      scope.remove();
      throw error;
    }
  }

  /** Times one of each, one after the other. */
  async time(kinds: Extract<Request, { time: unknown }>['time']): Promise<Extract<Answer, { timings: unknown }>> {
    const answer = await this.#ask({ time: kinds });
    if ('timings' in answer) return answer;
    throw new NsinspectError('the timer gave another answer', { code: 'probe-failed' });
  }

  /** Bytes that the kernel charges for one, from `count` that are there at once; null: nothing is charged here. */
  async memoryOf(kind: Extract<Request, { hold: unknown }>['hold'], count: number): Promise<number | null> {
    const before = await this.#settled();
    await this.#ask({ hold: kind, count });
    const after = this.#usage();
    await this.#ask({ drop: true });
    return before === null || after === null ? null : Math.max(0, (after - before) / count);
  }

  /** Ends it and removes its scope. */
  close(): void {
    this.#child.stdin.destroy();
    this.scope.remove();
  }

  /**
   * Usage when what was held before is gone: net and ipc namespaces are freed by a worker of the kernel some time later, which
   * would be taken for savings of the next kind.
   */
  async #settled(): Promise<number | null> {
    const end = performance.now() + SETTLE_MS;
    let usage = this.#usage();
    while (usage !== null && usage > this.#floor + SLACK && performance.now() < end) {
      await setTimeout(10);
      usage = this.#usage();
    }
    await setTimeout(GRACE_MS);
    usage = this.#usage();
    this.#floor = Math.min(this.#floor, usage ?? 0);
    return usage;
  }

  #usage(): number | null {
    const file = this.scope.version('memory') === 2 ? 'memory.current' : 'memory.usage_in_bytes';
    const text = this.scope.read('memory', '', file);
    return text === null ? null : Number(text);
  }

  #ask(request: Request): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.#answers.next();
  }
}

/** What it says, a line at a time. */
class Answers {
  readonly #lines: AsyncIterator<string, undefined>;
  readonly #child: ChildProcessWithoutNullStreams;
  #errors = '';

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.setEncoding('latin1').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4096);
    });
    // Its end is told by the end of its lines.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => {
      this.#errors = error.message;
    });
  }

  /** Where none comes it is killed, and the children that it waits for with it: its death ends the lines. */
  async next(): Promise<Answer> {
    const timer = globalThis.setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    const line: IteratorResult<string, undefined> = await this.#lines.next();
    clearTimeout(timer);
    const answer =
      line.done === true
        ? { failed: this.#errors.trim().split('\n').at(-1) ?? '' }
        : (JSON.parse(line.value) as Answer);
    if ('failed' in answer) {
      throw new NsinspectError(`system calls cannot be timed: ${answer.failed || 'the timer ended'}`, {
        code: 'probe-failed',
      });
    }
    return answer;
  }
}
