/** What a mount is: a file system of its own, a bind mount and of what, a volume, a namespace. */
import type { MountFacts } from '../../schema/mounts.ts';
import type { MountKind } from '../../schema/mounts-document.ts';
import type { Name } from '../../schema/name.ts';
import { bytesOf, nameOf, nameText } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { MountNode, MountTree } from './tree.ts';

/** Where the host itself has what is mounted. */
export interface HostPlace {
  readonly path: Name;
  /** Neither the mount nor its superblock is read-only: permissions aside, what is written there is written on the host. */
  readonly writable: boolean;
  /** Name of the engine's volume that the path is one of. */
  readonly volume: Name | null;
}

/** Of what a mount is made. */
export interface Origin {
  readonly kind: MountKind;
  /** Null: the host has it nowhere, as far as its own mounts tell. Undefined: the host's mounts are not known. */
  readonly host: HostPlace | null | undefined;
  /** Where the target itself has it by way of an earlier mount; null: nowhere else. */
  readonly here: Name | null;
}

/** File systems whose content is the kernel's own, as findmnt(8) has them; tmpfs, which holds anything, is none here. */
const PSEUDO: ReadonlySet<string> = new Set(
  (
    'proc sysfs devpts devtmpfs mqueue cgroup cgroup2 cpuset securityfs selinuxfs smackfs debugfs tracefs pstore bpf ' +
    'configfs fusectl hugetlbfs binfmt_misc efivarfs autofs rpc_pipefs nfsd sockfs pipefs rootfs resctrl'
  ).split(' '),
);

/** Whether the file system has nothing that anybody stored. */
export function isPseudo({ fsType }: MountFacts): boolean {
  return typeof fsType === 'string' && PSEUDO.has(fsType);
}

/** Whether nothing can be written through the mount: it is read-only itself, or the superblock is. */
export function isReadOnly({ options, superOptions }: MountFacts): boolean {
  return options.includes('ro') || superOptions.includes('ro');
}

/** Files that an engine makes for each container: they lie on the host, and nobody asked for them by name. */
const ENGINE_FILE =
  /\/(?:containers|overlay-containers|vfs-containers|sandboxes)\/[0-9a-f]{64}\/(?:(?:userdata|mounts)\/)?[^/]+(?:\/[^/]+)?$/;

const VOLUME = /\/volumes\/([^/]+)\/_data(?:\/|$)/;

/** Says what each mount of a tree is. `host`: the mounts of the host itself; null where they were not read. */
export function originsOf(tree: MountTree, host: MountTree | null): ReadonlyMap<MountNode, Origin> {
  const isHost = host !== null && host.mntns === tree.mntns;
  const earliest = new Map<string, MountNode>();
  for (const node of tree.nodes) if (!earliest.has(node.facts.dev)) earliest.set(node.facts.dev, node);
  const onHost = reachableByDevice(host);
  const sameHere = isHost ? onHost : reachableByDevice(tree);
  const origin = (node: MountNode): Origin => {
    const { facts } = node;
    const isAgain = earliest.get(facts.dev) !== node;
    const isBound = isAgain || !isWhole(facts);
    // On the host itself only a bind mount comes from elsewhere, and not from itself.
    const candidates = (onHost.get(facts.dev) ?? []).filter((one) => !isHost || one.facts.id !== facts.id);
    const from = host === null || (isHost && !isBound) ? null : pathThrough(facts, candidates, host);
    const place = from === null ? null : placeOf(facts, from);
    const own = isBound ? pathThrough(facts, earlier(node, sameHere.get(facts.dev) ?? []), tree) : null;
    return {
      kind: kindOf(facts, isBound, place),
      host: host === null ? undefined : place,
      here: own === null ? null : nameOf(own),
    };
  };
  return new Map(tree.nodes.map((node) => [node, origin(node)]));
}

function reachableByDevice(tree: MountTree | null): Map<string, MountNode[]> {
  const found = new Map<string, MountNode[]>();
  for (const node of tree?.nodes ?? []) {
    if (node.coveredBy !== null || node.unreachable) continue;
    const list = found.get(node.facts.dev);
    if (list === undefined) found.set(node.facts.dev, [node]);
    else list.push(node);
  }
  return found;
}

/** Those before it, in the order of mounting. */
function earlier(node: MountNode, same: readonly MountNode[]): readonly MountNode[] {
  const at = same.indexOf(node);
  return at < 0 ? same : same.slice(0, at);
}

/** Not a part: the root of the file system, or what the mount of a subvolume has for one (btrfs). */
function isWhole({ root, superOptions }: MountFacts): boolean {
  return root === '/' || superOptions.some((option) => nameText(option) === `subvol=${nameText(root)}`);
}

function kindOf(facts: MountFacts, isBound: boolean, place: HostPlace | null): MountKind {
  if (facts.fsType === 'nsfs') return 'namespace';
  if (isPseudo(facts)) return 'pseudo';
  if (facts.path === '/') return 'root';
  if (place !== null && place.volume !== null) return 'volume';
  if (place !== null && ENGINE_FILE.test(bytesOf(place.path))) return 'engine';
  const isElsewhere = place !== null && bytesOf(place.path) !== bytesOf(facts.path);
  return isBound || isElsewhere ? 'bind' : 'filesystem';
}

function placeOf(facts: MountFacts, path: ByteString): HostPlace {
  const volume = VOLUME.exec(path)?.[1];
  return {
    path: nameOf(path),
    writable: !isReadOnly(facts),
    volume: volume === undefined ? null : nameOf(volume),
  };
}

/** The path in a tree of the directory that is mounted: by way of the mount that has most of the file system, and not through another. */
function pathThrough(facts: MountFacts, candidates: readonly MountNode[], tree: MountTree): ByteString | null {
  const root = bytesOf(facts.root);
  // Of cgroups outside the reader's cgroup namespace, or removed: no path.
  if (!root.startsWith('/') || root.startsWith('/..') || root.endsWith('//deleted')) return null;
  const found: { readonly path: ByteString; readonly depth: number }[] = [];
  for (const node of candidates) {
    const base = bytesOf(node.facts.root);
    const rest = below(root, base);
    if (rest === null) continue;
    const point = bytesOf(node.facts.path);
    const path = (point === '/' ? rest : point + rest) || '/';
    if (tree.at(path) === node || path === point) found.push({ path, depth: base.length });
  }
  found.sort((a, b) => a.depth - b.depth || a.path.length - b.path.length || (a.path < b.path ? -1 : 1));
  return found[0]?.path ?? null;
}

/** What of `path` comes after `base`; null: it is not below it. */
function below(path: ByteString, base: ByteString): ByteString | null {
  if (base === '/') return path === '/' ? '' : path;
  if (path === base) return '';
  return path.startsWith(`${base}/`) ? path.slice(base.length) : null;
}
