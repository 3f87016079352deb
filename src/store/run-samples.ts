/** Samples of a metric as the store keeps them: columns of numbers. */
import type { Sample } from '../schema/bench.ts';

type Numbers = readonly (number | null)[] | number | null;

/** One column a member; a column of equal numbers is that number alone, and rounds that count from 0 are null. */
interface SampleColumns {
  readonly value: Numbers;
  readonly round: readonly number[] | null;
  readonly steal: Numbers;
  readonly cpu: Numbers;
  readonly memory: Numbers;
  readonly io: Numbers;
}

/** The samples, which are one at least, as JSON. */
export function encodeSamples(samples: readonly Sample[]): string {
  const rounds = samples.map(({ round }) => round);
  const columns: SampleColumns = {
    value: folded(samples.map(({ value }) => value)),
    round: rounds.every((round, at) => round === at) ? null : rounds,
    steal: folded(samples.map(({ steal }) => steal)),
    cpu: folded(samples.map(({ pressure }) => pressure.cpu)),
    memory: folded(samples.map(({ pressure }) => pressure.memory)),
    io: folded(samples.map(({ pressure }) => pressure.io)),
  };
  return JSON.stringify(columns);
}

/** More are in no run: a forged number of them is not to take up all the memory. */
const MOST = 200_000;

/** The `n` samples of that JSON. What is not such JSON gives samples that no schema lets pass, or a SyntaxError, TypeError or RangeError. */
export function decodeSamples(text: string, n: number): Sample[] {
  if (n > MOST) throw new RangeError('more samples than a run can have');
  const { value, round, steal, cpu, memory, io } = JSON.parse(text) as SampleColumns;
  return Array.from({ length: n }, (_, at) => ({
    // What a forged list lacks is found when the run is checked.
    value: numberAt(value, at) ?? NaN,
    round: round === null ? at : (round[at] ?? NaN),
    steal: numberAt(steal, at),
    pressure: { cpu: numberAt(cpu, at), memory: numberAt(memory, at), io: numberAt(io, at) },
  }));
}

function folded(numbers: readonly (number | null)[]): Numbers {
  const [first = null] = numbers;
  return numbers.every((number) => number === first) ? first : numbers;
}

function numberAt(numbers: Numbers, at: number): number | null {
  return typeof numbers === 'number' || numbers === null ? numbers : (numbers[at] as number | null);
}
