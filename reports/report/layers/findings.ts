/** What of layers a reader should know. */
import { formatBytes, formatPlural } from '../../../src/text/units.ts';
import { namedText } from '../names.ts';
import type { Finding } from '../section.ts';
import { writableOf } from './stacks.ts';
import type { Standing, Survey } from './survey.ts';
import type { Waste } from './waste.ts';

/** A container that wrote more than this into its own layer keeps data there. */
const LARGE = 1n << 30n;

/** All findings. */
export function findingsOf({ standing }: Survey, waste: readonly Waste[]): Finding[] {
  return [...orphaned(waste), ...unproven(standing), ...large(standing), ...twice(waste)];
}

function orphaned(waste: readonly Waste[]): Finding[] {
  const stores = Map.groupBy(
    waste.filter(({ what }) => what === 'orphan' || what === 'unused layer'),
    ({ store }) => store,
  );
  return [...stores].map(([store, orphans]): Finding => {
    const known = orphans.filter(({ bytes }) => bytes !== null);
    const bytes = known.reduce((sum, one) => sum + (one.bytes ?? 0n), 0n);
    const size =
      known.length === 0
        ? 'how much is in them is not known without a walk'
        : `${known.length < orphans.length ? 'at least ' : ''}${formatBytes(bytes)}`;
    return {
      kind: 'layer-orphaned',
      severity: 'medium',
      text: `${formatPlural(orphans.length, 'orphaned layer')} in the store of ${store}: ${size}.`,
      count: orphans.length,
      item: null,
    };
  });
}

function unproven(standing: readonly Standing[]): Finding[] {
  const list = standing.filter(({ proof }) => proof === 'unproven');
  const [first] = list;
  if (first === undefined) return [];
  const names = namedText(list.map(({ name }) => name));
  const why = list.length === 1 && first.why !== null ? `: ${first.why}` : '';
  return [
    {
      kind: 'layer-lineage-unproven',
      severity: 'medium',
      text: `Which image ${names} ${list.length === 1 ? 'is' : 'are'} made from cannot be proven${why}.`,
      count: list.length,
      item: list.length === 1 ? first.item : null,
    },
  ];
}

function large(standing: readonly Standing[]): Finding[] {
  const list = standing.flatMap((one) => {
    const bytes = BigInt(writableOf(one)?.bytes ?? 0);
    return bytes >= LARGE ? [{ one, bytes }] : [];
  });
  const [first] = list;
  if (first === undefined) return [];
  const names = namedText(list.map(({ one, bytes }) => ({ name: one.name, words: formatBytes(bytes) })));
  return [
    {
      kind: 'writable-layer-large',
      severity: 'low',
      text: `${names} wrote more than ${formatBytes(LARGE)} into ${list.length === 1 ? 'its' : 'their'} own layer.`,
      count: list.length,
      item: list.length === 1 ? first.one.item : null,
    },
  ];
}

function twice(waste: readonly Waste[]): Finding[] {
  const list = waste.filter(({ what }) => what === 'stored twice');
  if (list.length === 0) return [];
  const bytes = list.reduce((sum, one) => sum + (one.bytes ?? 0n), 0n);
  return [
    {
      kind: 'layer-stored-twice',
      severity: 'low',
      text: `${formatPlural(list.length, 'layer')} stored more than once with the same content: ${formatBytes(bytes)} in vain.`,
      count: list.length,
      item: list.length === 1 ? (list[0]?.item ?? null) : null,
    },
  ];
}
