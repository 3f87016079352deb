/** net_cls: sockets that a task makes bear the class of its cgroup, by which rules select their packets (`sock_update_classid`). */
import { spawnSync } from 'node:child_process';

import type { LaunchSpec } from '../../launch/launcher.ts';
import { NsinspectError } from '../../../text/error.ts';
import { namespaceOf } from '../isolation/host-view.ts';
import { atGate, settingsOf, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';
import { lackOfPrograms, markedTrial, SEND } from './packets.ts';
import { readBack, readBackOf } from './read-back.ts';

const FILE = 'net_cls.classid';
/** 0x10001, the class 1:1. */
const CLASS = 65_537;

async function run(context: ProbeContext): Promise<Trial> {
  const lack = lackOfPrograms();
  if (lack !== null) return await readBack(context, readBackOf('net_cls', FILE, CLASS, lack));
  const settings = [{ controller: 'net_cls', file: FILE, value: String(CLASS) }];
  const spec: LaunchSpec = { name: 'net-cls', script: SEND, settings };
  return await atGate(context, spec, async (probe) => {
    if (namespaceOf(probe.pid, 'net') === namespaceOf('self', 'net')) {
      const why = 'the container has no network namespace of its own, and rules would be everybody’s';
      return { set: settingsOf(spec), invariants: [], measures: [], verdict: 'unsupported', why };
    }
    const up = spawnSync('nsenter', [`--net=/proc/${probe.pid}/ns/net`, 'ip', 'link', 'set', 'lo', 'up'], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    if (up.status !== 0) throw new NsinspectError(`ip: ${up.stderr.trim()}`, { code: 'probe-failed' });
    return await markedTrial(probe, spec, {
      family: 'inet',
      hook: 'output priority 0',
      select: `meta cgroup ${CLASS}`,
      promise: 'every datagram bears the class',
    });
  });
}

/** The probe. */
export const NET_CLS: ProbeDefinition = {
  id: 'limits/net-cls',
  suite: 'limits',
  title: 'net_cls: packets bear the class of the cgroup',
  subject: 'net_cls',
  needs: [[{ controller: 'net_cls', version: 1, file: FILE }]],
  rounds: 'first',
  quick: true,
  run,
};
