/**
 * No way around a limit of memory through swap: what is over it would be swapped out instead of killed.
 *
 * v1 without memory.memsw.* (`swapaccount=0`, or no CONFIG_MEMCG_SWAP) has memory.swappiness: in reclaim for a cgroup's limit, 0 leaves
 * all anonymous memory where it is, while for the whole machine it only makes it the last resort (`get_scan_count` in mm/vmscan.c). It
 * is that of the group whose pages are looked at, not of the one that has the limit.
 */
import type { CgroupSetting } from '../../launch/launcher.ts';
import type { World } from '../world.ts';
import { totalSwap } from './own-machine.ts';

/** Settings that keep a group out of swap, to be made after its limit of memory; or why there are none and swap is in the way. */
export type NoSwap = { readonly settings: readonly CgroupSetting[] } | { readonly lack: string };

/**
 * How a limit of `bytes` gets no way around it. `group`: the one above the payload's that has it, where it is not the
 * payload's own. `swap`: bytes of swap that this machine has.
 */
export function noSwap(
  world: Pick<World, 'version' | 'has'>,
  { bytes, group }: { readonly bytes: number; readonly group?: string },
  swap = totalSwap(),
): NoSwap {
  const at = group === undefined ? {} : { group };
  const isV1 = world.version('memory') === 1;
  const file = isV1 ? 'memory.memsw.limit_in_bytes' : 'memory.swap.max';
  if (world.has('memory', file)) {
    // v1: a limit of both together, never below that of memory alone, hence after it.
    return { settings: [{ controller: 'memory', file, value: isV1 ? String(bytes) : '0', ...at }] };
  }
  if (swap === 0) return { settings: [] };
  if (!isV1 || !world.has('memory', 'memory.swappiness')) {
    return { lack: `there is swap (${swap} bytes), and without ${file} nothing keeps a payload out of it` };
  }
  const swappiness = { controller: 'memory', file: 'memory.swappiness', value: '0' };
  return { settings: group === undefined ? [swappiness] : [{ ...swappiness, group }, swappiness] };
}
