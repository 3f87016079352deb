import { chainIdsOf } from '../../engines/digest.ts';
import { isDockerId } from '../../engines/docker.ts';
import {
  parseCacheId,
  parseDigestFile,
  parseDockerContainerImage,
  parseLayerSize,
  parseRepositories,
} from '../../engines/docker-layers.ts';
import { parseImageConfig } from '../../engines/image-config.ts';
import { Failure } from '../../host/port.ts';
import type { LayerContainer, StoredImage, StoredLayer } from '../../schema/layers.ts';
import type { Name } from '../../schema/name.ts';
import { nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { EngineReader, View } from '../engines/reader.ts';
import { MOST_ENTRIES } from './store.ts';
import type { StoreParts } from './store.ts';

/** Drivers whose layers are directories, and where those are. */
const DRIVERS: Readonly<Record<string, { readonly folder: string; readonly content: (id: string) => string }>> = {
  overlay2: { folder: 'overlay2', content: (id) => `${id}/diff` },
  'fuse-overlayfs': { folder: 'fuse-overlayfs', content: (id) => `${id}/diff` },
  aufs: { folder: 'aufs/diff', content: (id) => id },
};

/** Reads dockerd's layer stores below its data root (moby, layer/filestore.go). */
export function readDockerStore(reader: EngineReader, view: View, root: ByteString): StoreParts[] {
  return reader
    .list(view, `${root}/image`)
    .filter((driver) => driver in DRIVERS)
    .map((driver) => new DockerStore(reader, view, root, driver).read());
}

class DockerStore {
  readonly #reader: EngineReader;
  readonly #view: View;
  readonly #root: ByteString;
  readonly #driver: string;
  readonly #image: ByteString;
  readonly #folder: ByteString;
  /** Short links by the directory that they lead to. */
  readonly #links = new Map<string, string>();

  constructor(reader: EngineReader, view: View, root: ByteString, driver: string) {
    this.#reader = reader;
    this.#view = view;
    this.#root = root;
    this.#driver = driver;
    this.#image = `${root}/image/${driver}`;
    this.#folder = `${root}/${DRIVERS[driver]?.folder ?? driver}`;
  }

  read(): StoreParts {
    this.#readLinks();
    const chains = this.#list(`${this.#image}/layerdb/sha256`).filter(isDockerId);
    const layers = chains.flatMap((hex) => this.#layer(hex) ?? []);
    const containers: LayerContainer[] = [];
    for (const id of this.#list(`${this.#image}/layerdb/mounts`).filter(isDockerId)) {
      const mounted = this.#mount(id);
      layers.push(...mounted);
      containers.push(this.#container(id, mounted.at(-1)?.key ?? null));
    }
    const directories = this.#list(this.#folder)
      .filter((name) => name !== 'l')
      .map((name) => nameOf(this.#contentOf(name)));
    return { kind: 'docker', driver: this.#driver, layers, images: this.#images(), containers, directories };
  }

  #list(path: ByteString): ByteString[] {
    return this.#reader.list(this.#view, path).slice(0, MOST_ENTRIES);
  }

  /** `l/<26 characters>` -> `../<id>/diff`: what overlay2 mounts, since options are short. */
  #readLinks(): void {
    const dir = this.#reader.open(this.#view, `${this.#folder}/l`);
    if (dir instanceof Failure) return;
    const names = dir.list('.');
    for (const name of names instanceof Failure ? [] : names.slice(0, MOST_ENTRIES)) {
      const to = dir.readlink(name);
      const id = to instanceof Failure ? undefined : /^\.\.\/([^/]+)\/diff$/.exec(to)?.[1];
      if (id !== undefined) this.#links.set(id, name);
    }
    dir.close();
  }

  #contentOf(id: string): ByteString {
    return `${this.#folder}/${DRIVERS[this.#driver]?.content(id) ?? id}`;
  }

  #dirsOf(id: string): Name[] {
    const link = this.#links.get(id);
    return [this.#contentOf(id), ...(link === undefined ? [] : [`${this.#folder}/l/${link}`])].map(nameOf);
  }

  #layer(hex: string): StoredLayer | null {
    const at = `${this.#image}/layerdb/sha256/${hex}`;
    const cacheId = this.#reader.parsed(this.#view, `${at}/cache-id`, parseCacheId);
    if (cacheId === null) return null;
    return {
      key: `sha256:${hex}`,
      parent: this.#reader.optional(this.#view, `${at}/parent`, parseDigestFile),
      role: 'image',
      diffId: this.#reader.parsed(this.#view, `${at}/diff`, parseDigestFile),
      bytes: this.#reader.optional(this.#view, `${at}/size`, parseLayerSize),
      createdAt: null,
      dirs: this.#dirsOf(cacheId),
    };
  }

  /** The layers that dockerd made for a container: first the one with its own /etc/hosts and the like, then the one it writes to. */
  #mount(id: string): StoredLayer[] {
    const at = `${this.#image}/layerdb/mounts/${id}`;
    const mountId = this.#reader.parsed(this.#view, `${at}/mount-id`, parseCacheId);
    if (mountId === null) return [];
    const initId = this.#reader.optional(this.#view, `${at}/init-id`, parseCacheId);
    const parent = this.#reader.optional(this.#view, `${at}/parent`, parseDigestFile);
    const plain = { diffId: null, bytes: null, createdAt: null };
    const init: StoredLayer[] =
      initId === null ? [] : [{ key: initId, parent, role: 'init', ...plain, dirs: this.#dirsOf(initId) }];
    return [
      ...init,
      { key: mountId, parent: initId ?? parent, role: 'writable', ...plain, dirs: this.#dirsOf(mountId) },
    ];
  }

  #container(id: string, layer: string | null): LayerContainer {
    const config = this.#reader.optional(
      this.#view,
      `${this.#root}/containers/${id}/config.v2.json`,
      parseDockerContainerImage,
    );
    const { name = null, image = null, createdAt = null } = config ?? {};
    return { engine: 'docker', id, name, image, layer, createdAt };
  }

  #images(): StoredImage[] {
    const tags = this.#reader.optional(this.#view, `${this.#image}/repositories.json`, parseRepositories);
    return this.#list(`${this.#image}/imagedb/content/sha256`)
      .filter(isDockerId)
      .flatMap((hex) => {
        const config = this.#reader.parsed(
          this.#view,
          `${this.#image}/imagedb/content/sha256/${hex}`,
          parseImageConfig,
        );
        if (config === null) return [];
        const id = `sha256:${hex}`;
        // dockerd finds the layers of an image by this very rule (image/rootfs.go, ChainID).
        return [{ id, tags: tags?.get(id) ?? [], top: chainIdsOf(config.diffIds).at(-1) ?? null, ...config }];
      });
  }
}
