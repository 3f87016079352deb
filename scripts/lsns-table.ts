/**
 * Writes docs/lsns.md: which namespaces lsns of util-linux lists, for every way in which one can be kept alive. Run it as
 * root: `node scripts/lsns-table.ts`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { format, resolveConfig } from 'prettier';

import { FOUND, UNSEEN } from '../test/real/scenarios.ts';
import { cliJson, ROOT, run } from '../test/support/cli.ts';
import { compare, lsns, type Comparison } from '../test/support/lsns.ts';
import { rowKey, type NamespacesDocument } from '../test/support/namespaces-document.ts';
import { plant, PlantUnsupported } from '../test/support/plant.ts';

const BLINDED = `
With \`names\` lsns ends with an error and lists nothing at all, of no process of the machine: one process with a line
feed in its name, which any user can start, is enough.
`;

const lines: Comparison[] = [];
const what: Readonly<Record<string, string>> = { ...FOUND, ...UNSEEN };
const unsupported: string[] = [];
/** Those with which lsns ends in an error and lists nothing of the whole machine. */
const blinding: string[] = [];
// One after the other: what lsns says of one must not hang on another.
for (const scenario of Object.keys(what)) lines.push(...(await linesOf(scenario)));

const version = (await run(['lsns', '--version'])).stdout.trim().replace(/^lsns from /, '');
const file = path.join(ROOT, 'docs/lsns.md');
mkdirSync(path.dirname(file), { recursive: true });
const config = await resolveConfig(file);
writeFileSync(file, await format(text(), { ...config, parser: 'markdown' }));
console.log(
  `${path.relative('.', file)}: lsns misses ${lines.filter(({ lsns: isListed }) => !isListed).length} of ${lines.length}`,
);

async function linesOf(scenario: string): Promise<Comparison[]> {
  const planted = await plant(scenario).catch((error: unknown) => {
    if (!(error instanceof PlantUnsupported)) throw error;
    unsupported.push(scenario);
    return null;
  });
  if (planted === null) return [];
  try {
    const theirs = await lsns();
    if (theirs === null) blinding.push(scenario);
    const { namespaces } = await cliJson<NamespacesDocument>('ls', '--json');
    return compare(planted, new Set(namespaces.map(rowKey)), theirs ?? new Set());
  } finally {
    await planted.stop();
  }
}

function text(): string {
  const rows = lines.map(
    ({ scenario, types, holders, ours, lsns: isListed }) =>
      `| \`${scenario}\` | ${what[scenario] ?? ''} | ${types} | ${holders} | ${yes(ours)} | ${yes(isListed)} |`,
  );
  return `# What lsns sees

Every way in which a namespace can be kept alive, planted on a running kernel by the program in \`test/real/plant\`, and
who lists it: \`nsinspect ls\` and \`lsns\` of ${version}, both as root, on Linux ${os.release().replace(/-.*/, '')}. Written by
\`node scripts/lsns-table.ts\`.

\`test/real/lsns.test.ts\` holds the other direction: whatever lsns lists, \`nsinspect ls\` lists too.

| scenario | what it is | namespaces | kept by | nsinspect | lsns |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Holders of kind \`unseen\` leave no trace in any file system: \`ls\` does not claim to find what they alone keep.
${blinding.includes('names') ? BLINDED : ''}${unsupported.length === 0 ? '' : `\nThis kernel could not plant ${list(unsupported)}.\n`}`;
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function yes(value: boolean): string {
  return value ? 'yes' : '**no**';
}
