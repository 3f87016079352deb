import { describe, expect, it } from 'vitest';

import { checksOf, hidesUncounted } from '../../src/model/doctor.ts';
import { INTERFACES, type Check, type DoctorFacts } from '../../src/schema/doctor.ts';
import { NS_TYPES } from '../../src/schema/namespace.ts';

const FINE: DoctorFacts = {
  interfaces: Object.fromEntries(INTERFACES.map((name) => [name, null])) as DoctorFacts['interfaces'],
  types: NS_TYPES,
  uid: 0,
  capEff: '000001ffffffffff',
  seccomp: 0,
  ptraceScope: null,
  hostRoot: null,
  ownPids: true,
  procOptions: ['rw'],
  inInitial: { user: true, pid: true, cgroup: true },
  tools: { nsenter: '/usr/bin/nsenter' },
};

function find(facts: Partial<DoctorFacts>, name: string): Check | undefined {
  return checksOf({ ...FINE, ...facts }).find((check) => check.name === name);
}

describe('checksOf', () => {
  it('has nothing to say where all is there', () => {
    const checks = checksOf(FINE);
    expect(checks.filter(({ state, lost, remedy }) => state !== 'present' || lost !== null || remedy !== null)).toEqual(
      [],
    );
    expect(hidesUncounted(checks)).toEqual([]);
  });

  it.each([
    ['ENOSYS', 0, 'absent', 'needs Linux 6.8 or newer'],
    ['ENOSYS', 2, 'absent', 'needs Linux 6.8 or newer, or a seccomp profile that allows it'],
    ['EPERM', 2, 'denied', 'needs a seccomp profile that allows it'],
    ['EPERM', 0, 'denied', null],
  ])('tells %s with seccomp mode %i apart', (errno, seccomp, state, remedy) => {
    const facts = { interfaces: { ...FINE.interfaces, listmount: errno }, seccomp };
    expect(find(facts, 'listmount')).toMatchObject({ state, detail: errno, remedy });
  });

  it('names a missing type of namespaces', () => {
    expect(find({ types: NS_TYPES.filter((type) => type !== 'time') }, 'types of namespaces')).toMatchObject({
      state: 'absent',
      lost: 'nothing: this kernel has no namespaces of type time',
    });
  });

  it('does not take capabilities in an inner user namespace for the real ones', () => {
    const facts = { inInitial: { user: false, pid: true, cgroup: null } };
    expect(find(facts, 'CAP_SYS_ADMIN')).toMatchObject({ state: 'denied' });
    expect(find(facts, 'initial cgroup namespace')).toMatchObject({ state: 'unknown' });
  });

  it.each([
    [0, '000001ffffffffff', undefined],
    [1, '000001ffffffffff', 'present'],
    [1, '0000000000000000', 'denied'],
    [3, '000001ffffffffff', 'denied'],
  ])('ptrace_scope %i of Yama', (ptraceScope, capEff, state) => {
    expect(find({ ptraceScope, capEff }, 'tracing despite Yama')?.state).toBe(state);
  });

  it('knows what hides processes without a count', () => {
    const facts = { ...FINE, capEff: '0000000000000000', procOptions: ['rw', 'hidepid=invisible'] };
    const checks = checksOf({ ...facts, inInitial: { ...FINE.inInitial, pid: null } });
    expect(hidesUncounted(checks).map(({ name }) => name)).toEqual(['initial pid namespace', 'processes of others']);
  });
});
