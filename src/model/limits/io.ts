/**
 * Disk bandwidth, a device at a time (block/blk-throttle.c). v2 throttles along all ancestors. v1 does not: throtl_pd_init
 * puts the queue of every cgroup right below the device, flat, unless `io` is on v2, so that only the cgroup that a task itself is
 * in throttles it.
 */
import type { CgroupFacts, FileValue } from '../../schema/cgroups.ts';
import type { Resource } from '../../schema/limits-document.ts';
import { isEmpty, lineLimit, thingsIn } from './keyed.ts';
import { linkOf, minimumOf } from './minimum.ts';
import type { Reach, Reaches } from './reach.ts';
import { MAX } from './types.ts';
import type { Limit, ResourceLimitOf } from './types.ts';
import { fileOf, limitOf, numberOf, unreadable } from './values.ts';

type Chain = Extract<Reach, { kind: 'chain' }>;

const KINDS = [
  { resource: 'io.rbps', unit: 'bytes/s', name: 'rbps', v1File: 'blkio.throttle.read_bps_device' },
  { resource: 'io.wbps', unit: 'bytes/s', name: 'wbps', v1File: 'blkio.throttle.write_bps_device' },
  { resource: 'io.riops', unit: 'operations/s', name: 'riops', v1File: 'blkio.throttle.read_iops_device' },
  { resource: 'io.wiops', unit: 'operations/s', name: 'wiops', v1File: 'blkio.throttle.write_iops_device' },
] as const;

type Kind = (typeof KINDS)[number];

/** How fast each device may be read and written, and the weight where an I/O scheduler has one. */
export function ioLimits(reaches: Reaches): ResourceLimitOf<bigint>[] {
  const reach = reaches.of('io', 'blkio');
  const limits = KINDS.flatMap((kind) =>
    reach.kind === 'chain' && reach.hierarchy.version === 1 ? flat(reach, kind) : alongAncestors(reach, kind),
  );
  return reach.kind === 'chain' ? [...limits, ...weight(reach)] : limits;
}

const V2_FILE = 'io.max';

function alongAncestors(reach: Reach, { resource, unit, name }: Kind): ResourceLimitOf<bigint>[] {
  const common = { resource, unit, file: V2_FILE };
  const things = reach.kind === 'chain' ? thingsIn(reach.cgroups, V2_FILE) : [];
  const devices = things.filter(([, one]) => one === name).map(([device]) => device);
  const found = devices.flatMap((device) =>
    minimumOf(reach, { ...common, device, limitIn: (cgroup) => lineLimit(cgroup, V2_FILE, device, name) }),
  );
  const bounded = found.filter(({ effective }) => effective.kind !== 'max');
  if (bounded.length > 0) return bounded;
  return minimumOf(reach, { ...common, limitIn: (cgroup) => lineLimit(cgroup, V2_FILE, '', null) });
}

/** v1's rule: what the cgroup itself says, whatever stands above it. The chain shows that, too: it looks as if it bound. */
function flat(reach: Chain, kind: Kind): ResourceLimitOf<bigint>[] {
  const [own] = reach.cgroups;
  if (own === undefined) return [];
  const devices = devicesIn(reach.cgroups, kind.v1File);
  if (devices.length === 0) return [flatAnswer(reach, own, kind, null)];
  return devices.map((device) => flatAnswer(reach, own, kind, device));
}

function flatAnswer(reach: Chain, own: CgroupFacts, kind: Kind, device: string | null): ResourceLimitOf<bigint> {
  const { resource, unit, v1File: file } = kind;
  const limit = deviceLimit(own, file, device);
  const links = reach.cgroups.flatMap((cgroup) => {
    const said = deviceLimit(cgroup, file, device);
    return said === null ? [] : [linkOf(reach.hierarchy, cgroup, file, said)];
  });
  const [first] = links;
  const binds = limit?.kind === 'value';
  const isAbove = links.slice(limit === null ? 0 : 1).some((link) => link.limit.kind === 'value');
  const isWrite = resource === 'io.wbps' || resource === 'io.wiops';
  return {
    resource,
    ...(device !== null && { device }),
    unit,
    effective: limit ?? MAX,
    imposedBy: binds && first !== undefined ? { kind: 'cgroup', key: first.key, path: first.path, file } : null,
    chain: links,
    outside: [],
    usage: { kind: 'none' },
    headRoom: null,
    notes: [
      ...(isAbove ? ['cgroup v1 throttles no deeper than the cgroup itself: limits of ancestors do not bind'] : []),
      // Written back by the kernel's own threads, which are in the root cgroup (no cgroup writeback on v1).
      ...(binds && isWrite ? ['cgroup v1 throttles direct writes alone: buffered ones pass'] : []),
    ],
  };
}

function deviceLimit(cgroup: CgroupFacts, file: string, device: string | null): Limit | null {
  const content = fileOf(cgroup, file);
  if (content === undefined) return null;
  if (content.kind === 'unknown') return unreadable(cgroup, file, content.outcome);
  const value = device === null ? undefined : linesOf(content)?.get(device);
  if (value === undefined) return linesOf(content) === null ? unreadable(cgroup, file, 'malformed') : MAX;
  return limitOf(value, (one) => one <= 0n) ?? unreadable(cgroup, file, 'malformed');
}

function devicesIn(cgroups: readonly CgroupFacts[], file: string): string[] {
  return [...new Set(cgroups.flatMap((cgroup) => [...(linesOf(fileOf(cgroup, file))?.keys() ?? [])]))].sort();
}

/** `major:minor value` a line, however the capture took it for; null where it is nothing of the kind. */
function linesOf(content: FileValue | undefined): ReadonlyMap<string, string> | null {
  if (content?.kind === 'lines') {
    return new Map(content.lines.flatMap(([device, value]) => (device && value ? [[device, value]] : [])));
  }
  if (content?.kind === 'keyed') return new Map(content.entries);
  return content !== undefined && isEmpty(content) ? new Map() : null;
}

/** The files of the schedulers that weigh: iocost and BFQ on v2, CFQ (until Linux 5.0) and BFQ on v1. */
const WEIGHT_FILES = ['io.weight', 'io.bfq.weight', 'blkio.weight', 'blkio.bfq.weight'];

/** A share among siblings, so that each cgroup's own counts at its level. */
function weight(reach: Chain): ResourceLimitOf<bigint>[] {
  const file = WEIGHT_FILES.find((name) => reach.cgroups.some(({ files }) => files[name] !== undefined));
  if (file === undefined) return [];
  const chain = reach.cgroups.flatMap((cgroup) => {
    const limit = weightIn(cgroup, file);
    return limit === null ? [] : [linkOf(reach.hierarchy, cgroup, file, limit)];
  });
  const [own] = chain;
  if (own === undefined) return [];
  const resource: Resource = 'io.weight';
  const imposedBy = { kind: 'cgroup', key: own.key, path: own.path, file } as const;
  const { limit } = own;
  return [
    {
      resource,
      unit: 'weight',
      effective: limit,
      imposedBy: limit.kind === 'value' ? imposedBy : null,
      chain,
      outside: [],
      usage: { kind: 'none' },
      headRoom: null,
      notes: ['relative to its siblings, and only under an I/O scheduler that weighs'],
    },
  ];
}

function weightIn(cgroup: CgroupFacts, file: string): Limit | null {
  const content = fileOf(cgroup, file);
  if (content === undefined) return null;
  if (content.kind === 'unknown') return unreadable(cgroup, file, content.outcome);
  const text = content.kind === 'number' ? content.value : linesOf(content)?.get('default');
  const value = text === undefined ? null : numberOf(text);
  return value === null ? unreadable(cgroup, file, 'malformed') : { kind: 'value', value };
}
