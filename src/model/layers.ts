/** Layers: what a root is made of, what images and containers share, and who has a layer. */
export { isFuseOverlay } from './layers/fuse.ts';
export { engineOf, lineageOfRecord, stepOf } from './layers/lineage.ts';
export type { Lineage, LineageLayer } from './layers/lineage.ts';
export { instructionOf } from './layers/history.ts';
export { summaryOf } from './layers/overview.ts';
export type { Orphan, StoreSummary } from './layers/overview.ts';
export { whoHas } from './layers/who.ts';
export type { FoundLayer } from './layers/who.ts';
export { storesOf } from './layers/world.ts';
export type { Image, LayerUser, StackedContainer, Store } from './layers/world.ts';
export { homeOf, layersSubject, recordedSubject } from './layers/subject.ts';
export type { LayersFacts, LayersSubject } from './layers/subject.ts';
