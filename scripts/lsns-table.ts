/**
 * Writes docs/lsns.md: which namespaces lsns of util-linux lists, for every way in which one can be kept alive. Run it as
 * root: `node scripts/lsns-table.ts`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { FOUND, UNSEEN } from '../test/real/scenarios.ts';
import { cliJson, ROOT, run } from '../test/support/cli.ts';
import { compare, lsns, type Comparison } from '../test/support/lsns.ts';
import { rowKey, type NamespacesDocument } from '../test/support/namespaces-document.ts';
import { plant, PlantUnsupported } from '../test/support/plant.ts';

const lines: Comparison[] = [];
const what: Readonly<Record<string, string>> = { ...FOUND, ...UNSEEN };
const unsupported: string[] = [];
// One after the other: what lsns says of one must not hang on another.
for (const scenario of Object.keys(what)) lines.push(...(await linesOf(scenario)));

const version = (await run(['lsns', '--version'])).stdout.trim().replace(/^lsns from /, '');
const file = path.join(ROOT, 'docs/lsns.md');
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, text());
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
    const { namespaces } = await cliJson<NamespacesDocument>('ls', '--json');
    return compare(planted, new Set(namespaces.map(rowKey)), theirs);
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
who lists it: \`nsinspect ls\` and \`lsns\` of ${version}, both as root, on Linux ${os.release()}. Written by
\`node scripts/lsns-table.ts\`.

\`test/real/lsns.test.ts\` holds the other direction: whatever lsns lists, \`nsinspect ls\` lists too.

| scenario | what it is | namespaces | kept by | nsinspect | lsns |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
${unsupported.length === 0 ? '' : `\nThis kernel could not plant: ${unsupported.join('; ')}.\n`}
Holders of kind \`unseen\` leave no trace in any file system; nsinspect does not claim to find them.
`;
}

function yes(value: boolean): string {
  return value ? 'yes' : '**no**';
}
