/** What a recording calls the questions that the port can be asked: the same for who records and who replays. */
import type { NamespaceFacts, NsMount, NsRef } from '../schema/namespace.ts';
import type { Question, Subject } from '../schema/recording.ts';
import { nameOf } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { refKey, refText } from '../text/ns-ref.ts';
import { Failure } from './port.ts';
import type { Dir, Read } from './port.ts';

/** The path of what `name` is in that directory. */
export function pathBelow(dir: Dir, name: ByteString): ByteString {
  return name === '.' ? dir.path : `${dir.path}/${name}`;
}

/** A path as the task sees it. */
export function inRootSubject(task: Dir, path: ByteString): Subject {
  return [nameOf(task.path), nameOf(path)];
}

/** A mounted namespace file, and by way of whom or of which id it is looked at. */
export function mountedSubject(mount: NsMount, mntnsId: string | null, task: Dir | null): Subject {
  return [mount.mntns, mount.path, refText(mount), task === null ? mntnsId : nameOf(task.path)];
}

/** Equal for the same question and for no other. */
export function questionKey(ask: Question, of: Subject): string {
  return `${ask} ${JSON.stringify(of)}`;
}

/**
 * Of a namespace's facts and those of all its owners and ancestors what the port answers: without those that `known`
 * claims, and what is reached through them alone. A recording has all, since who replays it may know others.
 */
export function withoutKnown(all: Read<NamespaceFacts[]>, known: (ns: NsRef) => boolean): Read<NamespaceFacts[]> {
  if (all instanceof Failure) return all;
  const facts = new Map(all.map((one) => [refKey(one), one]));
  const found = new Set<NamespaceFacts>();
  const visit = (one: NamespaceFacts): void => {
    found.add(one);
    for (const ref of relatedTo(one)) {
      const other = facts.get(refKey(ref));
      if (other !== undefined && !found.has(other) && !known(other)) visit(other);
    }
  };
  if (all[0] !== undefined) visit(all[0]);
  return [...found];
}

function relatedTo({ type, owner, parent }: NamespaceFacts): NsRef[] {
  const refs: NsRef[] = [];
  if (typeof owner === 'number') refs.push({ type: 'user', inum: owner });
  if (typeof parent === 'number') refs.push({ type, inum: parent });
  return refs;
}

/** The answer about an nsfs file where one certain namespace was expected. */
export function expected(all: Read<NamespaceFacts[]>, expect: NsRef | null): Read<NamespaceFacts[]> {
  if (all instanceof Failure || expect === null) return all;
  const isSame = all[0] !== undefined && refKey(all[0]) === refKey(expect);
  return isSame ? all : new Failure('absent', 'another namespace is there now');
}
