/** The bind mounts of namespaces in all mount namespaces of the kernel, without the help of any task. */
import { Failure } from '../host/port.ts';
import type { Host, Read } from '../host/port.ts';
import { parseMountinfo } from '../parse/mountinfo.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseNsLink } from '../parse/ns-link.ts';
import type { NamespaceFacts, NsMount } from '../schema/namespace.ts';
import type { MountFacts } from '../schema/mounts.ts';
import { bytesOf } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';

/** What the kernel's own list of mount namespaces led to. */
export interface KernelMounts {
  /** Every mount namespace, or why the kernel does not list them. */
  readonly mountNamespaces: readonly NamespaceFacts[] | Failure;
  /** By inode number of the mount namespace; those that could not be searched are missing. */
  readonly mounts: ReadonlyMap<number, readonly NsMount[]>;
  /** All paths at which nsfs files are mounted, as tasks may have them open. */
  readonly paths: readonly ByteString[];
  /** Why the paths are not known; null where they are. */
  readonly pathsUnknown: Failure | null;
}

/** Searches all mount namespaces that the reader may look into. Before 6.12 there is no list: then only init's own is looked at. */
export function searchKernelMounts(host: Host): KernelMounts {
  const mountNamespaces = host.kernel.mountNamespaces();
  const mounts = new Map<number, readonly NsMount[]>();
  if (mountNamespaces instanceof Failure) {
    const paths = pathsOfInit(host);
    if (paths instanceof Failure) return { mountNamespaces, mounts, paths: [], pathsUnknown: paths };
    return { mountNamespaces, mounts, paths, pathsUnknown: null };
  }
  for (const { type, id, inum } of mountNamespaces) {
    // Their owners are in the list, too.
    if (type !== 'mnt') continue;
    const found = typeof id !== 'string' ? null : host.kernel.nsfsMounts(id, inum);
    if (found !== null && !(found instanceof Failure)) mounts.set(inum, found);
  }
  const paths = new Set([...mounts.values()].flat().map((mount) => bytesOf(mount.path)));
  return { mountNamespaces, mounts, paths: [...paths], pathsUnknown: null };
}

/** The nsfs mounts among those of a mountinfo file. */
export function nsfsMountsAmong(mounts: readonly MountFacts[], mntns: number): NsMount[] {
  return mounts.flatMap((mount) => {
    const ref = mount.fsType === 'nsfs' ? parseNsLink(bytesOf(mount.root)) : null;
    return ref === null ? [] : [{ ...ref, mntns, path: mount.path }];
  });
}

function pathsOfInit(host: Host): Read<ByteString[]> {
  const proc = host.open('/proc');
  if (proc instanceof Failure) return proc;
  const text = proc.read('1/mountinfo');
  proc.close();
  if (text instanceof Failure) return text;
  const mounts = parseMountinfo(text);
  if (isMalformed(mounts)) return new Failure('malformed', mounts.what);
  return nsfsMountsAmong(mounts, 0).map((mount) => bytesOf(mount.path));
}
