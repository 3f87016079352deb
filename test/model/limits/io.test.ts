import { describe, expect, test } from 'vitest';

import { ioLimits } from '../../../src/model/limits/io.ts';
import { about, reachesOf, shortly, word, type MadeHierarchy } from './made-cgroups.ts';

const WRITE = 'blkio.throttle.write_bps_device';
const READ = 'blkio.throttle.read_bps_device';

describe('disks on v1', () => {
  const made = (parent: string, child: string): MadeHierarchy => ({
    controllers: ['blkio'],
    chain: [
      ['/', { [WRITE]: '', [READ]: '' }],
      ['/a', { [WRITE]: parent, [READ]: '' }],
      ['/a/b', { [WRITE]: child, [READ]: '' }],
    ],
  });

  test('flat: the limit of a parent does not bind, and the answer says so', () => {
    const limit = about(ioLimits(reachesOf([made('8:0 2097152', '')])), 'io.wbps');
    expect(shortly(limit)).toEqual(['max', null]);
    expect(limit?.device).toBe('8:0');
    expect(limit?.chain.map(({ path, limit: said }) => [path, word(said)])).toEqual([
      ['/a/b', 'max'],
      ['/a', '2097152'],
      ['/', 'max'],
    ]);
    expect(limit?.notes).toEqual([expect.stringContaining('limits of ancestors do not bind')]);
  });

  test('flat: the own limit binds though the parent has a tighter one', () => {
    const limit = about(ioLimits(reachesOf([made('8:0 1024', '8:0 4096\n254:0 8192')])), 'io.wbps', '8:0');
    expect(shortly(limit)).toEqual(['4096', `/a/b ${WRITE}`]);
    expect(limit?.notes).toHaveLength(2);
  });

  test('each device by itself; one answer about all where none is limited', () => {
    const limits = ioLimits(reachesOf([made('', '8:0 4096\n254:0 8192')]));
    expect(limits.map((one) => [one.resource, one.device, shortly(one)])).toEqual([
      ['io.rbps', undefined, ['max', null]],
      ['io.wbps', '254:0', ['8192', `/a/b ${WRITE}`]],
      ['io.wbps', '8:0', ['4096', `/a/b ${WRITE}`]],
      ['io.riops', undefined, ['max', null]],
      ['io.wiops', undefined, ['max', null]],
    ]);
  });

  test('one that is denied is unknown, whatever the parent has', () => {
    const hierarchy: MadeHierarchy = {
      controllers: ['blkio'],
      chain: [
        ['/', {}],
        ['/a', { [WRITE]: '8:0 1024' }],
        ['/a/b', { [WRITE]: { unknown: 'denied' } }],
      ],
    };
    expect(shortly(about(ioLimits(reachesOf([hierarchy])), 'io.wbps'))).toEqual([
      `unknown: ${WRITE} of /a/b: denied`,
      null,
    ]);
  });
});

describe('disks on v2', () => {
  const made = (parent: string, child: string): MadeHierarchy => ({
    version: 2,
    controllers: ['io'],
    chain: [
      ['/', {}],
      ['/a', { 'io.max': parent }],
      ['/a/b', { 'io.max': child, 'io.weight': 'default 150\n8:0 20' }],
    ],
  });

  test('the least along the ancestors, a device and a kind at a time', () => {
    const limits = ioLimits(
      reachesOf([
        made(
          '8:0 rbps=1000 wbps=max riops=max wiops=50\n8:16 rbps=7 wbps=max riops=max wiops=max',
          '8:0 rbps=2000 wbps=300 riops=max wiops=50',
        ),
      ]),
    );
    expect(limits.map((one) => [one.resource, one.device, shortly(one)])).toEqual([
      ['io.rbps', '8:0', ['1000', '/a io.max']],
      ['io.rbps', '8:16', ['7', '/a io.max']],
      ['io.wbps', '8:0', ['300', '/a/b io.max']],
      ['io.riops', undefined, ['max', null]],
      ['io.wiops', '8:0', ['50', '/a/b io.max']],
      ['io.weight', undefined, ['150', '/a/b io.weight']],
    ]);
    expect(about(limits, 'io.rbps', '8:0')?.chain.map(({ limit }) => word(limit))).toEqual(['2000', '1000']);
  });

  test('empty files: no limit, and the chain shows where there could be one', () => {
    const limits = ioLimits(reachesOf([made('', '')]));
    expect(shortly(about(limits, 'io.rbps'))).toEqual(['max', null]);
    expect(about(limits, 'io.rbps')?.chain.map(({ path }) => path)).toEqual(['/a/b', '/a']);
  });
});
