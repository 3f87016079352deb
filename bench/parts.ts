/**
 * Takes the capture of `ls` step by step and prints, as one line of JSON, how many milliseconds each step took. It runs as a
 * program of its own, bundled like the program itself (bench/part-times.ts): loading the sources would cost more than
 * what is measured.
 */
import { captureEngines } from '../src/capture/engines.ts';
import { captureHost } from '../src/capture/host.ts';
import { captureNamespaces } from '../src/capture/namespaces.ts';
import { searchKernelMounts } from '../src/capture/nsfs-mounts.ts';
import { startScanThreads } from '../src/capture/parallel.ts';
import { captureTasks } from '../src/capture/tasks.ts';
import { viewOf } from '../src/cli/view.ts';
import { liveHost } from '../src/host/live.ts';
import { CAPTURE_SCHEMA } from '../src/schema/capture.ts';
import { toJson } from '../src/text/json.ts';
import { DEFAULT_NAMESPACE_COLUMNS } from '../reports/namespace-columns.ts';
import { chooseColumns, namespaceRow, namespacesDocument } from '../reports/namespaces.ts';
import { makeStyle } from '../reports/style.ts';
import { tableLines } from '../reports/table.ts';

const times: Record<string, number> = {};

function time<T>(name: string, work: () => T): T {
  const began = performance.now();
  const result = work();
  times[name] = performance.now() - began;
  return result;
}

const wants = { detail: 'none', cgroups: true, root: false, threadCgroups: false, fds: true } as const;
const most = Number(process.argv[2]);
const host = liveHost();
const facts = time('host', () => captureHost(host));
const threads = time('threads', () => startScanThreads(host, most));
const mounts = time('mounts', () => searchKernelMounts(host));
const began = performance.now();
const { facet: tasks, scan } = await captureTasks(host, wants, mounts.paths, threads);
times['tasks'] = performance.now() - began;
const namespaces = time('namespaces', () => captureNamespaces(host, tasks, scan, mounts));
const engines = time('engines', () => captureEngines(host, tasks));
const capture = {
  schema: CAPTURE_SCHEMA,
  tool: { name: 'nsinspect', version: '' },
  takenAt: new Date().toISOString(),
  durationMs: 0,
  source: { kind: 'live' },
  redacted: false,
  host: facts,
  tasks,
  namespaces,
  engines,
} as const;
const view = time('model', () => viewOf(capture));
const rows = time('rows', () => view.namespaces.all.map((ns) => namespaceRow(ns, view.containerOf)));
const columns = chooseColumns(DEFAULT_NAMESPACE_COLUMNS.join());
time('table', () => tableLines(rows, columns, makeStyle({ color: false, unicode: true, columns: null })).join('\n'));
time('json', () => toJson(namespacesDocument(capture, rows), { indent: 2 }));
console.log(JSON.stringify({ times, namespaces: rows.length }));
