import { describe, expect, test } from 'vitest';

import { isolationOf, type Isolation, type Keeping } from '../../src/model/isolation.ts';
import { NS_TYPES, type NsType } from '../../src/schema/namespace.ts';
import { MadeHost } from '../report/made-world.ts';
import { worldOf } from '../support/world.ts';

/** The isolation of the containers of a made host, by name. */
function isolationsOf(host: MadeHost): Map<unknown, Isolation> {
  const world = worldOf(host.capture());
  const all = isolationOf(world.joined, world.tasks, world.namespaces);
  return new Map(all.map((isolation) => [isolation.container.name, isolation]));
}

function keeping(isolation: Isolation | undefined, type: NsType): Keeping {
  return isolation!.keepings[NS_TYPES.indexOf(type)]!;
}

function standings(isolation: Isolation | undefined): string {
  return isolation!.keepings.map(({ standing }) => standing).join(' ');
}

const pids = (processes: readonly { readonly pid: number }[]) => processes.map(({ pid }) => pid);

describe('whose namespaces a container lives in', () => {
  test("its own, and the host's", () => {
    const host = new MadeHost();
    host.container('web', { share: { ipc: 'host' } });
    // user mnt pid net ipc uts cgroup time
    expect(standings(isolationsOf(host).get('web'))).toBe('host own own own host own host host');
  });

  test('those of another container: both share, and each names the other', () => {
    const host = new MadeHost();
    host.container('web');
    host.container('side', { share: { net: { of: 'web' } } });
    const all = isolationsOf(host);
    for (const [name, other] of [
      ['web', 'side'],
      ['side', 'web'],
    ]) {
      const { standing, peers } = keeping(all.get(name), 'net');
      expect([standing, peers.map((peer) => peer.name)]).toEqual(['shared', [other]]);
      expect(keeping(all.get(name), 'pid').standing).toBe('own');
    }
  });

  test('one that processes of no container were in before', () => {
    const host = new MadeHost();
    const net = host.namespace('net');
    const daemon = host.process({ ns: { net } });
    host.container('inner', { share: { net } });
    const later = host.process({ ns: { net } });
    const { standing, outsiders, visitors } = keeping(isolationsOf(host).get('inner'), 'net');
    expect([standing, pids(outsiders), visitors]).toEqual(['shared', [daemon, later], []]);
  });

  test('who came later visits, and the namespace is still its own', () => {
    const host = new MadeHost();
    host.container('web', { processes: 2 });
    const visitor = host.process({ ns: { net: host.of('web', 'net') } });
    const { standing, outsiders, visitors } = keeping(isolationsOf(host).get('web'), 'net');
    expect([standing, outsiders, pids(visitors)]).toEqual(['own', [], [visitor]]);
  });

  test('a visitor of two that share is a visitor of both, whichever came first', () => {
    const host = new MadeHost();
    host.container('web');
    const visitor = host.process({ ns: { net: host.of('web', 'net') } });
    host.container('side', { share: { net: { of: 'web' } } });
    const all = isolationsOf(host);
    for (const name of ['web', 'side']) {
      const { standing, outsiders, visitors } = keeping(all.get(name), 'net');
      expect([name, standing, outsiders, pids(visitors)]).toEqual([name, 'shared', [], [visitor]]);
    }
  });

  test('a process of another container is no member of that one', () => {
    const host = new MadeHost();
    host.container('web');
    host.container('spy');
    const leader = host.container('spy-two', { processes: 1 });
    const world = worldOf(host.capture());
    const spy = world.tasks.processes.find(({ pid }) => pid === leader)!;
    const processes = [
      ...world.tasks.processes,
      {
        ...spy,
        pid: 900,
        ppid: leader,
        start: 9000,
        ns: spy.ns.map((inum, i) => (NS_TYPES[i] === 'net' ? host.of('web', 'net') : inum)),
      },
    ];
    const { capture } = world;
    const joined = worldOf({ ...capture, tasks: { ...world.tasks, processes } });
    const all = isolationOf(joined.joined, joined.tasks, joined.namespaces);
    const web = all.find(({ container }) => container.name === 'web');
    expect([keeping(web, 'net').standing, pids(keeping(web, 'net').visitors)]).toEqual(['own', [900]]);
  });

  test('what may not be read is unknown, with the reason', () => {
    const host = new MadeHost();
    host.container('locked', { share: { mnt: 'denied' } });
    const { standing, outcome, inum } = keeping(isolationsOf(host).get('locked'), 'mnt');
    expect([standing, outcome, inum]).toEqual(['unknown', 'denied', null]);
  });

  test("where it is not known which are the host's, nothing is called own", () => {
    const host = new MadeHost();
    host.container('web');
    const capture = host.capture();
    const namespaces = {
      ...capture.namespaces!,
      namespaces: capture.namespaces!.namespaces.map(({ initial: _, ...facts }) => ({
        ...facts,
        unknown: { ...facts.unknown, initial: 'denied' as const },
      })),
    };
    const world = worldOf({ ...capture, namespaces });
    const [web] = isolationOf(world.joined, world.tasks, world.namespaces);
    expect(standings(web)).toBe('unknown unknown unknown unknown unknown unknown unknown unknown');
    expect(new Set(web!.keepings.map(({ outcome }) => outcome))).toEqual(new Set(['denied']));
  });
});
