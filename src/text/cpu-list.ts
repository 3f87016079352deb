/** CONFIG_NR_CPUS and MAX_NUMNODES are 8,192 at the most; a forged capture must not make a larger list than this. */
const MOST = 1 << 16;

/**
 * The numbers in a list of CPUs or memory nodes as the kernel writes it (cpuset(7), "List format"; `bitmap_list_string` in
 * lib/vsprintf.c): `0-3,8`, ascending. An empty text is none; a newline at the end does not count. Null for any other text, a
 * range that runs backwards, and a number from 65,536 on.
 */
export function parseCpuList(text: string): readonly number[] | null {
  const list = text.replace(/\n$/, '');
  if (list === '') return [];
  const numbers = new Set<number>();
  for (const range of list.split(',')) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    const from = Number(first);
    const to = Number(last);
    // A comparison with NaN is false.
    if (!(from <= to && to < MOST)) return null;
    for (let cpu = from; cpu <= to; cpu++) numbers.add(cpu);
  }
  return [...numbers].sort((a, b) => a - b);
}

/** The list of these numbers as the kernel would write it: the inverse of {@link parseCpuList}. */
export function formatCpuList(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const cpu of [...new Set(numbers)].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range?.[1] === cpu - 1) range[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}
