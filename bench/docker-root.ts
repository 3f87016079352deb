/** The data root of a dockerd that never ran: its records of layers, images and containers as its overlay2 driver keeps them. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { chainIdsOf, hexOf } from '../src/engines/digest.ts';

/** An image: its id, and its topmost layer. */
export interface MadeImage {
  readonly id: string;
  readonly top: string;
}

/** One layer: its diffID, and what else there is of it. */
export interface LayerRecord {
  readonly diffId: string;
  /** Of the driver's directory. */
  readonly cacheId: string;
  readonly bytes: number;
  readonly tarSplit?: Buffer;
}

const CREATED = '2026-01-02T03:04:05Z';

/** A new id as dockerd makes them. */
export function newId(): string {
  return randomBytes(32).toString('hex');
}

/** Written to in the order in which an engine would: layers, images, containers, and `close` at the end. */
export class DockerRoot {
  readonly root: string;
  readonly #image: string;
  readonly #tags: Record<string, Record<string, string>> = {};

  constructor(root: string) {
    this.root = root;
    this.#image = path.join(root, 'image/overlay2');
    mkdirSync(path.join(root, 'overlay2/l'), { recursive: true });
  }

  /** A directory of the driver, with the short link to it; its content is the caller's to make. */
  directory(cacheId: string): string {
    const at = path.join(this.root, 'overlay2', cacheId);
    mkdirSync(at);
    symlinkSync(
      `../${cacheId}/diff`,
      path.join(this.root, 'overlay2/l', randomBytes(13).toString('hex').toUpperCase()),
    );
    return path.join(at, 'diff');
  }

  /** Layers that are recorded already are shared. */
  addImage(name: string, layers: readonly LayerRecord[]): MadeImage {
    const chain = chainIdsOf(layers.map(({ diffId }) => diffId));
    for (const [i, layer] of layers.entries()) {
      this.#write(`layerdb/sha256/${hexOf(chain[i] ?? '')}`, {
        diff: layer.diffId,
        'cache-id': layer.cacheId,
        size: String(layer.bytes),
        ...(i > 0 && { parent: chain[i - 1] ?? '' }),
        ...(layer.tarSplit !== undefined && { 'tar-split.json.gz': layer.tarSplit }),
      });
    }
    const config = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created: CREATED,
      config: { Cmd: ['/bin/sh'] },
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map((_, i) => ({
        created: CREATED,
        created_by: `/bin/sh -c #(nop) COPY file:${name}-${i} in / `,
      })),
    });
    const hex = createHash('sha256').update(config).digest('hex');
    this.#write('imagedb/content/sha256', { [hex]: config });
    (this.#tags[name] ??= {})[`${name}:1`] = `sha256:${hex}`;
    return { id: `sha256:${hex}`, top: chain.at(-1) ?? '' };
  }

  addContainer(name: string, { id: image, top }: MadeImage): void {
    const [id, mountId] = [newId(), newId()];
    for (const cacheId of [`${mountId}-init`, mountId]) mkdirSync(this.directory(cacheId));
    this.#write(`layerdb/mounts/${id}`, { 'mount-id': mountId, 'init-id': `${mountId}-init`, parent: top });
    const config = { ID: id, Name: `/${name}`, Image: image, Created: CREATED, Driver: 'overlay2' };
    this.#write(path.join('../../containers', id), { 'config.v2.json': JSON.stringify(config) });
  }

  close(): void {
    this.#write('', { 'repositories.json': JSON.stringify({ Repositories: this.#tags }) });
  }

  #write(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
    const at = path.join(this.#image, folder);
    mkdirSync(at, { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(at, name), content);
  }
}
