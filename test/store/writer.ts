/** A program that takes snapshots of a made host: `writer.ts FILE SEED COUNT`. Prints the id of each when it is stored. */
import { writeSync } from 'node:fs';

import { HistoryHost } from '../../bench/history-crowd.ts';
import { Store } from '../../src/store/store.ts';
import { digestKey } from '../../src/text/digest.ts';
import { NsinspectError } from '../../src/text/error.ts';
import { canonicalJson } from '../../src/text/json.ts';

const [file = '', seed = '0', count = '1'] = process.argv.slice(2);

try {
  const store = Store.open(file, 'write');
  const host = new HistoryHost({ tasks: 60, containers: 4, mounts: 5 });
  for (let at = 0; at < Number(seed); at++) host.pass({ churn: 0.1, busy: 0.5 });
  for (let at = 0; at < Number(count); at++) {
    const capture = host.capture();
    // What is read again can be held against it.
    const { id } = store.put(capture, { label: digestKey(canonicalJson(capture)) });
    writeSync(1, `${id}\n`);
    host.pass({ churn: 0.1, busy: 0.5 });
  }
  store.close();
} catch (error) {
  if (!(error instanceof NsinspectError)) throw error;
  writeSync(1, `${error.code}: ${error.message}\n`);
}
