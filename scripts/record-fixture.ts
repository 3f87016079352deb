/**
 * Records this host as a fixture for tests:
 *
 *     node scripts/record-fixture.ts [--redact] [--cgroups] [--pid PID]... FILE.rec
 *
 * With --pid only these processes, with their threads; init and kthreadd, by which the initial namespaces are known, are
 * added. --cgroups records the files of all cgroups as well. --redact leaves command lines and the files of engines out.
 * Look through what it wrote: it is text.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { capture, EVERYTHING } from '../src/capture/capture.ts';
import { liveHost } from '../src/host/live.ts';
import { encodeRecording } from '../src/host/recording-file.ts';
import { recordingOf } from '../src/host/recording.ts';
import { limitTo } from './fixture/limit.ts';
import { redactRecording } from './fixture/redact.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pid: { type: 'string', multiple: true },
    redact: { type: 'boolean', default: false },
    cgroups: { type: 'boolean', default: false },
  },
});
const [file] = positionals;
if (file === undefined || positionals.length > 1) {
  console.error('usage: node scripts/record-fixture.ts [--redact] [--cgroups] [--pid PID]... FILE.rec');
  process.exit(2);
}

const live = liveHost();
const { pid } = values;
const recorded = recordingOf(pid === undefined ? live : limitTo(live, new Set(['1', '2', ...pid])));
const facets = EVERYTHING.facets.filter((facet) => facet !== 'cgroups' || values.cgroups);
await capture(recorded.host, { ...EVERYTHING, facets }, { name: 'nsinspect', version: 'fixture' });
const recording = recorded.recording();
writeFileSync(file, encodeRecording(values.redact ? redactRecording(recording) : recording));
console.log(`${file}: ${recording.entries.length} answers`);
