import { describe, expect, test } from 'vitest';

import { diffLines } from '../../reports/diff-text.ts';
import { makeStyle } from '../../reports/style.ts';
import { compareCaptures } from '../../src/diff/compare.ts';
import { patchOf } from '../../src/facts/patch.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { DiffDocument, DiffSide } from '../../src/schema/diff-document.ts';
import { displayWidth } from '../../src/text/width.ts';
import { WEB, WEB2, WEB_NS, made, mountOf, number, recordOf } from '../diff/made.ts';
import { INITIAL, namespaceOf, processOf, threadOf } from '../support/facts.ts';
import { expectDocument } from '../support/schema.ts';

function sideOf({ takenAt, host, redacted }: Capture, name: string): DiffSide {
  const { bootId, hostname, kernel } = host;
  return {
    name,
    takenAt,
    host: { bootId: bootId!, hostname: hostname!, kernel: kernel! },
    snapshot: name === 'live' ? null : 12,
    redacted,
  };
}

function documentOf(a: Capture, b: Capture): DiffDocument {
  const diff = compareCaptures(a, b);
  const noise = diff.changes.filter(({ importance }) => importance === 'noise').length;
  return {
    schema: 'nsinspect/diff/1',
    tool: a.tool,
    from: sideOf(a, '12'),
    to: sideOf(b, 'live'),
    ...diff,
    count: diff.changes.length,
    ignored: 0,
    noise,
  };
}

const EXEC = { ppid: 40, cgroup: 1, ns: WEB_NS };
const BEFORE = made({
  paths: ['/a', '/b'],
  cgroups: [{ path: '/a' }, { path: '/b' }],
  hostMounts: [mountOf('/srv', { options: ['ro', 'relatime'] })],
  processes: [processOf(300, { comm: 'sh', cgroup: 2 }), processOf(310, { comm: 'dns', ns: { net: 301 } })],
  namespaces: [namespaceOf('net', 301)],
  records: [recordOf(WEB2, 'idle', 'alpine')],
});

const AFTER: Capture = {
  ...made({
    paths: ['/a', '/b'],
    cgroups: [{ path: '/a' }, { path: '/b' }, { path: '/new' }],
    memory: { 'memory.limit_in_bytes': number(128n << 20n) },
    ns: { ...WEB_NS, net: INITIAL.net },
    status: { capEff: '00000000a82425fb', capPrm: '00000000a82425fb', seccomp: 0 },
    webMounts: [mountOf('/run/docker.sock', { dev: '0:22' })],
    hostMounts: [{ ...mountOf('/srv'), id: BEFORE.mounts!.tables[0]!.mounts[1]!.id }],
    processes: [
      processOf(300, { comm: 'sh', cgroup: 3 }),
      ...[401, 402, 403].map((pid) => processOf(pid, { ...EXEC, comm: 'curl' })),
    ],
    namespaces: [namespaceOf('net', 301), namespaceOf('net', 204)],
    holders: {
      mounts: [301, 204].map((inum) => ({ type: 'net', inum, mntns: INITIAL.mnt, path: `/run/netns/${inum}` })),
    },
  }),
  takenAt: '2026-01-02T04:21:40.000Z',
};

function lines(columns: number | null, all = false, wishes: { color?: boolean; unicode?: boolean } = {}): string[] {
  return diffLines(documentOf(BEFORE, AFTER), all, makeStyle({ color: false, unicode: true, columns, ...wishes }));
}

describe('what changed, for a person', () => {
  test('by container, what matters first', () => {
    expect(lines(80).join('\n')).toMatchInlineSnapshot(`
      "from  snapshot 12  made  2026-01-02 03:20:40
      to    live  made  2026-01-02 04:21:40, 1h 1m later

      container web  docker 773bf90a2c1d
      !^ memory limit loosened 64 MiB -> 128 MiB (cgroup /docker/773bf90a2c1d…)
      !^ joined the host's net namespace, net:[204] -> net:[104]
      !^ gained CAP_SYS_ADMIN in eff, prm
      !^ seccomp filter -> off
      !+ mount /run/docker.sock added (the engine's socket /run/docker.sock)
       + 3 processes started: 401 curl, 402 curl, 403 curl

      host
      !~ namespace net:[301] has no task left (kept by a bind mount)
       + cgroup /new created (in memory)
       > pid 300 sh moved, cgroup /a -> /b
       ^ mount /srv remounted -ro +rw (ext4 /srv)

      container idle  docker 99aa00112233
       - its engine's record removed (alpine)

      ! weakens isolation or needs a look, + new, - gone, > moved, ^ loosened,
      ~ changed, 13 in all
      1 everyday change not shown: --all"
    `);
  });

  test('with room', () => {
    expect(lines(160).join('\n')).toMatchInlineSnapshot(`
      "from  snapshot 12  made  2026-01-02 03:20:40
      to    live  made  2026-01-02 04:21:40, 1h 1m later

      container web  docker 773bf90a2c1d
      !^ memory limit loosened 64 MiB -> 128 MiB (cgroup /docker/773bf90a2c1d4e5f773bf90a2c1d4e5f773bf90a2c1d4e5f773bf90a2c1d4e5f)
      !^ joined the host's net namespace, net:[204] -> net:[104]
      !^ gained CAP_SYS_ADMIN in eff, prm
      !^ seccomp filter -> off
      !+ mount /run/docker.sock added (the engine's socket /run/docker.sock)
       + 3 processes started: 401 curl, 402 curl, 403 curl

      host
      !~ namespace net:[301] has no task left (kept by a bind mount)
       + cgroup /new created (in memory)
       > pid 300 sh moved, cgroup /a -> /b
       ^ mount /srv remounted -ro +rw (ext4 /srv)

      container idle  docker 99aa00112233
       - its engine's record removed (alpine)

      ! weakens isolation or needs a look, + new, - gone, > moved, ^ loosened, ~ changed, 13 in all
      1 everyday change not shown: --all"
    `);
  });

  test.each([40, 80, 100, 160])('fits into %d columns', (columns) => {
    for (const all of [false, true]) {
      for (const line of lines(columns, all)) expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
    }
  });

  test('noise with --all, and all names of a list', () => {
    const text = lines(160, true).join('\n');
    expect(text).toContain('pid 310 dns ended');
    expect(text).not.toContain('not shown');
  });

  test('colour says nothing that no mark says', () => {
    const plain = lines(80);
    const coloured = lines(80, false, { color: true });
    // eslint-disable-next-line no-control-regex
    expect(coloured.map((line) => line.replaceAll(/\u001b\[\d+m/g, ''))).toEqual(plain);
    expect(coloured.join('')).toContain('\u001b[31m!^');
  });

  test('with --ascii it draws with ASCII', () => {
    expect(lines(80, true, { unicode: false }).join('\n')).toMatch(/^[ -~\n]*$/);
  });

  test('nothing changed', () => {
    const text = diffLines(documentOf(BEFORE, BEFORE), false, makeStyle({ color: false, unicode: true, columns: 80 }));
    expect(text).toContain('nothing changed');
  });

  test('what is not compared is said', () => {
    const { mounts: _mounts, ...rest } = AFTER;
    const text = diffLines(documentOf(BEFORE, rest), false, makeStyle({ color: false, unicode: true, columns: 80 }));
    expect(text).toContain('not compared: mounts, not collected in the later one');
  });

  test('names cannot steer the terminal', () => {
    const evil = '\u001b[2J\n\u202e/x';
    const b = made({
      name: evil,
      image: evil,
      processes: [
        processOf(300, { ...EXEC, comm: evil, tids: [301], threads: 2, differing: [threadOf(301, { comm: evil })] }),
      ],
      cgroups: [{ path: `/${evil}` }],
      hostMounts: [mountOf(`/${evil}`, { source: evil })],
      webMounts: [mountOf('/bin', { path: `/${evil}`, root: `/${evil}` })],
      records: [recordOf(WEB2, evil, evil)],
    });
    for (const [from, to] of [
      [made(), b],
      [b, made()],
      [made({ leader: null }), b],
    ] as const) {
      for (const line of diffLines(
        documentOf(from, to),
        true,
        makeStyle({ color: false, unicode: true, columns: 80 }),
      )) {
        expect(line).not.toMatch(/\p{Cc}|\p{Cf}/u);
      }
    }
  });
});

describe('the document', () => {
  test('is what its schema says', () => {
    const { name: _name, ...rest } = { name: WEB, ...documentOf(BEFORE, AFTER) };
    expectDocument(rest);
    expectDocument({ ...rest, facts: JSON.parse(JSON.stringify(patchOf(BEFORE, AFTER))) as unknown });
  });
});
