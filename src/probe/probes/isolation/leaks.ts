/** The probes of leaks. */
import type { ProbeDefinition } from '../probe.ts';
import { leakProbe } from './leak.ts';
import { KERNEL_LEAKS, WRITABLE_LEAKS } from './leak-promises.ts';
import { IDENTITY_LEAKS, RESOURCE_LEAKS } from './leak-views.ts';

/** One a group: what a runtime promises to keep away, and what is seen anyhow. */
export const LEAKS: readonly ProbeDefinition[] = [RESOURCE_LEAKS, IDENTITY_LEAKS, WRITABLE_LEAKS, KERNEL_LEAKS].map(
  leakProbe,
);
