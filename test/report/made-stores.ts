/** Hosts with layer stores of docker's, made by hand: from three layers to two hundred containers. */
import { createHash } from 'node:crypto';

import { chainIdsOf } from '../../src/engines/digest.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { LayerStore, StoredImage, StoredLayer } from '../../src/schema/layers.ts';
import type { MountFacts, MountTable } from '../../src/schema/mounts.ts';
import type { Name } from '../../src/schema/name.ts';
import { bytesOf } from '../../src/text/bytes.ts';
import { mountOf, recordOf } from '../diff/made.ts';
import {
  captureOfFacts,
  cgroupLines,
  INITIAL,
  namespaceOf,
  namespacesFacetOf,
  processOf,
  tasksOf,
} from '../support/facts.ts';

const ROOT = '/var/lib/docker';

/** A step of a build: what it is called, and the bytes of the layer that it made; null: not counted. */
export type Step = readonly [instruction: string, bytes: number | null];

/** An image: its own steps on top of those of `from`. */
export interface MadeImage {
  readonly from?: string;
  readonly steps: readonly Step[];
  /** Without it the key is its tag. */
  readonly tags?: readonly Name[];
}

/** A container of an image. */
export interface MadeContainer {
  readonly image: string;
  readonly name?: Name;
  /** It runs unless told otherwise. */
  readonly running?: boolean;
}

/** What a test says of a host. */
export interface MadeStores {
  readonly images: Readonly<Record<string, MadeImage>>;
  readonly containers?: Readonly<Record<string, MadeContainer>>;
  /** Directories that no record names. */
  readonly orphans?: readonly Name[];
  readonly change?: (store: LayerStore) => LayerStore;
}

/** Sixty-four hexadecimal digits that follow from a text. */
export function hexOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const dir = (name: string): string => `${ROOT}/overlay2/${name}/diff`;

/** The store alone. */
export function storeOf({ images, containers = {}, orphans = [], change = (one) => one }: MadeStores): LayerStore {
  const layers = new Map<string, StoredLayer>();
  const stored = new Map<string, StoredImage>();
  for (const [key, { tags = [key] }] of Object.entries(images)) {
    const steps = stepsOf(images, key);
    const diffIds = steps.map(([instruction, bytes]) => `sha256:${hexOf(`${instruction} ${String(bytes)}`)}`);
    const chain = chainIdsOf(diffIds);
    for (const [at, chainId] of chain.entries()) {
      const bytes = steps[at]?.[1] ?? null;
      layers.set(chainId, {
        key: chainId,
        parent: chain[at - 1] ?? null,
        role: 'image',
        diffId: diffIds[at] ?? null,
        bytes: bytes === null ? null : String(bytes),
        createdAt: null,
        dirs: [dir(hexOf(`cache ${chainId}`))],
      });
    }
    stored.set(key, {
      id: `sha256:${hexOf(`image ${key}`)}`,
      tags,
      top: chain.at(-1) ?? null,
      diffIds,
      history: steps.map(([createdBy]) => ({ createdAt: null, createdBy, comment: null, empty: false })),
      createdAt: null,
    });
  }
  const plain = { diffId: null, bytes: null, createdAt: null };
  for (const [key, { image }] of Object.entries(containers)) {
    const own = hexOf(`writable ${key}`);
    const top = stored.get(image)?.top ?? null;
    layers.set(`${own}-init`, { key: `${own}-init`, parent: top, role: 'init', ...plain, dirs: [dir(`${own}-init`)] });
    layers.set(own, { key: own, parent: `${own}-init`, role: 'writable', ...plain, dirs: [dir(own)] });
  }
  return change({
    kind: 'docker',
    driver: 'overlay2',
    root: ROOT,
    via: null,
    layers: [...layers.values()],
    images: [...stored.values()],
    containers: Object.entries(containers).map(([key, { image, name = key }]) => ({
      engine: 'docker',
      id: hexOf(`container ${key}`),
      name,
      image: stored.get(image)?.id ?? null,
      layer: hexOf(`writable ${key}`),
      createdAt: null,
    })),
    directories: [...[...layers.values()].flatMap(({ dirs }) => dirs), ...orphans],
  });
}

function stepsOf(images: MadeStores['images'], key: string): Step[] {
  const image = images[key];
  if (image === undefined) return [];
  return [...(image.from === undefined ? [] : stepsOf(images, image.from)), ...image.steps];
}

/** A capture of such a host. */
export function storesCapture(made: MadeStores): Capture {
  const store = storeOf(made);
  const running = Object.entries(made.containers ?? {}).filter(([, one]) => one.running !== false);
  const ids = running.map(([key]) => hexOf(`container ${key}`));
  const mntns = (at: number): number => 5000 + at;
  const processes = [
    processOf(1, { comm: 'init' }),
    processOf(2, { comm: 'kthreadd', ppid: 0, kthread: true }),
    ...running.map((_, at) =>
      processOf(100 + at, { comm: 'app', cgroup: at + 1, ns: { mnt: mntns(at) }, start: 1000 + at }),
    ),
  ];
  const tasks = tasksOf(
    processes,
    ids.map((id) => cgroupLines(`/docker/${id}`, `/docker/${id}`)),
  );
  const namespaces = namespacesFacetOf(running.map((_, at) => namespaceOf('mnt', mntns(at))));
  const capture = captureOfFacts(tasks, namespaces, {
    version: 1,
    processes: [],
    containers: running.map(([key, { name = key, image }], at) => ({
      ...recordOf(ids[at] ?? '', '', ''),
      name,
      image,
      pid: 100 + at,
    })),
    coverage: { unread: [] },
  });
  const host: MountTable = { mntns: INITIAL.mnt, pid: 1, root: '/', mounts: [mountOf('/', { id: 1, parent: 0 })] };
  const tables = running.map(([key], at): MountTable => ({
    mntns: mntns(at),
    pid: 100 + at,
    root: '/',
    mounts: [rootOf(store, hexOf(`writable ${key}`), at)],
  }));
  return {
    ...capture,
    mounts: { version: 1, tables: [host, ...tables], unread: [] },
    layers: { version: 1, stores: [store], aufs: [], coverage: { unread: [] } },
  };
}

/** The mount that overlay2 makes of a container's layers. */
function rootOf({ layers }: LayerStore, writable: string, at: number): MountFacts {
  const byKey = new Map(layers.map((layer) => [layer.key, layer]));
  const stack: string[] = [];
  // A forged chain of parents may have no end.
  for (let key: string | null = writable; key !== null && stack.length < 500; key = byKey.get(key)?.parent ?? null) {
    stack.push(bytesOf(byKey.get(key)?.dirs[0] ?? ''));
  }
  const [upper = '', ...lower] = stack;
  return mountOf('/', {
    id: 10_000 + at,
    parent: 1,
    dev: `0:${100 + at}`,
    root: '/',
    fsType: 'overlay',
    source: 'overlay',
    superOptions: [
      'rw',
      `lowerdir=${lower.join(':')}`,
      `upperdir=${upper}`,
      `workdir=${upper.replace(/diff$/, 'work')}`,
    ],
  });
}

const MIB = 1 << 20;

/** A shop: an image that two others were built on, a database, a container that does not run, an orphan. */
export const SHOP: MadeStores = {
  images: {
    'acme/base:1': { steps: [['COPY root /', 40 * MIB]] },
    'acme/runtime:3': {
      from: 'acme/base:1',
      steps: [
        ['COPY libs /usr/libs', 90 * MIB],
        ['RUN mkdir -p /opt/app', 12],
      ],
    },
    'acme/web:2': {
      from: 'acme/runtime:3',
      steps: [
        ['COPY site /srv/site', 30 * MIB],
        ['COPY conf /etc/conf', 2000],
      ],
    },
    'acme/api:1': { from: 'acme/runtime:3', steps: [['COPY app /opt/app/bin', null]] },
    'acme/db:15': { from: 'acme/base:1', steps: [['COPY db /usr/db', 140 * MIB]] },
  },
  containers: {
    'web-1': { image: 'acme/web:2' },
    'web-2': { image: 'acme/web:2' },
    api: { image: 'acme/api:1' },
    db: { image: 'acme/db:15' },
    spare: { image: 'acme/db:15', running: false },
  },
  orphans: [`${ROOT}/overlay2/${'deadbeef'.repeat(8)}/diff`],
};

/** So many containers of so many images. */
export function crowd(containers: number, images: number): MadeStores {
  const tags = Array.from({ length: images }, (_, at) => `team/service-${String(at).padStart(2, '0')}:1`);
  return {
    images: {
      'team/base:1': { steps: [['COPY root /', 80 * MIB]] },
      ...Object.fromEntries(
        tags.map((tag, at) => [
          tag,
          {
            from: 'team/base:1',
            steps: Array.from({ length: 3 + (at % 5) }, (_, n): Step => [`COPY part-${at}-${n} /srv`, (at + n) * MIB]),
          },
        ]),
      ),
    },
    containers: Object.fromEntries(
      Array.from({ length: containers }, (_, at) => [
        `service-${String(at).padStart(3, '0')}`,
        { image: tags[at % images] ?? '' },
      ]),
    ),
  };
}
