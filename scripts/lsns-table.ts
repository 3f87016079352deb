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

interface Line extends Comparison {
  readonly what: string;
  readonly isOurs: boolean;
}

const lines: Line[] = [];
const unsupported: string[] = [];
for (const [scenario, what] of Object.entries({ ...FOUND, ...UNSEEN })) {
  // One after the other: what lsns says of one must not hang on another.
  lines.push(...(await linesOf(scenario, what)));
}

const version = (await run(['lsns', '--version'])).stdout.trim().replace(/^lsns from /, '');
const file = path.join(ROOT, 'docs/lsns.md');
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, text());
console.log(`${path.relative('.', file)}: ${lines.filter(({ isListed }) => !isListed).length} of ${lines.length} lines are not listed by lsns`);

async function linesOf(scenario: string, what: string): Promise<Line[]> {
  const planted = await plant(scenario).catch((error: unknown) => {
    if (!(error instanceof PlantUnsupported)) throw error;
    unsupported.push(what);
    return null;
  });
  if (planted === null) return [];
  try {
    const listed = await lsns();
    const { namespaces } = await cliJson<NamespacesDocument>('ls', '--json');
    const ours = new Set(namespaces.map(rowKey));
    return compare(scenario, planted.namespaces, listed).map((line) => ({
      ...line,
      what,
      isOurs: planted.namespaces.every((ns) => ours.has(rowKey(ns))),
    }));
  } finally {
    await planted.stop();
  }
}

function text(): string {
  const rows = lines.map(
    ({ scenario, what, types, holders, isListed, isOurs }) =>
      `| \`${scenario}\` | ${what} | ${types} | ${holders} | ${yes(isOurs)} | ${yes(isListed)} |`,
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
