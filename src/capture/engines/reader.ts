import { Failure } from '../../host/port.ts';
import type { Dir, Host, Read } from '../../host/port.ts';
import type { EngineContainer } from '../../schema/engines.ts';
import type { Name } from '../../schema/name.ts';
import type { Outcome } from '../../schema/outcome.ts';
import { nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';

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
}

/** Reads engines' files and keeps what they said and what could not be read. */
export class EngineReader {
  readonly host: Host;
  readonly containers: EngineContainer[] = [];
  readonly unread: { readonly path: Name; readonly outcome: Outcome }[] = [];
  readonly #once = new Map<string, unknown>();

  constructor(host: Host) {
    this.host = host;
  }

  /** A state file as the view's task sees it. The failure is not noted: only the caller knows whether the file should be there. */
  read(view: View, path: ByteString, limit = STATE_LIMIT): Read<ByteString> {
    return path.startsWith('/') ? this.host.readInRoot(view.task, path, limit) : new Failure('absent', 'ENOENT');
  }

  /** As {@link read}, then parsed. Null, and noted, where it could not be read or is not what it should be. */
  parsed<T>(view: View, path: ByteString, parse: (text: ByteString) => T | null): T | null {
    const text = this.read(view, path);
    if (text instanceof Failure) {
      this.note(path, text.asOutcome);
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
    if (text.asOutcome !== 'absent') this.note(path, text.asOutcome);
    return null;
  }

  /** Entries of a directory as the view's task sees it; none where it is not there. */
  list(view: View, path: ByteString): ByteString[] {
    const dir = this.host.openInRoot(view.task, path);
    const names = dir instanceof Failure ? dir : dir.list('.');
    if (!(dir instanceof Failure)) dir.close();
    if (!(names instanceof Failure)) return names;
    if (names.asOutcome !== 'absent') this.note(path, names.asOutcome);
    return [];
  }

  /** What `make` gave when it was called with this view and path for the first time. */
  once<T>(view: View, path: ByteString, make: () => T): T {
    const key = `${view.key}\0${path}`;
    if (!this.#once.has(key)) this.#once.set(key, make());
    return this.#once.get(key) as T;
  }

  /** Notes state that should be there and could not be read. */
  note(path: ByteString, outcome: Outcome): void {
    this.unread.push({ path: nameOf(path), outcome });
  }
}
