/** Measures `layers` on data roots that are made here: no daemon is needed, and none is asked. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import type { LayersAllDocument, LayersDocument } from '../src/schema/layers-document.ts';
import { CLI } from '../test/support/cli.ts';
import { DockerRoot, newId, type LayerRecord } from './docker-root.ts';
import { makeLayer, type LayerContent } from './layer-archive.ts';
import { measureInTurns, type Measure, type Peer } from './measure.ts';
import type { LayerResults, StackResult, StoreResult } from './report-layers.ts';

const execute = promisify(execFile);

/** Containers and images. */
const STORES = [
  [50, 5],
  [200, 20],
  [800, 80],
] as const;

/** Layers of each image, and how many of them it has in common with some others. */
const LAYERS = 12;
const SHARED = 4;
const SHARERS = 5;

/** Layers of a stack that is verified, close to the most that dockerd allows. */
const STACK = 100;

/** What each of them has. */
const CONTENTS: readonly LayerContent[] = [
  { small: 20, large: 1, largeBytes: 1 << 20 },
  { small: 60, large: 2, largeBytes: 2 << 20 },
  { small: 200, large: 4, largeBytes: 2 << 20 },
];

/** Measures all sizes; `directory` has what is made for as long as it is needed. */
export async function measureLayers(
  directory: string,
  rounds: number,
  measure: Measure,
  tell: (what: string) => void,
): Promise<LayerResults> {
  const stores: StoreResult[] = [];
  for (const [containers, images] of STORES) {
    tell(`layers of ${containers} containers of ${images} images`);
    const peers = await within(directory, async (root) => {
      makeStore(root, containers, images);
      return measureInTurns(await storePeers(root, containers, images), rounds, measure);
    });
    stores.push({ containers, images, layers: LAYERS, peers });
  }
  const stacks: StackResult[] = [];
  for (const content of CONTENTS) {
    tell(`${STACK} layers of ${content.small} small and ${content.large} large files`);
    stacks.push(
      await within(directory, async (root) => {
        const made = makeStack(root, content);
        return { ...made, layers: STACK, peers: await measureInTurns(await stackPeers(root), rounds, measure) };
      }),
    );
  }
  return { rounds, stores, stacks };
}

async function within<T>(directory: string, use: (root: string) => Promise<T>): Promise<T> {
  const root = path.join(directory, 'docker');
  try {
    return await use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function makeStore(root: string, containers: number, images: number): void {
  const docker = new DockerRoot(root);
  const layer = (): LayerRecord => {
    const cacheId = newId();
    mkdirSync(docker.directory(cacheId));
    return { diffId: `sha256:${newId()}`, cacheId, bytes: 1 << 20 };
  };
  const several = (length: number): LayerRecord[] => Array.from({ length }, layer);
  let shared: LayerRecord[] = [];
  const made = Array.from({ length: images }, (_, i) => {
    if (i % SHARERS === 0) shared = several(SHARED);
    return docker.addImage(`image${i}`, [...shared, ...several(LAYERS - SHARED)]);
  });
  for (let i = 0; i < containers; i++) {
    const image = made[i % made.length];
    if (image !== undefined) docker.addContainer(`container${i}`, image);
  }
  docker.close();
}

function makeStack(root: string, content: LayerContent): { readonly bytes: number; readonly files: number } {
  const docker = new DockerRoot(root);
  let [bytes, files] = [0, 0];
  const layers = Array.from({ length: STACK }, () => {
    const cacheId = newId();
    const made = makeLayer(docker.directory(cacheId), content);
    bytes += made.bytes;
    files += made.files;
    return { ...made, cacheId };
  });
  docker.addContainer('stack', docker.addImage('stack', layers));
  docker.close();
  return { bytes, files };
}

/** The commands, after a look whether they see what was made: what is not found is quickly listed. */
async function storePeers(root: string, containers: number, images: number): Promise<Peer[]> {
  const command = [...CLI, 'layers', '--all', '--state', root];
  const { stores } = await json<LayersAllDocument>([...command, '--json']);
  const store = stores.find((one) => one.root === root);
  const seen = store?.images.flatMap((image) => image.containers).length;
  if (store?.images.length !== images || seen !== containers || store.orphans.length > 0) {
    throw new Error(
      `layers --all sees ${store?.images.length} images and ${seen} containers of ${images} and ${containers}`,
    );
  }
  return [
    { name: 'nsinspect layers --all', command },
    { name: 'nsinspect layers --all --json', command: [...command, '--json'] },
    { name: 'nsinspect layers TARGET', command: [...CLI, 'layers', 'container0', '--state', root] },
  ];
}

async function stackPeers(root: string): Promise<Peer[]> {
  const command = [...CLI, 'layers', 'stack', '--verify', '--state', root];
  const { verified } = await json<LayersDocument>([...command, '--json']);
  const good = verified?.filter(({ result }) => result === 'verified').length;
  if (good !== STACK) throw new Error(`${good} of ${STACK} layers are verified`);
  const sums = 'cd "$0" && find . -type f -print0 | xargs -0 sha256sum';
  return [
    { name: 'sha256sum', command: ['sh', '-c', sums, path.join(root, 'overlay2')] },
    { name: 'nsinspect layers --verify', command },
  ];
}

async function json<T>(command: readonly string[]): Promise<T> {
  const [program = '', ...args] = command;
  const { stdout } = await execute(program, args, { maxBuffer: 1 << 28 });
  return JSON.parse(stdout) as T;
}
