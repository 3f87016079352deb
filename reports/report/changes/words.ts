/** Signs and words of the section of changes. */
import type { Colour } from '../palette.ts';
import type { WorldSide } from '../world.ts';
import type { Effect } from './groups.ts';

/** How an effect is shown. */
export const LOOKS: Readonly<Record<Effect, { readonly sign: string; readonly colour: Colour }>> = {
  loosened: { sign: '▲', colour: 'over' },
  tightened: { sign: '▼', colour: 'own' },
  added: { sign: '+', colour: 'added' },
  removed: { sign: '−', colour: 'removed' },
  altered: { sign: '~', colour: 'altered' },
};

/** A time in words that are the same everywhere: `2026-03-01 14:30:05 UTC`. */
export function momentText(iso: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** What a side is called: `live`, a file, `snapshot 12`. */
export function sideName({ name, snapshot }: WorldSide): string {
  return snapshot !== null && name === String(snapshot) ? `snapshot ${name}` : name;
}

/** A side as a reader knows it: its name and when it was taken. */
export function sideText(side: WorldSide): string {
  const { name, capture, snapshot } = side;
  const number = snapshot === null || name === String(snapshot) ? '' : `, snapshot ${snapshot}`;
  return `${sideName(side)}${number}, ${momentText(capture.takenAt)}`;
}
