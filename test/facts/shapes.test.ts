import { describe, expect, it } from 'vitest';

import { FileCutter, Shape } from '../../src/facts/shapes.ts';
import type { FileValue } from '../../src/schema/cgroups.ts';

const files: Readonly<Record<string, FileValue>> = {
  'memory.max': { kind: 'number', value: '1000' },
  'memory.current': { kind: 'number', value: '18446744073709551615' },
  'cpu.stat': { kind: 'keyed', entries: [['usage_usec', '12']] },
  'cpu.pressure': { kind: 'nested', entries: [{ key: 'some', values: { avg10: '0.50', total: '7' } }] },
  'acme.stat': { kind: 'lines', lines: [['total=6', 'N0=6']] },
  'acme.level': { kind: 'text', text: '42\n', malformed: false },
};

describe('files of a cgroup', () => {
  const cutter = new FileCutter();
  const cut = cutter.cut(files, 2);
  const shape = new Shape(cutter.shapes.get(cut.shape!)!);

  it('are apart into settings and numbers', () => {
    expect(Object.keys(cut.still)).toEqual(['memory.max']);
    expect(Object.fromEntries([...Object.entries(cut.still), ...shape.files(cut.numbers)])).toEqual(files);
  });

  it('keep numbers that JavaScript would spoil as texts', () => {
    expect(JSON.parse(cut.numbers)).toContain('18446744073709551615');
    expect(JSON.parse(cut.numbers)).toContain(0.5);
  });

  it('have a name for each number', () => {
    expect(shape.names()).toEqual([
      'memory.current',
      'cpu.stat usage_usec',
      'cpu.pressure some avg10',
      'cpu.pressure some total',
      'acme.stat total',
      'acme.stat N0',
      'acme.level',
    ]);
  });

  it('share a shape where they differ in numbers alone', () => {
    const other = cutter.cut({ ...files, 'memory.current': { kind: 'number', value: '1' } }, 2);
    expect(other.shape).toBe(cut.shape);
    expect(cutter.cut({ ...files, 'memory.current': { kind: 'max' } }, 2).shape).not.toBe(cut.shape);
  });
});
