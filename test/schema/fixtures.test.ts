/** The documents that reports make of the recorded hosts, against their schemas. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { inspectDocument } from '../../reports/inspect.ts';
import { namespaceRow, namespacesDocument } from '../../reports/namespaces.ts';
import { TREE_VIEWS, treeReport } from '../../reports/tree.ts';
import { whyDocument } from '../../reports/why.ts';
import { redact } from '../../src/capture/redact.ts';
import { viewOf } from '../../src/cli/view.ts';
import type { Capture } from '../../src/schema/capture.ts';
import { toJson } from '../../src/text/json.ts';
import { ROOT } from '../support/cli.ts';
import { answering, captureOf, fixture } from '../support/replay.ts';
import { expectDocument, problemsOf, SCHEMA_FILES } from '../support/schema.ts';

/** As it is printed. */
function printed<T>(document: T): T {
  return JSON.parse(toJson(document)) as T;
}

const denied = { failed: 'denied', errno: 'EACCES' };
const odd = fixture('odd');

/** The odd host as somebody sees it who may read next to nothing: which processes there are, and their stat. */
const blind = answering(
  { ...odd, entries: odd.entries.filter(({ ask }) => !['namespace', 'namespaceAt', 'nsfsMounts'].includes(ask)) },
  { ask: 'mountNamespaces', of: [], answer: { failed: 'denied', errno: 'EPERM' } },
  ...odd.entries.flatMap(({ ask, of }) => {
    if (typeof of !== 'string' || !/^\/proc\/(?:\d+\/|sys\/kernel\/hostname|stat|uptime)/.test(of)) return [];
    return /^\/proc\/\d+\/stat$/.test(of) ? [] : [{ ask, of, answer: denied }];
  }),
);

const captures: Readonly<Record<string, Capture>> = {
  odd: await captureOf(odd),
  docker: await captureOf(fixture('docker')),
  'odd, redacted': redact(await captureOf(odd)),
  'odd, without rights': await captureOf(blind),
};

const FULL = { types: null, container: null, pid: null, kthreads: true } as const;

describe.each(Object.entries(captures))('of the host %s', (_name, capture) => {
  const view = viewOf(capture);

  it('the capture', () => {
    expectDocument(printed(capture));
  });

  it('ls', () => {
    const rows = view.namespaces.all.map((ns) => namespaceRow(ns, view.containerOf));
    expectDocument(printed(namespacesDocument(capture, rows)));
    for (const { holders } of rows) for (const { sample } of holders) expect(sample.length).toBeLessThanOrEqual(8);
  });

  it('why', () => {
    if (view.namespaces.all.length === 0) return;
    expectDocument(printed(whyDocument(capture, view.namespaces.all, view.containerOf)));
  });

  it.each(TREE_VIEWS)('tree --by %s', (by) => {
    const { document } = treeReport(by, view, FULL);
    expectDocument(printed(document));
    for (const [index, { parent }] of document.nodes.entries()) expect(parent ?? -1).toBeLessThan(index);
  });

  it('inspect of each process, container and namespace, a cgroup and mounts', () => {
    for (const process of view.tasks.processes) {
      expectDocument(printed(inspectDocument({ kind: 'process', process }, { ...view, graph: null })));
    }
    for (const container of view.containers) {
      expectDocument(printed(inspectDocument({ kind: 'container', container }, { ...view, graph: null })));
    }
    for (const namespace of view.namespaces.all) {
      expectDocument(printed(inspectDocument({ kind: 'namespace', namespace }, { ...view, graph: null })));
    }
    const { processes } = view.tasks;
    expectDocument(
      printed(
        inspectDocument({ kind: 'cgroup', path: '/user.slice/session-1.scope', processes }, { ...view, graph: null }),
      ),
    );
    for (const { mntns, mounts } of capture.mounts?.tables ?? []) {
      for (const mount of mounts.slice(0, 5)) {
        expectDocument(printed(inspectDocument({ kind: 'mount', mntns, mount }, { ...view, graph: null })));
      }
    }
  });
});

describe('what is not known', () => {
  const view = viewOf(captures['odd, without rights']!);

  it('is left out of a process and named', () => {
    const process = view.tasks.processes.find(({ comm }) => comm === 'bash')!;
    const report = inspectDocument({ kind: 'process', process }, { ...view, graph: null }).process!;
    expect(report.unknown).toEqual({
      startedAt: 'denied',
      status: 'denied',
      argv: 'denied',
      exe: 'denied',
      root: 'denied',
      label: 'denied',
      cgroups: 'denied',
      fds: 'denied',
    });
    expect(report.namespaces.map(({ unknown }) => unknown?.inum)).toEqual(Array.from({ length: 8 }, () => 'denied'));
  });

  it('is left out of the host and named', () => {
    const { document } = treeReport('boundary', view, FULL);
    expect(document.host).toMatchObject({ unknown: { hostname: 'denied' } });
    expect(document.host).not.toHaveProperty('hostname');
  });

  it('is never guessed', () => {
    const { document } = treeReport('process', view, FULL);
    const bash = document.nodes.find(({ leader }) => leader!.comm === 'bash')!;
    for (const member of ['uid', 'nspid', 'root', 'startedAt', 'argv']) expect(bash).not.toHaveProperty(member);
  });
});

describe('a schema', () => {
  const rows = viewOf(captures['odd']!).namespaces.all.map((ns) => namespaceRow(ns, () => undefined));
  const document = printed(namespacesDocument(captures['odd']!, rows));
  const row = document.namespaces[0]!;

  it.each([
    ['a member that it does not know', { ...document, extra: 1 }, /additional properties extra/],
    ['a missing member', { ...document, coverage: undefined }, /required property 'coverage'/],
    ['a number as text', { ...document, namespaces: [{ ...row, inum: '4026531837' }] }, /inum: must be integer/],
    ['a 64-bit number as number', { ...document, namespaces: [{ ...row, id: 4 }] }, /id: must be string/],
    ['an outcome that is none', { ...document, namespaces: [{ ...row, unknown: { id: 'lost' } }] }, /allowed values/],
    ['a fact that is neither there nor named', { ...document, namespaces: [{ ...row, parent: undefined }] }, /oneOf/],
    ['a fact that is both', { ...document, namespaces: [{ ...row, unknown: { parent: 'denied' } }] }, /oneOf/],
    [
      "a holder with another kind's members",
      { ...document, namespaces: [{ ...row, holders: [{ kind: 'process', count: 1, sample: [{ pid: 1, fd: 3 }] }] }] },
      /additional properties fd/,
    ],
  ])('refuses %s', (_what, broken, problem) => {
    expect(problemsOf(printed(broken), 'namespaces-1.json').join('\n')).toMatch(problem);
  });

  it.each(SCHEMA_FILES)('%s has a title and says what it is for', (file) => {
    const schema = JSON.parse(readFileSync(path.join(ROOT, 'docs/schema', file), 'utf8')) as Record<string, unknown>;
    expect(schema['description']).toMatch(/.{20}/);
    // Those without a version are no documents: others refer to them.
    const [, name, version] = /^(.*)-(\d+)\.json$/.exec(file) ?? [];
    if (name !== undefined) expect(schema['title']).toBe(`nsinspect/${name}/${version}`);
    else expect(schema['title']).toMatch(/have in common$/);
  });
});
