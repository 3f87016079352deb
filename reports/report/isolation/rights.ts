/** Rights at a glance: what the first process of a container may do, as the kernel says it in `/proc/PID/status`. */
import { capabilityNames } from '../../../src/model/capabilities.ts';
import type { Outcome } from '../../../src/schema/outcome.ts';
import type { ProcessFacts, TasksFacet } from '../../../src/schema/tasks.ts';

/** The rights of one container. */
export type Rights =
  | { readonly kind: 'unknown'; readonly outcome: Outcome }
  | {
      readonly kind: 'known';
      /** Effective capabilities, by number. */
      readonly capabilities: readonly string[];
      /** It has every capability that this kernel knows. */
      readonly hasAll: boolean;
      /** `off`, `strict`, `filter`; null: this kernel does not say. */
      readonly seccomp: string | null;
      /** Whether `execve` can give it no more rights; null: this kernel does not say. */
      readonly noNewPrivs: boolean | null;
    };

/** Modes as proc(5) numbers them. */
const SECCOMP = ['off', 'strict', 'filter'];

/** Gives the rights of processes. What a kernel knows of capabilities shows in the bounding sets of its processes. */
export function rightsOf({ processes }: TasksFacet): (leader: ProcessFacts | null) => Rights {
  let every = 0n;
  for (const { detail } of processes) if (detail?.status !== undefined) every |= BigInt(`0x${detail.status.capBnd}`);
  return (leader) => {
    const status = leader?.detail?.status;
    if (status === undefined) return { kind: 'unknown', outcome: leader?.detail?.unknown?.status ?? 'not collected' };
    const { capEff, seccomp, noNewPrivs } = status;
    return {
      kind: 'known',
      capabilities: capabilityNames(capEff),
      hasAll: every !== 0n && BigInt(`0x${capEff}`) === every,
      seccomp: seccomp === null ? null : (SECCOMP[seccomp] ?? String(seccomp)),
      noNewPrivs,
    };
  };
}

/** How many capabilities, in a word. */
export function capabilitiesText(rights: Rights): string {
  if (rights.kind === 'unknown') return '?';
  return rights.hasAll ? 'all' : rights.capabilities.length === 0 ? 'none' : String(rights.capabilities.length);
}

/**
 * Capabilities with which whoever has them in the host's user namespace gets out of a container by that alone
 * (capabilities(7)): mounts and namespaces, modules, raw memory and ports, files by handle, programs in the kernel.
 */
const STRONG: ReadonlySet<string> = new Set(['sys_admin', 'sys_module', 'sys_rawio', 'dac_read_search', 'bpf']);

/** Those of these rights. */
export function strongOf(rights: Rights): string[] {
  return rights.kind === 'unknown' ? [] : rights.capabilities.filter((name) => STRONG.has(name));
}
