/**
 * Questions to a shell that waits for them: in a container, and in a helper process outside of it. A question is a line of sh,
 * the answer is what it prints. So a probe can do something outside between two looks from inside.
 */
import { randomBytes } from 'node:crypto';

import { NsinspectError } from '../../../text/error.ts';
import { Gated, payloadOf } from '../../launch/gated.ts';
import { DEFAULT_BOUNDS, type Bounds, type LaunchSpec, type Probe } from '../../launch/launcher.ts';
import { undoAtEnd } from '../../live.ts';
import { newMark } from '../../mark.ts';
import { launched, type ProbeContext } from '../probe.ts';

/** Most questions of one talk: the shell ends by itself after these, and at once when whoever asks is gone. */
const MOST = 64;

/** `$1`: the word that ends an answer, which nothing that is printed can contain by chance. */
const LISTEN = `
n=0
while [ $n -lt ${MOST} ] && IFS= read -r question; do
n=$((n + 1))
(eval "$question") < /dev/null 2>&1
printf '\\n%s %s\\n%s-end %s\\n' "$1" $? "$1" $n
done`;

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
  return launched(context, { ...spec, script: LISTEN, args: [word] }, (probe) => {
    context.tamper?.(probe);
    probe.go();
    return use(new Talk(probe, word), probe);
  });
}

/**
 * A helper of this process that answers questions, outside of every container; `prefix` is what the shell is started by, such as
 * `unshare --mount`. It ends with `use`, and also when this process is killed: its standard input ends then.
 */
export async function outside<T>(prefix: readonly string[], use: (helper: Talk) => Promise<T>): Promise<T> {
  const word = randomBytes(12).toString('hex');
  const bounds: Bounds = DEFAULT_BOUNDS;
  const gated = new Gated({
    command: [
      ...['timeout', '--signal=KILL', String(bounds.seconds), ...prefix],
      ...payloadOf({ name: 'outside', script: LISTEN, args: [word] }, bounds),
    ],
    mark: newMark(),
    bounds,
    translate: false,
    kill,
  });
  function kill(): void {
    gated.killGroup();
  }
  const forget = undoAtEnd(kill);
  try {
    await gated.stage('gate');
    gated.go();
    return await use(new Talk(gated, word));
  } finally {
    kill();
    gated.release();
    forget();
  }
}

/** Words of sh that print the lines of a file with a text in them, which must be plain: sh alone does it. */
export function linesWith(file: string, text: string): string {
  if (!/^[\w:/.-]+$/.test(text)) throw new TypeError(`no plain text: ${text}`);
  return `while IFS= read -r line; do case "$line" in *${text}*) printf '%s\\n' "$line";; esac; done < ${file}`;
}
