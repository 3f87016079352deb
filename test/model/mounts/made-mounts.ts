/** Tables of mounts as a test writes them down: lines of mountinfo, read by the parser that a capture uses. */
import { parseMountinfo } from '../../../src/parse/mountinfo.ts';
import type { MountFacts, MountTable } from '../../../src/schema/mounts.ts';

/** The table of a mount namespace, from the lines of a task's mountinfo. */
export function tableOf(mntns: number, lines: readonly string[], root = '/'): MountTable {
  return { mntns, pid: mntns, root, mounts: parseMountinfo(lines.map((line) => `${line}\n`).join('')) as MountFacts[] };
}
