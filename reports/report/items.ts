/** How items of the report are called: links from everywhere lead to the one row or node that is an item's home. */
import type { NsRef } from '../../src/schema/namespace.ts';
import type { ItemId } from '../../src/schema/report.ts';
import type { ProcessFacts } from '../../src/schema/tasks.ts';
import { refText } from '../../src/text/ns-ref.ts';

/** Where a link to an item leads within the page: the element of its home has the item for an id. */
export function itemHref(item: ItemId): string {
  // What a fragment may hold (RFC 3986, 3.5) stays readable.
  return `#${encodeURIComponent(item.toWellFormed()).replaceAll('%3A', ':').replaceAll('%2F', '/')}`;
}

/** A container: home is the isolation matrix. */
export function containerItem({ key }: { readonly key: string }): ItemId {
  return `container:${key}`;
}

/** A namespace, such as `net:[4026532184]`: home is the boundary tree's table of namespaces. */
export function namespaceItem(ref: NsRef): ItemId {
  return refText(ref);
}

/** A cgroup by its key, such as `memory:812`: home is the section of css_sets. */
export function cgroupItem(key: string): ItemId {
  return `cgroup:${key}`;
}

/** A process: home is the table of processes. */
export function processItem({ pid, start }: Pick<ProcessFacts, 'pid' | 'start'>): ItemId {
  return `task:${pid}:${start}`;
}

/** A layer by its diffID or its name in the engine's store: home is the section of layers. */
export function layerItem(id: string): ItemId {
  return `layer:${id}`;
}
