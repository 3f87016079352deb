/**
 * net_prio: packets that leave through a device bear the priority that the cgroup has for it (`skb_update_prio`). It knows
 * devices of the first network namespace alone, so that the payload and the rules that count are in that one.
 */
import type { LaunchSpec } from '../../launch/launcher.ts';
import { DEFAULT_NAMESPACES } from '../../launch/native.ts';
import { tryNamespaceOf, namespaceOf } from '../isolation/host-view.ts';
import { atGate, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';
import { lackOfMachine } from './own-machine.ts';
import { lackOfPrograms, markedTrial, SEND } from './packets.ts';
import { readBack, showsKeyed } from './read-back.ts';

const FILE = 'net_prio.ifpriomap';
const PRIORITY = 5;
const VALUE = `lo ${PRIORITY}`;

function lackOf(context: ProbeContext): string | null {
  const isFirst = namespaceOf('self', 'net') === tryNamespaceOf(1, 'net');
  return (
    lackOfPrograms() ??
    (isFirst ? null : 'this network namespace is not the first one') ??
    lackOfMachine(context, 'it counts packets of the first network namespace')
  );
}

async function run(context: ProbeContext): Promise<Trial> {
  const why = lackOf(context);
  if (why !== null) {
    return await readBack(context, {
      ...{ controller: 'net_prio', file: FILE, why },
      value: () => VALUE,
      shows: showsKeyed,
    });
  }
  const settings = [{ controller: 'net_prio', file: FILE, value: VALUE }];
  const namespaces = DEFAULT_NAMESPACES.filter((name) => name !== 'net');
  const spec: LaunchSpec = { name: 'net-prio', script: SEND, settings, namespaces };
  return await atGate(context, spec, (probe) =>
    markedTrial(probe, spec, {
      family: 'netdev',
      hook: 'egress device "lo" priority 0',
      // 0:5 is how nft writes the priority 5, as a class of a queueing discipline.
      select: `meta priority 0:${PRIORITY}`,
      promise: 'every datagram has the priority',
    }),
  );
}

/** The probe. */
export const NET_PRIO: ProbeDefinition = {
  id: 'limits/net-prio',
  suite: 'limits',
  title: 'net_prio: packets have the priority of the cgroup',
  subject: 'net_prio',
  needs: [[{ controller: 'net_prio', version: 1, file: FILE }]],
  rounds: 'first',
  quick: true,
  run,
};
