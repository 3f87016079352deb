import type { Dir } from '../../host/port.ts';
import type { MarkStyle } from '../../schema/changes.ts';

/** An upper directory and what it lies on. The directories stay the caller's to close. */
export interface Stack {
  readonly style: MarkStyle;
  readonly upper: Dir;
  /** The highest first, each with its number, of which 0 is the base. For `--against`, that layer alone. */
  readonly lowers: readonly { readonly layer: number; readonly dir: Dir }[];
}
