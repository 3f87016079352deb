/**
 * Makes the captures that the pictures of the gallery are of: `node scripts/gallery-host.ts`, as root, with Docker and
 * busybox-static. It opens a small shop of real containers, takes a capture, changes some things and takes another, into
 * docs/gallery/{before,after}.nsc. Only the shop's processes and cgroups are in them, under plain names. Then it lets the built
 * program measure limits three times, into docs/gallery/bench-{1,2,3}.json.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { capture, EVERYTHING } from '../src/capture/capture.ts';
import { decodeCapture, encodeCapture } from '../src/capture/file.ts';
import { liveHost } from '../src/host/live.ts';
import type { BenchDocument } from '../src/schema/bench.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { Name } from '../src/schema/name.ts';
import { nameText } from '../src/text/bytes.ts';
import { Lab } from '../test/support/daemons.ts';
import { limitTo } from './fixture/limit.ts';
import { changeShop, openShop } from './gallery/shop.ts';

const FOLDER = path.join(path.dirname(import.meta.dirname), 'docs/gallery');

const NAMES = { hostname: 'shop', kernel: '6.18.44', bootId: '5b0f5b0f-0000-4000-8000-000000000001' } as const;

const lab = await Lab.start();
try {
  const docker = await openShop(lab);
  writeFileSync(path.join(FOLDER, 'before.nsc'), await captureOf(lab));
  await changeShop(docker);
  writeFileSync(path.join(FOLDER, 'after.nsc'), await captureOf(lab));
} finally {
  await lab.stop();
}

for (const run of [1, 2, 3]) {
  const program = path.join(path.dirname(import.meta.dirname), 'bin/run.js');
  const printed = execFileSync(process.execPath, [program, 'bench', 'limits', '--quick', '--json'], {
    encoding: 'utf8',
  });
  const document = JSON.parse(printed) as BenchDocument;
  const environment = { ...document.environment, ...NAMES, cpuModel: 'a CPU' };
  writeFileSync(path.join(FOLDER, `bench-${run}.json`), JSON.stringify({ ...document, environment }));
}

/** The facts of the lab alone. */
async function captureOf({ tag, dir }: Lab): Promise<Uint8Array> {
  const live = liveHost();
  const tool = { name: 'nsinspect', version: version() } as const;
  const scan = await capture(live, { facets: ['tasks'], tasks: EVERYTHING.tasks }, tool);
  const { processes, cgroups } = scan.tasks!;
  const inLab = new Set(
    cgroups.flatMap((lines, at) => (lines.some((line) => nameText(line.path).includes(tag)) ? [at] : [])),
  );
  const pids = processes.filter(({ cgroup }) => cgroup !== null && inLab.has(cgroup)).map(({ pid }) => String(pid));
  const places = [...inLab].flatMap((at) =>
    cgroups[at]!.map(({ hierarchy, path: place }) => ({ hierarchy, path: place })),
  );
  const host = limitTo(live, new Set(['2', ...pids]));
  const whole = await capture(host, { ...EVERYTHING, cgroups: { tids: true, files: 'limits', only: places } }, tool);
  return encodeCapture(decodeCapture(encodeCapture(plain(whole, tag, dir)), 'the shop'));
}

/** Names of the lab made plain, and what is left of others removed. */
function plain(whole: Capture, tag: string, dir: string): Capture {
  const tids = new Set(whole.tasks!.processes.flatMap(({ pid, tids: more = [] }) => [pid, ...more]));
  const cgroups = whole.cgroups!.cgroups.map((cgroup) =>
    cgroup.tids === undefined ? cgroup : { ...cgroup, tids: cgroup.tids.filter((tid) => tids.has(tid)) },
  );
  const isPlain = (place: Name): boolean => !nameText(place).startsWith('/mnt');
  const tables = whole.mounts!.tables.map((table) => ({
    ...table,
    mounts: table.mounts.filter((one) => isPlain(one.path)),
  }));
  const only: Capture = {
    ...whole,
    host: { ...whole.host, ...NAMES },
    mounts: { ...whole.mounts!, tables },
    cgroups: { ...whole.cgroups!, cgroups, collected: { ...whole.cgroups!.collected, only: null } },
  };
  // Where this program itself runs, the daemon is, too.
  const own = readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(':').slice(2));
  const parts = [...new Set(own.flatMap((place) => place.split('/')))].filter(
    (part) => part !== '' && part !== 'system.slice',
  );
  let text = JSON.stringify(only).replaceAll(dir, '/srv/shop').replaceAll(tag, 'shop');
  for (const [at, part] of parts.entries()) text = text.replaceAll(`/${part}`, `/session${at === 0 ? '' : `-${at}`}`);
  return JSON.parse(text) as Capture;
}

function version(): string {
  const file = path.join(path.dirname(import.meta.dirname), 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
