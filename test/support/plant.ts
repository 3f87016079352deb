/**
 * Plants namespaces on the running kernel with the program in test/real/plant, which tells what it planted and takes
 * it away again.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';

import type { Name } from '../../src/schema/name.ts';
import type { HolderKind, NsType } from '../../src/schema/namespace.ts';
import { privateDirectory } from './temporary.ts';

const SOURCES = path.resolve(import.meta.dirname, '../real/plant');

/** Longest wait for a scenario to come up, and for it to be gone. */
const PATIENCE_MS = 60_000;

/** Exit status of the program for what this kernel or these rights do not offer. */
const UNSUPPORTED = 77;

/** One holder of a planted namespace; which members there are depends on the kind, as in `ls --json`. */
export interface PlantedHolder {
  readonly kind: HolderKind;
  readonly pid?: number;
  readonly tid?: number;
  readonly fd?: number;
  readonly mntns?: number;
  /** For `unseen`: in words. */
  readonly path?: Name;
  readonly type?: NsType;
  readonly inum?: number;
}

/** One planted namespace, as the kernel told the program (ioctl_ns(2)). */
export interface PlantedNamespace {
  readonly type: NsType;
  readonly inum: number;
  readonly id: string | null;
  readonly parent: number | null;
  readonly owner: number | null;
  readonly ownerUid: number | null;
  readonly processes: number;
  readonly tasks: number;
  /** All of them. */
  readonly holders: readonly PlantedHolder[];
}

/** A scenario that is up. */
export interface Planted {
  readonly scenario: string;
  readonly namespaces: readonly PlantedNamespace[];
  readonly facts: Readonly<Record<string, number>>;
  readonly texts: Readonly<Record<string, Name>>;
  /** Takes everything away and waits until it is gone. Gives what the program still had to say. */
  readonly stop: () => Promise<string>;
}

/** The kernel or the rights do not offer what the scenario needs. */
export class PlantUnsupported extends Error {}

let built: Promise<string> | undefined;

/** The path of the program, compiled when its sources changed. */
export function buildPlant(): Promise<string> {
  return (built ??= build());
}

async function build(): Promise<string> {
  const files = (await readdir(SOURCES)).filter((name) => /\.[ch]$/.test(name)).sort();
  const hash = createHash('sha256').update(process.arch);
  for (const name of files) hash.update(`\0${name}\0`).update(await readFile(path.join(SOURCES, name)));
  const binary = path.join(privateDirectory(), `plant-${hash.digest('hex').slice(0, 16)}`);
  if (await isExecutable(binary)) return binary;
  // Under another name first: a second run at the same time must not find half a program.
  const unfinished = `${binary}.${process.pid}`;
  const sources = files.filter((name) => name.endsWith('.c')).map((name) => path.join(SOURCES, name));
  await promisify(execFile)('cc', ['-O1', '-Wall', '-Wextra', '-pthread', '-o', unfinished, ...sources]);
  await rename(unfinished, binary);
  return binary;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Puts a scenario up. Whoever calls it stops it; it dies with this process at the latest. */
export async function plant(scenario: string, ...args: readonly number[]): Promise<Planted> {
  return planted(spawn(await buildPlant(), [scenario, ...args.map(String)]), scenario);
}

/** What is needed of the running program, wherever it runs. */
export interface PlantProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  on(event: 'error', told: (error: Error) => void): unknown;
  on(event: 'close', told: (status: number | null) => void): unknown;
  kill(signal: NodeJS.Signals): unknown;
}

/** Waits until the scenario that a program was started for is up. */
export async function planted(child: PlantProcess, scenario: string): Promise<Planted> {
  const running = new Running(child, scenario);
  try {
    const told = parse(await running.firstLine());
    return { ...told, stop: () => running.stop() };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

class Running {
  readonly #child: PlantProcess;
  readonly #scenario: string;
  readonly #closed: Promise<number | null>;
  #stdout = '';
  #stderr = '';

  constructor(child: PlantProcess, scenario: string) {
    this.#child = child;
    this.#scenario = scenario;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    // It may be gone when it is told to stop.
    child.stdin.on('error', () => undefined);
    this.#closed = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
  }

  firstLine(): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.#scenario} did not come up`)), PATIENCE_MS);
      this.#child.stdout.on('data', () => {
        const end = this.#stdout.indexOf('\n');
        if (end < 0) return;
        clearTimeout(timer);
        resolve(this.#stdout.slice(0, end));
      });
      this.#closed.then((status) => {
        clearTimeout(timer);
        const message = `${this.#scenario}: ${this.#stderr.trim() || `exit status ${status}`}`;
        reject(status === UNSUPPORTED ? new PlantUnsupported(message) : new Error(message));
      }, reject);
    });
  }

  async stop(): Promise<string> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    const status = await this.#closed;
    clearTimeout(timer);
    if (status !== 0) throw new Error(`${this.#scenario} ended with status ${status}: ${this.#stderr.trim()}`);
    return this.#stdout.slice(this.#stdout.indexOf('\n') + 1);
  }
}

type Told = Omit<Planted, 'stop'>;

/** Bytes come as hexadecimal digits, since JSON has no way to write those that are not UTF-8. */
function parse(line: string): Told {
  const told = JSON.parse(line) as {
    scenario: string;
    namespaces: (Omit<PlantedNamespace, 'holders'> & {
      holders: (Omit<PlantedHolder, 'path'> & { pathHex?: string })[];
    })[];
    facts: Record<string, number | string>;
  };
  const facts = Object.entries(told.facts);
  return {
    scenario: told.scenario,
    namespaces: told.namespaces.map((ns) => ({
      ...ns,
      holders: ns.holders.map(({ pathHex, ...holder }) =>
        pathHex === undefined ? holder : { ...holder, path: nameOfHex(pathHex) },
      ),
    })),
    facts: Object.fromEntries(facts.flatMap(([name, value]) => (typeof value === 'number' ? [[name, value]] : []))),
    texts: Object.fromEntries(
      facts.flatMap(([name, value]) => (typeof value === 'string' ? [[name, nameOfHex(value)]] : [])),
    ),
  };
}

function nameOfHex(hex: string): Name {
  const bytes = Buffer.from(hex, 'hex');
  return isUtf8(bytes) ? bytes.toString() : { text: bytes.toString(), base64: bytes.toString('base64') };
}
