/** Numbers that the kernel printed, cut out of the value of a file and put back exactly. */
import type { FileValue } from '../schema/cgroups.ts';

/** The place of a number in a skeleton: the text before it, how many digits it has behind its point, and the text behind it. */
export type Slot = readonly [before: string, decimals: number, after: string];

/** A number as it is kept: JSON's where JavaScript gives it back as it was printed, else its text. */
export type Kept = number | string;

/** A text or the place of a number. */
type Cut = string | Slot;

/** The value of a file with its numbers cut out. */
export type Skeleton =
  | { readonly kind: 'number'; readonly value: Cut }
  | { readonly kind: 'keyed'; readonly entries: readonly (readonly [key: string, value: Cut])[] }
  | {
      readonly kind: 'nested';
      readonly entries: readonly { readonly key: string; readonly values: Readonly<Record<string, Cut>> }[];
    }
  | { readonly kind: 'lines'; readonly lines: readonly (readonly Cut[])[] }
  | { readonly kind: 'text'; readonly text: Cut; readonly malformed: false };

/** Collects numbers, and a text that is the same for the same skeletons alone. */
export class Cutting {
  numbers = '';
  signature = '';

  /** Takes the numbers of a file; false: it has none that this is for, and nothing was taken. */
  file(name: string, value: FileValue): boolean {
    const { numbers, signature } = this;
    this.#same(name);
    this.signature += value.kind;
    this.#value(value);
    if (this.numbers !== numbers) return true;
    this.signature = signature;
    return false;
  }

  #value(value: FileValue): void {
    switch (value.kind) {
      case 'number':
        this.#token(value.value);
        break;
      case 'keyed':
        for (const [key, text] of value.entries) {
          this.#same(key);
          this.#token(text);
        }
        break;
      case 'nested':
        for (const { key, values } of value.entries) {
          this.signature += '{';
          this.#same(key);
          for (const name in values) {
            this.#same(name);
            this.#token(values[name] ?? '');
          }
        }
        break;
      case 'lines':
        for (const words of value.lines) {
          this.signature += '{';
          for (const word of words) this.#token(word);
        }
        break;
      case 'text':
        if (typeof value.text === 'string' && !value.malformed && PRINTED.test(value.text)) this.#token(value.text);
        break;
      case 'max':
      case 'pair':
      case 'words':
      case 'list':
      case 'unknown':
        break;
    }
  }

  #token(text: string): void {
    const plain = decimalsOf(text);
    if (plain >= 0) {
      this.signature += SLOTS[plain] ?? '';
      this.#number(text, plain);
      return;
    }
    const cut = cutText(text);
    if (typeof cut === 'string') {
      this.#same(cut);
      return;
    }
    const [before, decimals, after] = cut;
    this.#same(before);
    this.#same(after);
    this.signature += SLOTS[decimals] ?? '';
    this.#number(text.slice(before.length, text.length - after.length), decimals);
  }

  #number(text: string, decimals: number): void {
    if (this.numbers !== '') this.numbers += ',';
    this.numbers += keptText(text, decimals);
  }

  /** With its length before it no text can be taken for two. */
  #same(text: string): void {
    this.signature += `${text.length}:${text}`;
  }
}

/** A number, a file that is nothing but a number, or one behind an equals sign (`N0=6345`, memory.numa_stat of v1). */
const PRINTED = /^-?\d+(?:\.\d{1,3})?\n?$/;
const WITHIN = /^([^=]*=)?(-?\d+(?:\.\d{1,3})?)(\n)?$/;

const SLOTS = ['#0', '#1', '#2', '#3'];

const ZERO = 48;
const NINE = 57;
const POINT = 46;
const MINUS = 45;

/** How many digits are behind the point of a number; -1: it is none, or has more than three. */
function decimalsOf(text: string): number {
  const { length } = text;
  let point = -1;
  let at = text.charCodeAt(0) === MINUS ? 1 : 0;
  if (at === length) return -1;
  for (const first = at; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) continue;
    if (code !== POINT || point >= 0 || at === first) return -1;
    point = at;
  }
  if (point < 0) return 0;
  const decimals = length - point - 1;
  return decimals >= 1 && decimals <= 3 ? decimals : -1;
}

/** The number as JSON. */
function keptText(text: string, decimals: number): string {
  const number = Number(text);
  if (decimals === 0 && text.length < 16 && String(number) === text) return text;
  return number.toFixed(decimals) === text &&
    Number.isSafeInteger(Math.trunc(number * 10 ** decimals)) &&
    !Object.is(number, -0)
    ? String(number)
    : `"${text}"`;
}

function cutText(text: string): Cut {
  const [, before = '', number = '', after = ''] = WITHIN.exec(text) ?? [];
  const decimals = number === '' ? -1 : decimalsOf(number);
  return decimals < 0 ? text : [before, decimals, after];
}

/** The value with every number cut out. Only of what {@link Cutting.file} has taken. */
export function skeletonOf(value: FileValue): Skeleton | null {
  switch (value.kind) {
    case 'number':
      return { kind: 'number', value: cutText(value.value) };
    case 'text':
      return typeof value.text === 'string' ? { kind: 'text', text: cutText(value.text), malformed: false } : null;
    case 'keyed':
      return { kind: 'keyed', entries: value.entries.map(([key, text]) => [key, cutText(text)]) };
    case 'nested':
      return {
        kind: 'nested',
        entries: value.entries.map(({ key, values }) => ({ key, values: mapped(values, cutText) })),
      };
    case 'lines':
      return { kind: 'lines', lines: value.lines.map((words) => words.map(cutText)) };
    case 'max':
    case 'pair':
    case 'words':
    case 'list':
    case 'unknown':
      return null;
  }
}

/** The value again. `next` gives the numbers in their order. */
export function fillSkeleton(skeleton: Skeleton, next: () => Kept): FileValue {
  const filled = (cut: Cut): string => {
    if (typeof cut === 'string') return cut;
    const [before, decimals, after] = cut;
    const kept = next();
    return before + (typeof kept === 'string' ? kept : kept.toFixed(decimals)) + after;
  };
  switch (skeleton.kind) {
    case 'number':
      return { kind: 'number', value: filled(skeleton.value) };
    case 'text':
      return { kind: 'text', text: filled(skeleton.text), malformed: false };
    case 'keyed':
      return { kind: 'keyed', entries: skeleton.entries.map(([key, cut]) => [key, filled(cut)]) };
    case 'nested':
      return {
        kind: 'nested',
        entries: skeleton.entries.map(({ key, values }) => ({ key, values: mapped(values, filled) })),
      };
    case 'lines':
      return { kind: 'lines', lines: skeleton.lines.map((cuts) => cuts.map(filled)) };
  }
}

/** Not by assignment: `__proto__` must be a name like any other. */
function mapped<T, U>(values: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}

/** A name for each number of a file, such as `cpu.pressure some avg10`, in order. */
export function slotNames(file: string, skeleton: Skeleton): string[] {
  const names: string[] = [];
  const name = (cut: Cut, ...words: readonly string[]): void => {
    if (typeof cut === 'string') return;
    const [before] = cut;
    names.push([file, ...words, ...(before === '' ? [] : [before.slice(0, -1)])].join(' '));
  };
  switch (skeleton.kind) {
    case 'number':
      name(skeleton.value);
      break;
    case 'text':
      name(skeleton.text);
      break;
    case 'keyed':
      for (const [key, cut] of skeleton.entries) name(cut, key);
      break;
    case 'nested':
      for (const { key, values } of skeleton.entries) {
        for (const [inner, cut] of Object.entries(values)) name(cut, key, inner);
      }
      break;
    case 'lines':
      for (const cuts of skeleton.lines) {
        const words = cuts.filter((cut) => typeof cut === 'string');
        for (const cut of cuts) name(cut, ...words);
      }
      break;
  }
  return names;
}
