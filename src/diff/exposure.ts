/** Ways out of a container that are open from its start. */
import { capabilityNames } from '../model/capabilities.ts';
import type { Container } from '../model/containers.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import { wayOut } from '../model/mounts/way-out.ts';
import { mountsOf } from './mount-origin.ts';
import type { Side } from './side.ts';

/** With one of these in the host's user namespace a process can do as it likes on the host (capabilities(7)). */
const STRONG: ReadonlySet<string> = new Set([
  'sys_admin',
  'sys_module',
  'sys_rawio',
  'sys_ptrace',
  'dac_read_search',
  'mac_admin',
  'bpf',
]);

/** Namespaces that a container of the usual kind has of its own. */
const OWN: ReadonlySet<string> = new Set(['mnt', 'pid', 'net', 'ipc', 'uts']);

/**
 * What it has of the host that a container of the usual kind has not. A sandbox in a user namespace of its own is spared
 * what it shares: it has the rights of its user, whatever it sees.
 */
export function exposureOf(side: Side, container: Container): string[] {
  const leader = side.leaderOf(container);
  if (leader === undefined) return [];
  const user = side.nsOf(leader, NS_TYPES.indexOf('user'));
  const found: string[] = [];
  if (user !== null && side.isHostNs(user)) {
    for (const [i, type] of NS_TYPES.entries()) {
      const ref = OWN.has(type) ? side.nsOf(leader, i) : null;
      if (ref !== null && side.isHostNs(ref)) found.push(`the host's ${type} namespace`);
    }
    const status = leader.detail?.status;
    const strong = status === undefined ? [] : capabilityNames(status.capEff).filter((name) => STRONG.has(name));
    found.push(...strong.map((name) => `CAP_${name.toUpperCase()}`));
    if (status?.seccomp === 0) found.push('no seccomp');
  }
  for (const { facts, origin } of mountsOf(side, leader)) {
    const way = wayOut(facts, origin);
    if (way?.isGrave === true) found.push(way.text);
  }
  return [...new Set(found)];
}
