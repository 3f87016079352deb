import type { LayerStore } from '../../schema/layers.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { EngineReader, View } from '../engines/reader.ts';

/** What of a store does not depend on its kind is filled in by whoever asks for it. */
export type StoreParts = Omit<LayerStore, 'root' | 'via'>;

/** Reads the store below `root`; one for each driver that was used there. */
export type StoreReader = (reader: EngineReader, view: View, root: ByteString) => StoreParts[];

/** At most this many entries of a directory are looked at: an engine with more of them is none. */
export const MOST_ENTRIES = 100_000;
