import type { Engine } from '../schema/engines.ts';
import type { Name } from '../schema/name.ts';
import type { CgroupLine } from '../schema/tasks.ts';
import { bytesOf, type ByteString } from '../text/bytes.ts';
import { isDockerId } from './docker.ts';

/** A container that a cgroup's path names. */
export interface CgroupContainer {
  /** Null: the name has the shape of a container's id, and nothing says whose. */
  readonly engine: Engine | null;
  readonly id: string;
  /** The path up to and with the component that names it. */
  readonly path: ByteString;
  /** The pod that the path names above it (Kubernetes). */
  readonly podUid: string | null;
  /**
   * Whether the name alone proves nothing: others than a container engine make cgroups of this kind (a machine may be a
   * virtual one). Something else must bear it out.
   */
  readonly weak: boolean;
}

interface Match {
  readonly engine: Engine | null;
  readonly id: string;
  readonly weak?: boolean;
}

/**
 * The containers that a cgroup path of `/proc/PID/cgroup` names, outermost first: more than one where engines are
 * nested. It knows the cgroupfs and the systemd driver of docker, containerd's CRI, CRI-O, podman, nerdctl, runc and crun,
 * and the cgroups of LXC and of systemd's machines. What only monitors a container (`crio-conmon-…`, `lxc.monitor.…`,
 * `…/supervisor`) is none.
 *
 * A path that begins with `/..` is that of a cgroup outside the reader's cgroup namespace (cgroup_namespaces(7)): each
 * `..` hides a name. The names after them are real, and a name that speaks for itself is taken; nothing is concluded
 * from where it stands.
 */
export function containersInPath(path: Name): CgroupContainer[] {
  const parts = bytesOf(path).split('/');
  const found: CgroupContainer[] = [];
  let podUid: string | null = null;
  let prefix = '';
  for (let at = 1; at < parts.length; at++) {
    const part = parts[at] ?? '';
    prefix += `/${part}`;
    podUid = podUidIn(part) ?? podUid;
    const match = matchOf(unescapeUnit(part), parts[at - 1] ?? '', parts[at + 1], podUid !== null);
    // `libpod-payload-ID` below `libpod-ID.scope` and the like: one container, whose outer cgroup is the whole of it.
    if (match === null || found.at(-1)?.id === match.id) continue;
    found.push({ engine: match.engine, id: match.id, path: prefix, podUid, weak: match.weak === true });
  }
  return found;
}

/** `prefix-ID.scope` of the systemd driver, `prefix-ID` of the cgroupfs driver, `slice:prefix:ID` where the two were mixed up. */
const PREFIXED = /^(?:.*:)?(docker|cri-containerd|crio|libpod|libpod-payload|nerdctl)[-:]([0-9a-f]{64})(?:\.scope)?$/;
const PREFIX_ENGINE: Readonly<Record<string, Engine>> = {
  docker: 'docker',
  'cri-containerd': 'cri',
  crio: 'cri-o',
  libpod: 'podman',
  'libpod-payload': 'podman',
  nerdctl: 'containerd',
};

function matchOf(part: ByteString, before: ByteString, after: ByteString | undefined, inPod: boolean): Match | null {
  const prefixed = PREFIXED.exec(part);
  if (prefixed !== null) return { engine: PREFIX_ENGINE[prefixed[1] ?? ''] ?? null, id: prefixed[2] ?? '' };
  if (isDockerId(part)) {
    if (before === 'docker') return { engine: 'docker', id: part };
    // CRI-O writes its prefix also with cgroupfs; dockershim does as containerd, but its containers' shims say `moby`.
    return inPod ? { engine: 'cri', id: part } : { engine: null, id: part, weak: true };
  }
  const lxc = before === 'lxc' || before === 'lxc.payload' ? part : /^lxc\.payload\.(.+)$/.exec(part)?.[1];
  if (lxc !== undefined && isPlainName(lxc)) return { engine: 'lxc', id: lxc };
  const runtime = /^(runc|crun)-([\w+\-.]+)\.scope$/.exec(part);
  if (runtime !== null) return { engine: runtime[1] === 'crun' ? 'crun' : 'runc', id: runtime[2] ?? '', weak: true };
  return machineOf(part, after);
}

/**
 * A machine of systemd-machined. libvirt registers its machines there too: `machine-qemu-…` is a virtual machine. The
 * monitoring process of systemd-nspawn lives in `supervisor` (systemd, src/nspawn/nspawn-cgroup.c, create_subcgroup).
 */
function machineOf(part: ByteString, after: ByteString | undefined): Match | null {
  const name = /^machine-(.+)\.scope$/.exec(part)?.[1] ?? /^systemd-nspawn@(.+)\.service$/.exec(part)?.[1];
  if (name === undefined || after === 'supervisor' || /^(qemu|lxc)-\d+-/.test(name) || !isPlainName(name)) return null;
  return { engine: 'nspawn', id: name, weak: true };
}

/** `pod<uid>` of the cgroupfs driver, `kubepods-besteffort-pod<uid>.slice` of the systemd driver, which writes `_` for `-`. */
function podUidIn(part: ByteString): string | null {
  const uid =
    /^(?:[\w.-]*kubepods(?:-(?:burstable|besteffort))?-)?pod([0-9a-fA-F][0-9a-fA-F_-]{7,})(?:\.slice.*)?$/.exec(
      part,
    )?.[1];
  return uid === undefined ? null : uid.replaceAll('_', '-');
}

/** systemd writes characters that a unit's name cannot hold as `\xHH` (systemd.unit(5), string escaping). */
function unescapeUnit(part: ByteString): ByteString {
  if (!part.includes('\\x')) return part;
  return part.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Engines name containers in printable ASCII: anything else is no name that one of them gave. */
function isPlainName(name: ByteString): boolean {
  return name !== '' && name !== '.' && name !== '..' && /^[!-~]+$/.test(name);
}

/**
 * The containers that a task's lines of `/proc/PID/cgroup` name, outermost first. Where hierarchies disagree, that of
 * systemd and v2, which every engine with a cgroup driver of its own uses, come first; the others count where most of
 * them agree, so that a task that was put into but one controller's cgroup of a container is not taken for a part of it.
 */
export function containersInCgroups(lines: readonly CgroupLine[]): CgroupContainer[] {
  const votes = new Map<string, { readonly found: CgroupContainer[]; count: number }>();
  for (const line of lines) {
    const found = line.path === '/' ? [] : containersInPath(line.path);
    if (found.length > 0 && isLeading(line)) return found;
    const key = found.map(({ path }) => path).join('\n');
    const vote = votes.get(key);
    if (vote === undefined) votes.set(key, { found, count: 1 });
    else vote.count++;
  }
  let best: CgroupContainer[] = [];
  let most = 0;
  for (const { found, count } of votes.values()) if (count > most) [best, most] = [found, count];
  return best;
}

/** The v2 hierarchy, and the one that systemd keeps for itself. */
function isLeading({ controllers }: CgroupLine): boolean {
  return controllers.length === 0 || controllers.includes('name=systemd');
}
