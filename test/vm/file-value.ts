/** Writes a parsed file of a cgroup as the kernel writes it, so that the two can be compared. */
import type { FileValue } from '../../src/schema/cgroups.ts';

/** The text of a file without its last newline. */
export function textOf(value: FileValue): string {
  switch (value.kind) {
    case 'max':
      return 'max';
    case 'number':
      return value.value;
    case 'pair':
      return `${value.first} ${value.second}`;
    case 'words':
      return value.words.join(' ');
    case 'list':
      return value.list;
    case 'keyed':
      return value.entries.map((entry) => entry.join(' ')).join('\n');
    case 'nested':
      return value.entries.map(({ key, values }) => [key, ...pairsOf(values)].join(' ')).join('\n');
    case 'lines':
      return value.lines.map((words) => words.join(' ')).join('\n');
    case 'text':
      return typeof value.text === 'string' ? value.text.trimEnd() : value.text.base64;
    case 'unknown':
      return `(${value.outcome})`;
  }
}

function pairsOf(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([key, value]) => `${key}=${value}`);
}
