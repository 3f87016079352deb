import type { NamespaceFacts, NsRef } from '../schema/namespace.ts';
import { refKey } from '../text/ns-ref.ts';

/** Namespaces whose facts are at hand, so that none is asked twice. */
export class KnownNamespaces {
  readonly #facts = new Map<number, NamespaceFacts>();

  /** Bound, to be handed on as a function. */
  readonly has = (ns: NsRef): boolean => this.#facts.has(refKey(ns));

  get(ns: NsRef): NamespaceFacts | undefined {
    return this.#facts.get(refKey(ns));
  }

  /** True where it was not known before. */
  add(facts: NamespaceFacts): boolean {
    if (this.has(facts)) return false;
    this.#facts.set(refKey(facts), facts);
    return true;
  }

  replace(facts: NamespaceFacts): void {
    this.#facts.set(refKey(facts), facts);
  }

  /** In the order in which they were met; one that is added during the walk is still visited by it. */
  values(): IterableIterator<NamespaceFacts> {
    return this.#facts.values();
  }
}
