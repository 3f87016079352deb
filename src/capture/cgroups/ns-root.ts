import { Failure } from '../../host/port.ts';
import type { Dir } from '../../host/port.ts';
import { parseCgroupMembers } from '../../parse/cgroup-members.ts';
import { isMalformed } from '../../parse/malformed.ts';
import type { ByteString } from '../../text/bytes.ts';
import { componentsOf } from './paths.ts';

/**
 * The root of the reader's cgroup namespace, as names below `top`, which is `levels` levels above it. The kernel tells a reader
 * only that: the names are found by looking for the reader, whose path in the namespace is `own`, in the cgroups at that depth.
 * Null where it is in none of them.
 */
export function namespaceRootBelow(
  top: Dir,
  levels: number,
  own: ByteString,
  pid: number,
  membersFile: string,
): readonly ByteString[] | null {
  const members = [...componentsOf(own), membersFile].join('/');
  const pending: (readonly ByteString[])[] = [[]];
  for (let names = pending.pop(); names !== undefined; names = pending.pop()) {
    // By the path anew, not to hold as many directories open as there are cgroups.
    const dir = names.length === 0 ? top : top.open(names.join('/'));
    if (dir instanceof Failure) continue;
    const isFound = names.length === levels && isMember(dir, members, pid);
    const entries = names.length < levels ? dir.entries('.') : [];
    if (dir !== top) dir.close();
    if (isFound) return names;
    if (entries instanceof Failure) continue;
    for (const { name, kind } of entries) if (kind === 'directory') pending.push([...names, name]);
  }
  return null;
}

function isMember(dir: Dir, members: string, pid: number): boolean {
  const text = dir.read(members);
  const parsed = text instanceof Failure ? null : parseCgroupMembers(text);
  return parsed !== null && !isMalformed(parsed) && parsed.ids.includes(pid);
}
