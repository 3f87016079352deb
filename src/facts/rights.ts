/** What `/proc/PID/status` says of rights: a fact each distinct content, since most tasks of a host share a few. */
import type { ProcessDetail, StatusFacts } from '../schema/tasks.ts';
import { digestKey } from '../text/digest.ts';
import { addFacts, type Fact, type FactLists } from './fact.ts';

/** All of a status but the pids, which are each process's own. */
type Rights = Omit<StatusFacts, 'nspid'>;

/** Detail of a process with the key of its rights. */
export type DetailBody = Omit<ProcessDetail, 'status'> & {
  readonly status?: { readonly nspid: readonly number[]; readonly rights: string } | undefined;
};

/** Collects the rights of processes while these are taken apart. */
export class DistinctRights {
  readonly #keys = new Map<string, { readonly key: string; readonly rights: Rights }>();

  /** The detail with a key in place of the rights. */
  bodyOf({ status, ...detail }: ProcessDetail): DetailBody {
    if (status === undefined) return detail;
    const { nspid, ...rights } = status;
    const text = JSON.stringify(rights);
    let known = this.#keys.get(text);
    if (known === undefined) this.#keys.set(text, (known = { key: digestKey(text), rights }));
    return { ...detail, status: { nspid, rights: known.key } };
  }

  /** Adds a fact for each; in the order of keys, so that who comes first does not matter. */
  addTo(lists: FactLists): void {
    const distinct = [...this.#keys.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    addFacts(
      lists,
      'rights',
      distinct,
      ({ key }) => key,
      ({ rights }) => rights,
    );
  }
}

/** Puts the rights back: the detail of a process from that of its fact. */
export function detailsFrom(facts: readonly Fact[]): (body: DetailBody) => ProcessDetail {
  const byKey = new Map(facts.map(({ key, body }) => [key, body as Rights]));
  return ({ status, ...detail }) => {
    if (status === undefined) return detail;
    const rights = byKey.get(status.rights);
    if (rights === undefined) throw new SyntaxError(`the rights ${status.rights} of a task are missing`);
    return { ...detail, status: { nspid: status.nspid, ...rights } };
  };
}
