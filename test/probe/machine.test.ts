import { describe, expect, it } from 'vitest';

import { Failure, type Dir, type Host } from '../../src/host/port.ts';
import { readMachine, stateBetween, type MachineCounters } from '../../src/probe/machine.ts';

/** A host whose /proc has these files and nothing else. */
function hostWith(files: Readonly<Record<string, string>>): Host {
  const dir = {
    path: '/proc',
    read: (name: string) => files[name] ?? new Failure('absent', 'ENOENT'),
    close: () => undefined,
  };
  return { open: () => dir as unknown as Dir } as unknown as Host;
}

const PRESSURE = 'some avg10=0.00 avg60=0.00 avg300=0.00 total=250000\n';

describe('readMachine', () => {
  it('reads steal and pressure', () => {
    const host = hostWith({ stat: 'cpu  10 0 10 70 0 0 0 10 0 0\n', 'pressure/cpu': PRESSURE });
    expect(readMachine(host, 5)).toEqual({
      cpu: { total: 100, steal: 10 },
      pressure: { cpu: 250_000, memory: null, io: null },
      at: 5,
    });
  });

  it('takes what cannot be understood for not known', () => {
    const { cpu, pressure } = readMachine(hostWith({ stat: 'cpu?\n', 'pressure/io': 'full\n' }), 0);
    expect({ cpu, pressure }).toEqual({ cpu: null, pressure: { cpu: null, memory: null, io: null } });
  });
});

describe('stateBetween', () => {
  const counters = (change: Partial<MachineCounters>): MachineCounters => ({
    cpu: { total: 1000, steal: 50 },
    pressure: { cpu: 1_000_000, memory: 0, io: null },
    at: 10_000,
    ...change,
  });

  it('gives shares of the time between', () => {
    const after = counters({
      cpu: { total: 1200, steal: 60 },
      pressure: { cpu: 1_250_000, memory: 0, io: null },
      at: 11_000,
    });
    expect(stateBetween(counters({}), after)).toEqual({ steal: 0.05, pressure: { cpu: 0.25, memory: 0, io: null } });
  });

  it('never tells more than the whole time', () => {
    const after = counters({ pressure: { cpu: 3_000_000, memory: 0, io: null }, at: 11_000 });
    expect(stateBetween(counters({}), after).pressure.cpu).toBe(1);
  });

  it('knows nothing where no time has passed or a counter is missing', () => {
    expect(stateBetween(counters({}), counters({}))).toEqual({
      steal: null,
      pressure: { cpu: null, memory: null, io: null },
    });
    expect(stateBetween(counters({ cpu: null }), counters({ at: 11_000 })).steal).toBeNull();
  });
});
