/**
 * Questions to a shell that waits for them: in a container, and in a helper process outside of it. A question is a line of sh,
 * the answer is what it prints. So a probe can do something outside between two looks from inside.
 */
import { randomBytes } from 'node:crypto';

import { NsinspectError } from '../../../text/error.ts';
import { Gated, payloadOf } from '../../launch/gated.ts';
import { DEFAULT_BOUNDS, type Bounds, type LaunchSpec, type Probe } from '../../launch/launcher.ts';
import { newMark } from '../../mark.ts';
import { launched, type ProbeContext } from '../probe.ts';

/** Most questions of one talk: the shell ends by itself after these, and at once when whoever asks is gone. */
const MOST = 64;

/** `$1`: the word that ends an answer, which nothing that is printed can contain by chance. `answer` evaluates the question. */
const listen = (answer: string) => `
n=0
while [ $n -lt ${MOST} ] && IFS= read -r question; do
n=$((n + 1))
${answer} < /dev/null 2>&1
printf '\\n%s %s\\n%s-end %s\\n' "$1" $? "$1" $n
done`;

/** One question leaves nothing to the next, and none ends the shell. */
const APART = '(eval "$question")';

/** Variables are kept. A redirection that fails must be of a program, not of a builtin: that would end the shell (POSIX, 2.8.1). */
const TOGETHER = 'eval "$question"';

/** What a helper is told to have it end in order. */
const ENOUGH = `n=${MOST}`;

/** What a question came to. */
export interface Answer {
  /** Standard output and standard error. */
  readonly text: string;
  readonly status: number;
}

type Talker = Pick<Probe, 'write' | 'said' | 'output'>;

/** See the head of this file. */
export class Talk {
  readonly #talker: Talker;
  readonly #word: string;
  #asked = 0;
  #heard = 0;

  constructor(talker: Talker, word: string) {
    this.#talker = talker;
    this.#word = word;
  }

  /** Asks; error where the shell ended instead of answering. */
  async ask(question: string): Promise<Answer> {
    if (question.includes('\n')) throw new TypeError('a question is one line');
    this.#asked += 1;
    const end = `${this.#word}-end ${this.#asked}\n`;
    this.#talker.write(`${question}\n`);
    await this.#talker.said(end);
    const output = this.#talker.output();
    const answer = output.slice(this.#heard, output.indexOf(end, this.#heard));
    this.#heard = output.indexOf(end, this.#heard) + end.length;
    const at = answer.lastIndexOf(`\n${this.#word} `);
    return { text: answer.slice(0, at), status: Number(answer.slice(at + this.#word.length + 2)) };
  }

  /** As {@link ask}, for what must work: error with what it printed where its status is not 0. */
  async tell(question: string): Promise<string> {
    const { text, status } = await this.ask(question);
    if (status === 0) return text;
    throw new NsinspectError(`a question to the probe failed: ${text.trim().split('\n').at(-1) ?? status}`, {
      code: 'probe-failed',
    });
  }
}

/** Launches a container that answers questions, and removes it however `use` ends. */
export function talking<T>(
  context: Pick<ProbeContext, 'launcher' | 'tamper'>,
  spec: Omit<LaunchSpec, 'script' | 'args'>,
  use: (inside: Talk, probe: Probe) => Promise<T>,
): Promise<T> {
  const word = randomBytes(12).toString('hex');
  return launched(context, { ...spec, script: listen(APART), args: [word] }, (probe) => {
    context.tamper?.(probe);
    probe.go();
    return use(new Talk(probe, word), probe);
  });
}

/** How to start a helper. */
export interface Helper {
  /** What the shell is started by, such as `unshare --mount`. */
  readonly prefix: readonly string[];
  /** Words of sh that undo what questions did, with the variables that these set. */
  readonly undo: string;
}

/**
 * A helper of this process that answers questions, outside of every container. It undoes and ends with `use`, and also when this
 * process is killed: its standard input ends then. Hence it is not killed when this process ends.
 */
export async function outside<T>({ prefix, undo }: Helper, use: (helper: Talk) => Promise<T>): Promise<T> {
  const word = randomBytes(12).toString('hex');
  const bounds: Bounds = DEFAULT_BOUNDS;
  const script = `${listen(TOGETHER)}\n${undo}`;
  const gated = new Gated({
    command: [
      ...['timeout', '--signal=KILL', String(bounds.seconds), ...prefix],
      ...payloadOf({ name: 'outside', script, args: [word] }, bounds),
    ],
    mark: newMark(),
    bounds,
    translate: false,
    kill: () => gated.killGroup(),
  });
  try {
    await gated.stage('gate');
    gated.go();
    const helper = new Talk(gated, word);
    const result = await use(helper);
    gated.write(`${ENOUGH}\n`);
    await gated.wait();
    return result;
  } finally {
    // Ends its input, and thereby the helper where `use` failed.
    gated.release();
  }
}

/** Words of sh that print the lines of a file with a text in them, which must be plain: sh alone does it. */
export function linesWith(file: string, text: string): string {
  if (!/^[\w:/.-]+$/.test(text)) throw new TypeError(`no plain text: ${text}`);
  return `while IFS= read -r line; do case "$line" in *${text}*) printf '%s\\n' "$line";; esac; done < ${file}`;
}
