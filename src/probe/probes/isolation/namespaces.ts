/** Probes of the namespaces in which nothing has to be made outside: host names, pids, users, cgroup paths, clocks. */

import { allPids, innerPid } from '../../tasks.ts';
import { invariant, type ProbeDefinition } from '../probe.ts';
import { hostUptime, readProc, tryNamespaceOf, namespaceOf } from './host-view.ts';
import { namespaceProbe } from './namespace-probe.ts';

/** Launchers give the container the name of the probe. */
const HOST_NAME = 'uts-probe';

const uts = namespaceProbe({
  kind: 'uts',
  title: 'a host name set inside is not seen outside',
  look: async ({ inside }) => {
    const within = (await inside.tell('uname -n')).trim();
    const host = readProc('sys/kernel/hostname').trim();
    return {
      invariants: [
        invariant('own-name', 'inside, the name is the one set for the container', within === HOST_NAME, within),
        invariant('name-outside', 'outside, the name is not the one set inside', host !== HOST_NAME, host),
      ],
    };
  },
});

/** Says the pids that are seen, the asking shell's own last: that one is gone when somebody looks from outside. */
const PIDS = `exec sh -c 'for at in /proc/[0-9]*; do echo "\${at#/proc/}"; done; echo $$'`;

const pid = namespaceProbe({
  kind: 'pid',
  title: 'processes outside are neither seen nor reached, and the first process is the own',
  look: async ({ inside, probe }) => {
    const seen = (await inside.tell(PIDS)).trim().split('\n').map(Number);
    const asker = seen.pop();
    const namespace = namespaceOf(probe.pid, 'pid');
    const own = new Set(
      allPids()
        .filter((task) => tryNamespaceOf(task, 'pid') === namespace)
        .map(innerPid),
    );
    const foreign = seen.filter((task) => task !== asker && !own.has(task));
    const signal = await inside.ask(`kill -0 ${process.pid}`);
    return {
      invariants: [
        invariant('own-init', 'pid 1 is a process of the container', own.has(1) && seen.includes(1), listed(seen)),
        invariant('outside-unseen', 'every pid in /proc is of the container', foreign.length === 0, listed(foreign)),
        invariant(
          'outside-unreached',
          `no signal reaches pid ${process.pid}, a process outside`,
          signal.status !== 0 || own.has(process.pid),
          `kill: ${signal.text.trim() || `status ${signal.status}`}`,
        ),
      ],
    };
  },
});

function listed(pids: readonly number[]): string {
  const more = pids.length > 8 ? ` … (${pids.length})` : '';
  return pids.length === 0 ? 'none' : `${pids.slice(0, 8).join(' ')}${more}`;
}

/** Ids that belong to nobody on ordinary hosts: above those of users and of subordinate ranges that useradd(8) hands out. */
const IDS = { inside: 0, outside: 2_000_000_000, count: 65_536 };

/** Where a file of the host's root is in the container. */
const ROOTS_FILE = '/roots-file';

const user = namespaceProbe({
  kind: 'user',
  title: 'root inside is nobody outside: its ids, its files, its capabilities',
  spec: () => ({
    // Opened for appending and never written to.
    binds: [{ source: '/etc/passwd', target: ROOTS_FILE, writable: true }],
    ...(process.geteuid?.() === 0 ? { ids: IDS } : {}),
  }),
  look: async ({ inside, probe }) => {
    const within = (await inside.tell('id -u')).trim();
    const [, real = ''] = /^Uid:\t(\d+)/m.exec(readProc(`${probe.pid}/status`)) ?? [];
    const open = await inside.ask(`: >> ${ROOTS_FILE}`);
    // CAP_MKNOD counts in the initial user namespace alone (vfs_mknod in fs/namei.c asks capable(), not ns_capable()).
    const node = await inside.ask('mknod /tmp/null-device c 1 3');
    return {
      invariants: [
        invariant('root-inside', 'inside, the uid is 0', within === '0', `uid ${within}`),
        invariant('nobody-outside', "outside, the payload's uid is not 0", real !== '0', `uid ${real}`),
        invariant(
          'root-files',
          "a file of the host's root cannot be opened for writing",
          open.status !== 0,
          open.text.trim(),
        ),
        invariant(
          'capabilities',
          'no device node can be made, which needs rights outside',
          node.status !== 0,
          node.text.trim(),
        ),
      ],
    };
  },
});

const cgroup = namespaceProbe({
  kind: 'cgroup',
  title: 'the own cgroup is the root of all paths that are seen',
  look: async ({ inside, probe }) => {
    const lines = (await inside.tell('cat /proc/self/cgroup')).trim().split('\n');
    const outer = readProc(`${probe.pid}/cgroup`).trim().split('\n');
    const joined = outer.filter((line) => line.includes(probe.scope.mark));
    if (joined.length === 0) {
      return {
        invariants: [],
        verdict: 'unsupported',
        why: 'no cgroup could be made for the payload, whose path might be seen',
      };
    }
    const hierarchies = new Set(joined.map((line) => line.slice(0, line.indexOf(':'))));
    const wrong = lines.filter((line) => hierarchies.has(line.slice(0, line.indexOf(':'))) && !line.endsWith(':/'));
    const names = lines.filter((line) => line.includes(probe.scope.mark));
    return {
      invariants: [
        invariant(
          'root-inside',
          'inside, the path is / in every hierarchy that the payload joined',
          wrong.length === 0,
          wrong.join(' ') || `${joined.length} hierarchies`,
        ),
        invariant('outside-unseen', 'no path outside is seen', names.length === 0, names.join(' ') || 'none'),
      ],
    };
  },
});

/** Seconds by which two looks at one clock can differ: the machine may be busy in between. */
const APART = 60;

const time = namespaceProbe({
  kind: 'time',
  title: 'the time since boot is the own, and that outside goes on',
  look: async ({ inside, probe, same }) => {
    // proc_pid_timens_offsets(5): the offsets of the namespace that children of the payload are in, which is its own.
    const [, set = '0'] = /^boottime +(-?\d+)/m.exec(readProc(`${probe.pid}/timens_offsets`)) ?? [];
    const offset = Number(set);
    if (offset === 0 && !same) {
      return {
        invariants: [],
        verdict: 'read-back',
        why: 'the namespace is the own, but the runtime set no offset in it',
      };
    }
    const before = hostUptime();
    const within = Number((await inside.tell('cat /proc/uptime')).split(' ')[0]);
    const after = hostUptime();
    return {
      invariants: [
        invariant(
          'own-clock',
          'inside, the time since boot is that outside and the offset that was set',
          offset !== 0 && Math.abs(within - before - offset) < APART,
          `inside ${within} s, outside ${before} s, offset ${offset} s`,
        ),
        invariant(
          'clock-outside',
          'outside, the time since boot was not set',
          after >= before && after - before < APART,
          `${before} s, then ${after} s`,
        ),
      ],
    };
  },
});

/** See the head of this file. */
export const PLAIN_NAMESPACES: readonly ProbeDefinition[] = [uts, pid, user, cgroup, time];
