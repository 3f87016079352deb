import { Failure } from '../../host/port.ts';
import type { Dir, Host, Read, Symlinks } from '../../host/port.ts';
import type { EngineContainer } from '../../schema/engines.ts';
import type { Name } from '../../schema/name.ts';
import type { Outcome } from '../../schema/outcome.ts';
import { nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import { Purses } from './purse.ts';
import type { Purse } from './purse.ts';
import { isBelow, slowMounts } from './slow-mounts.ts';

/** State files are small; what is larger than this is no such file. */
export const STATE_LIMIT = 4 << 20;

/** Somebody's view of the file system: a task whose root paths are resolved in. */
export interface View {
  /** Its `/proc/PID`. */
  readonly task: Dir;
  /** Views with the same key see the same files: what was read once with one of them need not be read again. */
  readonly key: string;
  /** Pid of the engine process; null for the host's own view. */
  readonly via: number | null;
  /** What may still be read through it; the host's own where it is not said. */
  readonly purse?: Purse;
  /** Its mounts are not the host's, and yet may be such as keep a reader of the host waiting. */
  readonly isGuarded?: boolean;
}

/** Left alone. */
const NOT_COLLECTED = new Failure('not collected', 'EAGAIN');

/** Entries that are looked at of a directory that anybody may have filled, and of one of the host's own. */
const MOST_ENTRIES = 4096;
const MOST_OF_HOST = 100_000;

/** Too much was read already: the first such failure of a purse is noted, further ones say nothing new. */
class OverBudget extends Failure {
  readonly purse: Purse;
  constructor(purse: Purse) {
    super('not collected', 'EDQUOT');
    this.purse = purse;
  }
}

/** Reads engines' files and keeps what they said and what could not be read. */
export class EngineReader {
  readonly host: Host;
  readonly containers: EngineContainer[] = [];
  readonly unread: { readonly path: Name; readonly outcome: Outcome }[] = [];
  readonly purses = new Purses();
  readonly #once = new Map<string, unknown>();
  /** Those of which it was said. */
  readonly #empty = new Set<Purse>();

  constructor(host: Host) {
    this.host = host;
  }

  /** A state file as the view's task sees it. The failure is not noted: only the caller knows whether the file should be there. */
  read(view: View, path: ByteString, limit = STATE_LIMIT): Read<ByteString> {
    if (!path.startsWith('/')) return new Failure('absent', 'ENOENT');
    return this.#charged(view, path, (symlinks) => {
      const text = this.host.readInRoot(view.task, path, limit, symlinks);
      if (!(text instanceof Failure)) (view.purse ?? this.purses.host).takeBytes(text.length);
      return text;
    });
  }

  /** A directory as the view's task sees it. */
  open(view: View, path: ByteString): Read<Dir> {
    return this.#charged(view, path, (symlinks) => this.host.openInRoot(view.task, path, symlinks));
  }

  #charged<T>(view: View, path: ByteString, look: (symlinks: Symlinks) => Read<T>): Read<T> {
    const purse = view.purse ?? this.purses.host;
    if (!purse.takeFile()) return new OverBudget(purse);
    const waits = view.isGuarded === true ? this.once(view, 'slow mounts', () => slowMounts(view.task)) : [];
    if (waits.length === 0) return look('follow');
    if (waits.some((mount) => isBelow(path, mount))) return NOT_COLLECTED;
    const found = look('refuse');
    return found instanceof Failure && found.errno === 'ELOOP' ? NOT_COLLECTED : found;
  }

  /** As {@link read}, then parsed. Null, and noted, where it could not be read or is not what it should be. */
  parsed<T>(view: View, path: ByteString, parse: (text: ByteString) => T | null): T | null {
    const text = this.read(view, path);
    if (text instanceof Failure) {
      this.noteFailure(path, text);
      return null;
    }
    const value = parse(text);
    if (value === null) this.note(path, 'malformed');
    return value;
  }

  /** As {@link parsed}, but that the file may as well not be there. */
  optional<T>(view: View, path: ByteString, parse: (text: ByteString) => T | null): T | null {
    const text = this.read(view, path);
    if (!(text instanceof Failure)) {
      const value = parse(text);
      if (value === null) this.note(path, 'malformed');
      return value;
    }
    if (text.asOutcome !== 'absent') this.noteFailure(path, text);
    return null;
  }

  /** Entries of a directory as the view's task sees it; none where it is not there. */
  list(view: View, path: ByteString): ByteString[] {
    const most = (view.purse ?? this.purses.host) === this.purses.host ? MOST_OF_HOST : MOST_ENTRIES;
    const dir = this.open(view, path);
    const names = dir instanceof Failure ? dir : dir.list('.', most);
    if (!(dir instanceof Failure)) dir.close();
    if (names instanceof Failure) {
      if (names.asOutcome !== 'absent') this.noteFailure(path, names);
      return [];
    }
    if (names.length > most) this.note(path, 'not collected');
    return names.slice(0, most);
  }

  /** What `make` gave when it was called with this view and path for the first time. */
  once<T>(view: View, path: ByteString, make: () => T): T {
    const key = `${view.key}\0${path}`;
    if (!this.#once.has(key)) this.#once.set(key, make());
    return this.#once.get(key) as T;
  }

  /** Notes why state that should be there could not be read. */
  noteFailure(path: ByteString, failure: Failure): void {
    if (failure instanceof OverBudget) {
      if (this.#empty.has(failure.purse)) return;
      this.#empty.add(failure.purse);
    }
    this.note(path, failure.asOutcome);
  }

  /** Notes state that should be there and could not be read. */
  note(path: ByteString, outcome: Outcome): void {
    this.unread.push({ path: nameOf(path), outcome });
  }
}
