/** Layers of a crowd of containers: twenty images on a common base, groups of them on a common runtime, as overlay2 keeps them. */
import { createHash } from 'node:crypto';

import { chainIdsOf } from '../src/engines/digest.ts';
import type { EngineContainer } from '../src/schema/engines.ts';
import type { LayersFacet, LayerStore, StoredImage, StoredLayer } from '../src/schema/layers.ts';

const ROOT = '/var/lib/docker';
const IMAGES = 20;
/** Steps of the base, of the runtime that every fourth image has in common, and of the image itself. */
const STEPS = { base: 3, runtime: 2, own: 4 };
const RUNTIMES = 4;

const hexOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const directoryOf = (key: string): string => `${ROOT}/overlay2/${hexOf(`cache ${key}`)}/diff`;

function stepsOf(image: number): { text: string; bytes: number }[] {
  return [
    ...Array.from({ length: STEPS.base }, (_, at) => `COPY base-${at} /`),
    ...Array.from({ length: STEPS.runtime }, (_, at) => `RUN install runtime-${image % RUNTIMES} part-${at}`),
    ...Array.from({ length: STEPS.own }, (_, at) => `COPY service-${image}/part-${at} /opt/service/part-${at}`),
  ].map((text) => ({ text, bytes: Number.parseInt(hexOf(text).slice(0, 7), 16) % (64 << 20) }));
}

/** A container, and the id of its image. */
export interface MadeContainer extends EngineContainer {
  readonly image: string;
}

/** A store of these containers, the first of the first image, and so on in turns. */
export class LayerCrowd {
  readonly facet: LayersFacet;
  /** Directories of each container's stack, the one that it writes to first. */
  readonly stacks: readonly (readonly string[])[];

  constructor(containers: readonly MadeContainer[]) {
    const layers = new Map<string, StoredLayer>();
    const images: StoredImage[] = [];
    const stacks: string[][] = [];
    for (const [at, { image: id }] of containers.slice(0, IMAGES).entries()) {
      const steps = stepsOf(at);
      const diffIds = steps.map(({ text }) => `sha256:${hexOf(text)}`);
      const chain = chainIdsOf(diffIds);
      for (const [step, key] of chain.entries()) {
        const bytes = String(steps[step]?.bytes ?? 0);
        const parent = chain[step - 1] ?? null;
        const diffId = diffIds[step] ?? null;
        layers.set(key, { key, parent, role: 'image', diffId, bytes, createdAt: null, dirs: [directoryOf(key)] });
      }
      images.push({
        ...{ id, tags: [`example/service-${at}:1.2.3`], top: chain.at(-1) ?? null, diffIds, createdAt: null },
        history: steps.map(({ text }) => ({ createdAt: null, createdBy: text, comment: null, empty: false })),
      });
      stacks.push(chain.map(directoryOf).reverse());
    }
    const own = containers.map(({ id }, at) => {
      const key = hexOf(`writable ${id}`);
      const top = images[at % IMAGES]?.top ?? null;
      const plain = { diffId: null, bytes: null, createdAt: null };
      const init = `${key}-init`;
      layers.set(init, { key: init, parent: top, role: 'init', ...plain, dirs: [directoryOf(init)] });
      layers.set(key, { key, parent: init, role: 'writable', ...plain, dirs: [directoryOf(key)] });
      return { key, stack: [directoryOf(key), directoryOf(init), ...(stacks[at % IMAGES] ?? [])] };
    });
    const store: LayerStore = {
      ...{ kind: 'docker', driver: 'overlay2', root: ROOT, via: null, images },
      layers: [...layers.values()],
      containers: containers.map(({ id, name, image }, at) => ({
        ...{ engine: 'docker', id, name, image, layer: own[at]?.key ?? null, createdAt: null },
      })),
      directories: [...layers.values()].flatMap(({ dirs }) => dirs),
    };
    this.facet = { version: 1, stores: [store], aufs: [], coverage: { unread: [] } };
    this.stacks = own.map(({ stack }) => stack);
  }
}
