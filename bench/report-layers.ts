/** What of the report is about layers. It stands by itself: it can be measured alone. */
import type { Measurement } from './measure.ts';
import { count, mb, ms, table, targetTable, type Target } from './table.ts';

/** What was measured with one made data root. */
export interface StoreResult {
  readonly containers: number;
  readonly images: number;
  /** Of each image. */
  readonly layers: number;
  readonly peers: ReadonlyMap<string, Measurement>;
}

/** What was measured with one stack of layers that have content. */
export interface StackResult {
  readonly layers: number;
  readonly files: number;
  readonly bytes: number;
  readonly peers: ReadonlyMap<string, Measurement>;
}

/** All that was measured of layers. */
export interface LayerResults {
  readonly rounds: number;
  readonly stores: readonly StoreResult[];
  readonly stacks: readonly StackResult[];
}

const HEADING = '\n## Layers\n';
const ALL = 'nsinspect layers --all';
const VERIFY = 'nsinspect layers --verify';
const SUMS = 'sha256sum';

/** Containers and images for which there is a target. */
const AIM = { containers: 200, images: 20 };

/** The section; `machine` says what it was measured on. */
export function layersSection({ rounds, stores, stacks }: LayerResults, machine: string): string {
  const [store] = stores;
  return `${HEADING}
Data roots of Docker, made by the benchmark: \`npm run bench -- --only layers\` measures this section alone. Medians of ${rounds} rounds
on ${machine}.

${targetTable([...storeTargets(stores), ...stacks.map(stackTarget)])}

\`layers --all\`: images of ${store?.layers ?? 0} layers, of which some are common to several images. No container runs or is mounted, which
leaves out what processes and mounts cost.
${stores.map(storeSection).join('')}${storeGrowth(stores)}
\`layers --verify\` makes the archive of each layer again from its directory and its tar-split, and hashes it; \`sha256sum\`, by \`find\` and
\`xargs\`, reads the same files in the same rounds. All of them are in the page cache. What is measured is layers that are as they
were: of one that is not, files are read a second time.
${stacks.map(stackSection).join('')}`;
}

function storeTargets(stores: readonly StoreResult[]): Target[] {
  const aim = stores.find(({ containers, images }) => containers === AIM.containers && images === AIM.images);
  return [
    [`\`layers --all\` at ${AIM.containers} containers of ${AIM.images} images`, wall(aim?.peers, ALL), 1500, ms],
  ];
}

/** One and a half times the time of sha256sum, and 20 ms a layer. */
function stackTarget({ layers, bytes, peers }: StackResult): Target {
  return [
    `\`layers --verify\` of ${layers} layers, ${mb(bytes / 2 ** 20)}`,
    wall(peers, VERIFY),
    1.5 * wall(peers, SUMS) + 20 * layers,
    ms,
  ];
}

function wall(peers: ReadonlyMap<string, Measurement> | undefined, name: string): number {
  return peers?.get(name)?.wallMs ?? NaN;
}

function storeSection({ containers, images, peers }: StoreResult): string {
  return `
### ${count(containers)} containers of ${count(images)} images

${table(
  ['command', 'wall', 'CPU', 'memory'],
  [...peers].map(([name, one]) => [`\`${name}\``, ms(one.wallMs), ms(one.cpuMs), mb(one.peakMb)]),
)}
`;
}

function storeGrowth(stores: readonly StoreResult[]): string {
  const names = [...(stores[0]?.peers.keys() ?? [])];
  return `
### Growth with containers

Milliseconds of CPU time for each container that is added from one size to the next: what grows linearly has the same in each column.

${table(
  ['command', ...stores.slice(1).map(({ containers }, i) => `${stores[i]?.containers ?? 0} to ${containers}`)],
  names.map((name) => [
    `\`${name}\``,
    ...stores.slice(1).map((store, i) => {
      const before = stores[i];
      const ofCpu = (store.peers.get(name)?.cpuMs ?? NaN) - (before?.peers.get(name)?.cpuMs ?? NaN);
      return (ofCpu / (store.containers - (before?.containers ?? NaN))).toFixed(2);
    }),
  ]),
)}
`;
}

function stackSection({ layers, files, bytes, peers }: StackResult): string {
  return `
### ${layers} layers, ${count(files)} files, ${mb(bytes / 2 ** 20)}

${table(
  ['command', 'wall', 'of sha256sum', 'CPU', 'memory'],
  [...peers].map(([name, one]) => [
    `\`${name}\``,
    ms(one.wallMs),
    (one.wallMs / wall(peers, SUMS)).toFixed(2),
    ms(one.cpuMs),
    mb(one.peakMb),
  ]),
)}
`;
}
