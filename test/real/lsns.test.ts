/** Nothing that lsns of util-linux lists may be missing from `ls`; what lsns misses is printed. */
import { expect, test } from 'vitest';

import { cliJson } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { compare, lsns } from '../support/lsns.ts';
import { rowKey, type NamespacesDocument } from '../support/namespaces-document.ts';
import { plantFor } from '../support/plant-for-test.ts';
import { FOUND } from './scenarios.ts';

// A line feed in the name of a process, and lsns lists nothing at all.
const SCENARIOS = Object.keys(FOUND).filter((scenario) => scenario !== 'names');

describeWith(['root', 'cc', 'lsns'], 'lsns', () => {
  test('lists nothing that ls does not', async (context) => {
    const planted = [];
    for (const scenario of SCENARIOS) planted.push(await plantFor(context, scenario));

    const first = await search();
    // Processes come and go: a namespace may have gone and its number may have come back in between.
    const { ours, theirs, missing } = first.missing.length === 0 ? first : await search();
    expect(missing).toEqual([]);

    const table = planted.flatMap((one) => compare(one, ours, theirs));
    expect(table.some(({ lsns: isTheirs }) => isTheirs)).toBe(true);
    expect(table.every(({ ours: isOurs }) => isOurs)).toBe(true);
    console.log('What lsns misses:');
    console.table(
      table.filter(({ lsns: isTheirs }) => !isTheirs),
      ['scenario', 'types', 'holders'],
    );
  });
});

/** What `ls` lists, what lsns lists before and after it, and what of that `ls` does not. */
async function search(): Promise<{ ours: Set<string>; theirs: Set<string>; missing: string[] }> {
  const before = (await lsns()) ?? gaveUp();
  const { namespaces } = await cliJson<NamespacesDocument>('ls', '--json');
  const after = (await lsns()) ?? gaveUp();
  const theirs = [...before].filter((key) => after.has(key));
  const ours = new Set(namespaces.map(rowKey));
  return { ours, theirs: new Set(theirs), missing: theirs.filter((key) => !ours.has(key)) };
}

function gaveUp(): never {
  throw new Error('lsns ended with an error');
}
