/** Reports of hosts on which the same is true of very many containers, and of names that nobody would read to their end. */
import { describe, expect, it } from 'vitest';

import { buildReport, reportDocument } from '../../reports/report/document.ts';
import { reportMarkdown } from '../../reports/report/markdown.ts';
import { reportPage } from '../../reports/report/page.ts';
import { loadSections } from '../../reports/report/sections.ts';
import type { Capture } from '../../src/schema/capture.ts';
import { made, mountOf, WEB_NS } from '../diff/made.ts';
import { INITIAL, processOf } from '../support/facts.ts';
import { worldOf, worldOfPair } from '../support/world.ts';
import { MadeHost } from './made-world.ts';

const sections = await loadSections();
const COUNT = 200;

/** Each has a process in the host's network, a visitor, the host's /etc, and shares its ipc namespace with a process outside. */
function loose(): Capture {
  const host = new MadeHost();
  const tables = Array.from({ length: COUNT }, (_, i) => {
    const name = `job-${String(i).padStart(3, '0')}`;
    const leader = host.container(name);
    const mnt = host.of(name, 'mnt');
    const own = Object.fromEntries(
      (['mnt', 'pid', 'net', 'ipc', 'uts'] as const).map((type) => [type, host.of(name, type)]),
    );
    host.process({ comm: 'escaped', ppid: leader, ns: { ...own, net: INITIAL.net }, cgroup: i + 1 });
    host.process({ comm: 'visitor', ns: { uts: host.of(name, 'uts') } });
    return {
      mntns: mnt,
      pid: leader,
      root: '/' as const,
      mounts: [mountOf('/', { dev: `0:${100 + i}`, fsType: 'overlay' }), mountOf('/etc')],
    };
  });
  const host1 = { mntns: INITIAL.mnt, pid: 1, root: '/', mounts: [mountOf('/')] };
  return { ...host.capture(), mounts: { version: 1, tables: [host1, ...tables], unread: [] } };
}

it('tells of two hundred containers in one sentence each kind', () => {
  const { findings } = buildReport(worldOf(loose()), sections);
  const told = findings.map(({ kind, count, text }) => `${kind} ${String(count)}: ${text}`);
  expect(told).toMatchInlineSnapshot(`
    [
      "mount-rules-host 200: docker:job-000, docker:job-001, docker:job-002 and 197 more can rule the host through mounts: the host's /etc, writable.",
      "process-out-of-container 200: 200 processes of docker:job-000, docker:job-001, docker:job-002 and 197 more are in the host's network namespace, which their containers do not have.",
      "no-user-namespace 200: No container has a user namespace of its own: root in any of them is root of the host.",
      "namespace-visited 200: 200 processes from outside, 102 visitor, 105 visitor, 108 visitor and 197 more, are in the UTS namespace of docker:job-000, docker:job-001, docker:job-002 and 197 more.",
    ]
  `);
});

describe('names of 4,000 characters', () => {
  const name = 'n'.repeat(4000);
  const cases: [string, () => ReturnType<typeof worldOf>][] = [
    [
      'of what changed',
      () => {
        const image = name;
        const before = made({ name, image });
        return worldOfPair(
          before,
          made({ name, image, ns: { ...WEB_NS, net: INITIAL.net }, webMounts: [mountOf(`/${name}`)], memory: {} }),
        );
      },
    ],
    [
      'of containers',
      () => {
        const host = new MadeHost();
        for (const end of ['1', '2', '3', '4'])
          host.container(`${name}${end}`, {
            share: { net: 'host' },
            files: { 'memory.max': '1000', 'memory.current': '990' },
          });
        return worldOf(host.capture());
      },
    ],
  ];

  it.each(cases)('%s do not make a finding long', (_, world) => {
    const { findings } = buildReport(world(), sections);
    expect(findings.length).toBeGreaterThan(0);
    for (const { text } of findings) expect(text.length).toBeLessThan(700);
  });
});

describe('zombies', () => {
  const state = {
    state: 'Z',
    ns: { user: null, mnt: null, pid: null, net: null, ipc: null, uts: null, cgroup: null, time: null },
  } as const;
  const capture = made({
    processes: [processOf(300, { comm: 'gone', ...state }), processOf(301, { comm: 'left', ...state })],
  });
  const report = buildReport(worldOf(capture), sections);
  const note = '2 zombies have left their namespaces, where they were is not known: 300 gone and 301 left';

  it('are a gap of what is known', () => {
    expect(reportDocument(report).coverage.notes).toEqual([note]);
    expect(reportMarkdown(report)).toContain(note);
    expect(reportDocument(buildReport(worldOf(made()), sections)).coverage.notes).toEqual([]);
  });

  it('are told on the first screen, which is not complete then', () => {
    const page = reportPage(report, { raw: null });
    expect(page).toContain(`<li>${note}</li>`);
    expect(page).not.toContain('</span>complete<');
    expect(reportPage(buildReport(worldOf(made()), sections), { raw: null })).not.toContain('zombie');
  });

  it('whose threads live are known by these', () => {
    const [leader] = [processOf(300, { comm: 'gone', ...state })];
    const thread = { tid: 302, start: 1, state: 'S', comm: 'alive', ns: processOf(300).ns, cgroup: 0 };
    const lives = made({ processes: [{ ...leader, threads: 2, tids: [302], differing: [thread] }] });
    expect(reportDocument(buildReport(worldOf(lives), sections)).coverage.notes).toEqual([]);
  });
});
