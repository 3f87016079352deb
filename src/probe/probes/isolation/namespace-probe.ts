/** The frame of the probes of namespaces: a container that has one of its own, and what it must not see or touch then. */
import type { Invariant, Setting } from '../../../schema/bench.ts';
import { NsinspectError } from '../../../text/error.ts';
import type { LaunchSpec, OwnNamespace, Probe } from '../../launch/launcher.ts';
import { invariant, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';
import { namespaceOf } from './host-view.ts';
import { talking, type Talk } from './talk.ts';

/** What every runtime separates when asked for nothing. */
const COMMON: readonly OwnNamespace[] = ['ipc', 'mnt', 'net', 'pid', 'uts'];

/** Of these not every runtime can make one: that it cannot is said, and is no failure of isolation. */
const OPTIONAL: readonly OwnNamespace[] = ['cgroup', 'time', 'user'];

/** The two sides of a container that is being looked at. */
export interface Sides {
  readonly inside: Talk;
  readonly probe: Probe;
  readonly context: ProbeContext;
  /** Whether the payload is in the same namespace as this process: then nothing may be changed through it. */
  readonly same: boolean;
}

/** What was found; invariants besides that of {@link namespaceProbe}. */
export interface Found {
  readonly invariants: readonly Invariant[];
  /** What was left out, or is worth saying. */
  readonly why?: string;
  /** As that of a trial. */
  readonly verdict?: NonNullable<Trial['verdict']>;
}

/** Options of {@link namespaceProbe}. */
export interface NamespaceProbe {
  readonly kind: OwnNamespace;
  readonly title: string;
  /** What to launch besides the namespaces. */
  readonly spec?: (context: ProbeContext) => Partial<LaunchSpec>;
  readonly look: (sides: Sides) => Promise<Found>;
}

/** Makes a probe. The namespace itself is held against that of this process, as the kernel numbers them. */
export function namespaceProbe({ kind, title, spec = () => ({}), look }: NamespaceProbe): ProbeDefinition {
  return {
    id: `isolation/namespace/${kind}`,
    suite: 'isolation',
    title,
    subject: kind,
    needs: [[]],
    rounds: 'first',
    quick: true,
    run: async (context): Promise<Trial> => {
      const namespaces = COMMON.includes(kind) ? COMMON : [...COMMON, kind];
      const set: Setting[] = [{ name: 'namespaces', value: namespaces.join(' ') }];
      const progress = { launched: false };
      try {
        return await talking(
          context,
          { ...spec(context), name: `${kind}-probe`, namespaces },
          async (inside, probe) => {
            progress.launched = true;
            const own = (await inside.tell(`readlink /proc/self/ns/${kind}`)).trim();
            const outer = namespaceOf('self', kind);
            const { invariants, ...found } = await look({ inside, probe, context, same: own === outer });
            const separate = invariant(
              'own-namespace',
              `the payload's ${kind} namespace is not the host's`,
              own !== outer,
              `inside ${own}, outside ${outer}`,
            );
            return { set, invariants: [separate, ...invariants], measures: [], ...found };
          },
        );
      } catch (error) {
        if (progress.launched || !OPTIONAL.includes(kind) || !(error instanceof NsinspectError)) throw error;
        return { set, invariants: [], measures: [], verdict: 'unsupported', why: error.message };
      }
    },
  };
}
