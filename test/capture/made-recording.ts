import type { Outcome } from '../../src/schema/outcome.ts';
import type { Recording, RecordingEntry } from '../../src/schema/recording.ts';
import { nameOf } from '../../src/text/bytes.ts';

/** Why something in a made tree cannot be read. */
export interface MadeFailure {
  readonly failed: Outcome | 'vanished';
  readonly errno: string;
}

/** Content of each file, one character a byte, by its absolute path; directories are those of files. */
export type MadeTree = Readonly<Record<string, string | MadeFailure>>;

/** What a made host is besides its files. */
export interface MadeHostOptions {
  /** Device numbers of what is mounted, by its directory. */
  readonly devices?: Readonly<Record<string, string>>;
  /** Directories that cannot be opened, and what opening them says. */
  readonly closed?: Readonly<Record<string, MadeFailure>>;
  /** Permission bits of files, 0644 unless said. */
  readonly modes?: Readonly<Record<string, number>>;
  readonly links?: Readonly<Record<string, string>>;
  readonly of?: 'live' | 'host-root';
  readonly pid?: number;
}

/**
 * A recording of a host that has these files. Directories are numbered in the order of their paths, from 1, and list what they
 * have from the last to the first. What is below `/proc/PID/root` is what that task sees.
 */
export function madeRecording(tree: MadeTree, options: MadeHostOptions = {}): Recording {
  const { devices = {}, closed = {}, modes = {}, links = {}, of = 'live', pid = 1 } = options;
  const entries: RecordingEntry[] = [];
  const add = (ask: RecordingEntry['ask'], subject: RecordingEntry['of'], answer: unknown): void => {
    entries.push({ ask, of: subject, answer });
  };
  const directories = new Map<string, Set<string>>();
  for (const path of [...Object.keys(tree), ...Object.keys(links)]) {
    for (let at = path.lastIndexOf('/'), below = path; at >= 0; at = below.lastIndexOf('/')) {
      const parent = below.slice(0, at);
      directories.set(parent, (directories.get(parent) ?? new Set()).add(below.slice(at + 1)));
      below = parent;
    }
  }
  const inodes = new Map([...directories.keys()].sort().map((path, index) => [path, index + 1]));
  const deviceOf = (path: string): string => {
    const mount = Object.keys(devices)
      .filter((one) => path === one || path.startsWith(`${one}/`))
      .sort()
      .at(-1);
    return mount === undefined ? '0:1' : devices[mount]!;
  };

  for (const [path, names] of directories) {
    const subject = nameOf(path);
    add('open', subject, closed[path] ?? true);
    add('list', subject, [...names].sort().reverse().map(nameOf));
    add(
      'entries',
      subject,
      [...names]
        .sort()
        .reverse()
        .map((name) => {
          const inode = inodes.get(`${path}/${name}`);
          return { name: nameOf(name), kind: inode === undefined ? 'file' : 'directory', inode: inode ?? 9999 };
        }),
    );
    add('stat', subject, { kind: 'directory', inode: inodes.get(path), dev: deviceOf(path), mode: 0o755, uid: 0 });
    const [, task, inside] = /^(\/proc\/\d+)\/root(\/.*)$/.exec(path) ?? [];
    if (task !== undefined && inside !== undefined) add('openInRoot', [task, nameOf(inside)], closed[path] ?? true);
  }
  for (const [path, content] of Object.entries(tree)) {
    add('read', nameOf(path), typeof content === 'string' ? nameOf(content) : content);
    add('stat', nameOf(path), { kind: 'file', inode: 9999, dev: deviceOf(path), mode: modes[path] ?? 0o644, uid: 0 });
  }
  for (const [path, target] of Object.entries(links)) add('readlink', nameOf(path), target);
  return {
    head: {
      schema: 'nsinspect/recording/1',
      of,
      reader: { pid, uid: 0, capEff: null },
      asksTasks: true,
      redacted: false,
    },
    entries,
  };
}
