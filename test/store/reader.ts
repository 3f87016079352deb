/** A program that reads everything: `reader.ts FILE`. Prints the id of each snapshot that is what it was when it was stored. */
import { writeSync } from 'node:fs';

import { Store } from '../../src/store/store.ts';
import { digestKey } from '../../src/text/digest.ts';
import { NsinspectError } from '../../src/text/error.ts';
import { canonicalJson } from '../../src/text/json.ts';

const [file = ''] = process.argv.slice(2);

try {
  const store = Store.open(file, 'read');
  for (const { id, label } of store.list()) {
    const isSame = digestKey(canonicalJson(store.asOf(id))) === label;
    writeSync(1, isSame ? `${id}\n` : `${id} is another\n`);
  }
  store.close();
} catch (error) {
  if (!(error instanceof NsinspectError)) throw error;
  writeSync(1, `${error.code}: ${error.message}\n`);
}
