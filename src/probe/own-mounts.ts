/** The mounts that this process sees. */
import { liveHost } from '../host/live.ts';
import { Failure } from '../host/port.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseMountinfo } from '../parse/mountinfo.ts';
import type { MountFacts } from '../schema/mounts.ts';
import { bytesOf } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';

/** All of `/proc/self/mountinfo`, in its order; error where it cannot be read. */
export function ownMounts(): readonly MountFacts[] {
  const proc = liveHost().open('/proc');
  const text = proc instanceof Failure ? proc : proc.read('self/mountinfo');
  if (!(proc instanceof Failure)) proc.close();
  const mounts = text instanceof Failure ? text : parseMountinfo(text);
  if (mounts instanceof Failure || isMalformed(mounts)) {
    throw new NsinspectError('/proc/self/mountinfo cannot be read: what is mounted is not known', {
      code: 'no-mounts',
    });
  }
  return mounts;
}

/**
 * Whether `/` is the mount that the kernel began with, as in an initramfs: it is mounted on nothing, and says itself for the
 * mount that it is on (`show_mountinfo`, fs/proc_namespace.c). pivot_root(2) fails there with EINVAL.
 */
export function isInitialRoot(mounts: readonly MountFacts[]): boolean {
  const root = mounts.findLast((mount) => bytesOf(mount.path) === '/');
  return root !== undefined && root.id === root.parent;
}
