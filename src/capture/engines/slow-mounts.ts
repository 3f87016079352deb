import { Failure } from '../../host/port.ts';
import type { Dir } from '../../host/port.ts';
import { isMalformed } from '../../parse/malformed.ts';
import { parseMountinfo } from '../../parse/mountinfo.ts';
import type { MountFacts } from '../../schema/mounts.ts';
import { bytesOf, nameText } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';

/** File systems that ask a process or another machine about each name: whoever looks waits until that answers, if ever it does. */
const SLOW = /^(?:fuse(?:blk|\..*)?|nfs4?|cifs|smb3|9p|ceph|afs|virtiofs|glusterfs|lustre|ocfs2|gfs2|beegfs|autofs)$/;

/** Those of them that a process of this machine answers for: stopped, it keeps whoever asks waiting for good. */
const FUSE = /^fuse(?:blk|\..*)?$/;

/** Whether a file system is such a one, or may have one below it. */
export function maySleep({ fsType }: Pick<MountFacts, 'fsType'>): boolean {
  return fsType === 'overlay' || SLOW.test(nameText(fsType));
}

/** Where such file systems are mounted in the mount namespace of the task. */
export function slowMounts(task: Dir): readonly ByteString[] {
  return mountsOf(task, SLOW);
}

/** Where FUSE is mounted in the mount namespace of the task. */
export function fuseMounts(task: Dir): readonly ByteString[] {
  return mountsOf(task, FUSE);
}

function mountsOf(task: Dir, types: RegExp): ByteString[] {
  const text = task.read('mountinfo');
  const mounts = text instanceof Failure ? [] : parseMountinfo(text);
  if (isMalformed(mounts)) return [];
  return mounts.filter(({ fsType }) => types.test(nameText(fsType))).map(({ path }) => bytesOf(path));
}

/** Whether the path is the directory, or leads through it. A path with `..` is taken to lead anywhere. */
export function isBelow(path: ByteString, directory: ByteString): boolean {
  const plain = path.replace(/\/(?:\.?\/)+/g, '/');
  return (
    directory === '/' || plain === directory || plain.startsWith(`${directory}/`) || /(?:^|\/)\.\.(?:\/|$)/.test(plain)
  );
}
