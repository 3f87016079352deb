import { hostMountNamespace } from '../../../src/model/host-mount-namespace.ts';
import { isReadOnly, originsOf } from '../../../src/model/mounts/origin.ts';
import type { Origin } from '../../../src/model/mounts/origin.ts';
import { propagationOf, propagationText } from '../../../src/model/mounts/propagation.ts';
import { mountTree } from '../../../src/model/mounts/tree.ts';
import { wayOut } from '../../../src/model/mounts/way-out.ts';
import type { WayOut } from '../../../src/model/mounts/way-out.ts';
import type { Container } from '../../../src/model/containers.ts';
import { NS_TYPES } from '../../../src/schema/namespace.ts';
import type { MountFacts } from '../../../src/schema/mounts.ts';
import type { ReportRow, ReportTable } from '../../../src/schema/report.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { byText } from '../../../src/text/order.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { textColumn } from '../cells.ts';
import { containerItem } from '../items.ts';
import { briefName, containerLabel, MOST_NAMED, someOf } from '../names.ts';
import type { Content, Finding, Section } from '../section.ts';
import type { World } from '../world.ts';

const SHOWN = 20;

/** Containers that are named where their mounts could not be read. */
const MOST_UNREAD = 10;

const MNT = NS_TYPES.indexOf('mnt');

const section: Section = {
  id: 'mounts',
  order: 45,
  title: 'Mounts and volumes',
  question: 'What of the host can each container reach through a mount?',
  needs: ['tasks', 'mounts'],
  contentOf,
};

export default section;

/** A mount of a container. */
interface Reached {
  readonly container: Container;
  readonly facts: MountFacts;
  readonly origin: Origin;
  readonly way: WayOut | null;
}

function contentOf(world: World): Content {
  if (world.containers.length === 0) return { summary: 'No container was found.', findings: [], blocks: [] };
  const { reached, unread, hostIsKnown } = reachedBy(world);
  const volumes = reached.filter(({ origin }) => origin.kind === 'volume').length;
  const grave = reached.filter(({ way }) => way?.isGrave === true);
  const graveIn = new Set(grave.map(({ container }) => container.key)).size;
  const known = world.containers.length - unread.length;
  const of = unread.length === 0 ? '' : `, as far as is known: the mounts of ${unread.length} could not be read`;
  const summary = [
    `${formatPlural(reached.length, 'mount')} of something of the host in ${formatPlural(world.containers.length, 'container')}, ${formatPlural(volumes, 'volume')} among them${of}.`,
    graveIn === 0
      ? known === 0 || !hostIsKnown
        ? 'Whether one gives the host away is not known.'
        : `None of ${unread.length === 0 ? 'them' : 'these'} gives the host away.`
      : `Through ${formatPlural(grave.length, 'mount')} in ${formatPlural(graveIn, 'container')} the host can be ruled.`,
  ].join(' ');
  return {
    summary,
    findings: findingsOf(grave),
    blocks: [
      ...(hostIsKnown ? [] : [text("The host's own mounts are not known: where a mount comes from is not told.")]),
      ...(unread.length === 0 ? [] : [text(`The mounts of ${someOf(unread, MOST_UNREAD)} could not be read.`)]),
      tableOf(reached),
    ],
  };
}

function reachedBy({ capture, containers, tasks }: World) {
  const tables = capture.mounts?.tables ?? [];
  const byMntns = new Map(tables.map((table) => [table.mntns, table]));
  const hostMntns = hostMountNamespace(tasks);
  const hostTable = tables.find(({ mntns, root }) => mntns === hostMntns && root === '/');
  const host = hostTable === undefined ? null : mountTree(hostTable);
  const processes = new Map(tasks.processes.map((process) => [process.pid, process]));
  const unread: string[] = [];
  const sorted = [...containers].sort((a, b) => byText(containerLabel(a), containerLabel(b)) || byText(a.key, b.key));
  const reached = sorted.flatMap((container) => {
    const mntns = processes.get(container.leader)?.ns[MNT] ?? null;
    const table = mntns === null ? undefined : byMntns.get(mntns);
    if (table === undefined) unread.push(containerLabel(container));
    // Where it is in the host's mount namespace, everything is the host's: the isolation matrix says so.
    if (table === undefined || mntns === hostMntns) return [];
    return [...originsOf(mountTree(table), host)].flatMap(([{ facts }, origin]): Reached[] => {
      const way = wayOut(facts, origin);
      // What every container has, its root, /proc and an engine's own files, says nothing.
      return way !== null || origin.kind === 'volume' ? [{ container, facts, origin, way }] : [];
    });
  });
  return { reached, unread, hostIsKnown: host !== null };
}

function findingsOf(grave: readonly Reached[]): Finding[] {
  const byContainer = Map.groupBy(grave, ({ container }) => container.key);
  const kind = 'mount-rules-host';
  if (byContainer.size > MOST_NAMED) {
    const names = [...byContainer.values()].map(([first]) =>
      first === undefined ? '' : containerLabel(first.container),
    );
    const text = `${someOf(names)} can rule the host through mounts: ${waysText(grave)}.`;
    return [{ kind, severity: 'high', text, count: byContainer.size, item: null }];
  }
  return [...byContainer.values()].flatMap((list): Finding[] => {
    const [first] = list;
    if (first === undefined) return [];
    const words = `${briefName(containerLabel(first.container))} can rule the host through a mount: ${waysText(list)}.`;
    const item = containerItem(first.container);
    return [{ kind, severity: 'high', text: words, count: list.length, item }];
  });
}

function waysText(grave: readonly Reached[]): string {
  return someOf([...new Set(grave.map(({ way }) => way?.text ?? ''))]);
}

function tableOf(reached: readonly Reached[]): ReportTable {
  return {
    kind: 'table',
    name: 'mounts',
    caption: 'What of the host is mounted in containers',
    columns: [
      textColumn('container', 'Container'),
      textColumn('path', 'Path inside'),
      textColumn('kind', 'Kind'),
      textColumn('host', 'On the host'),
      textColumn('access', 'Access'),
      textColumn('fs', 'File system'),
      textColumn('propagation', 'Propagation'),
    ],
    rows: reached.map(rowOf),
    shown: SHOWN,
  };
}

function rowOf({ container, facts, origin, way }: Reached): ReportRow {
  const { kind, host } = origin;
  const place = host === undefined ? 'not known' : host === null ? 'nowhere' : nameText(host.path);
  const volume = host?.volume ?? null;
  return {
    item: null,
    cells: [
      { text: containerLabel(container), item: containerItem(container) },
      { text: nameText(facts.path) },
      { text: volume === null ? kind : `volume ${nameText(volume)}` },
      {
        text: place,
        ...(way?.isGrave === true && { mark: 'host' as const, note: `gives the host away: ${way.text}` }),
      },
      { text: isReadOnly(facts) ? 'read-only' : 'writable' },
      { text: nameText(facts.fsType) },
      { text: propagationText(propagationOf(facts)) },
    ],
  };
}

function text(words: string) {
  return { kind: 'text' as const, text: words };
}
