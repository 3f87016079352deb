/** The formats of cgroup-v2.rst ("Interface Files", "Format"), each as a function of a whole text: null where it is not of that format. */
import type { FileValue } from '../../schema/cgroups.ts';
import { completeLines } from '../lines.ts';
import type { FileFormat } from './file.ts';

type Parse = (lines: readonly string[]) => FileValue | null;

const NUMBER = /^-?\d+(?:\.\d+)?$/;
const LIST = /^(?:\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)?$/;

/** By name of the format. `members` and `text` are no values that lines make. */
export const FORMATS: Readonly<Record<Exclude<FileFormat, 'text' | 'members'>, Parse>> = {
  number: ([line, ...more]) =>
    line !== undefined && more.length === 0 && NUMBER.test(line) ? { kind: 'number', value: line } : null,

  bound: (lines) => (lines.length === 1 && lines[0] === 'max' ? { kind: 'max' } : FORMATS.number(lines)),

  pair([line = '', ...more]) {
    const [, first, second] = /^(max|-?\d+) (\d+)$/.exec(line) ?? [];
    return first === undefined || second === undefined || more.length > 0 ? null : { kind: 'pair', first, second };
  },

  // Without controllers there is no line at all (cgroup_print_ss_mask).
  words: ([line = '', ...more]) => (more.length > 0 ? null : { kind: 'words', words: wordsOf(line) }),

  list: ([line, ...more]) =>
    line !== undefined && more.length === 0 && LIST.test(line) ? { kind: 'list', list: line } : null,

  keyed(lines) {
    const entries: [string, string][] = [];
    for (const line of lines) {
      const space = line.indexOf(' ');
      if (space < 1 || space === line.length - 1 || line.includes(' ', space + 1)) return null;
      entries.push([line.slice(0, space), line.slice(space + 1)]);
    }
    return { kind: 'keyed', entries };
  },

  nested(lines) {
    const entries: { key: string; values: Record<string, string> }[] = [];
    for (const line of lines) {
      const [key, ...pairs] = wordsOf(line);
      if (key === undefined || key.includes('=')) return null;
      const values: [string, string][] = [];
      for (const pair of pairs) {
        const equals = pair.indexOf('=');
        if (equals < 1) return null;
        values.push([pair.slice(0, equals), pair.slice(equals + 1)]);
      }
      // The names are the kernel's, but those of devices of a driver: `__proto__` must not be more than a name.
      entries.push({ key, values: Object.fromEntries(values) });
    }
    return { kind: 'nested', entries };
  },

  lines(lines) {
    const all = lines.map(wordsOf);
    return all.some((words) => words.length === 0) ? null : { kind: 'lines', lines: all };
  },
};

function wordsOf(line: string): string[] {
  return line.split(' ').filter((word) => word !== '');
}

/** The value of a text in that format; null where it is of another. */
export function parseFormat(format: keyof typeof FORMATS, text: string): FileValue | null {
  const lines = completeLines(text);
  return lines === null ? null : FORMATS[format](lines);
}
