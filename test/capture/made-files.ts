import { Failure, type Dir, type Host, type Kernel, type Read, type TreeQueries } from '../../src/host/port.ts';
import type { ReaderFacts } from '../../src/schema/host.ts';

/** A file's content, a link's target (`-> target`), or the way in which reading it fails. */
export type MadeFile = string | Failure;

/** A tree of files by absolute path. */
export type MadeTree = Readonly<Record<string, MadeFile>>;

export const DENIED = new Failure('denied', 'EACCES');
const ABSENT = new Failure('absent', 'ENOENT');

/** A task: what is in its `/proc/PID`, and the tree that it sees from its root. */
export interface MadeTask {
  readonly files: MadeTree;
  readonly root: MadeTree;
}

/** A host of nothing but files, which counts what is asked of it. */
export class MadeFiles implements Host {
  readonly kind = 'recording';
  readonly root = '/';
  readonly canReopen = false;
  readonly kernel = {} as Kernel;
  readonly tree = {} as TreeQueries;
  /** Calls of the port so far. */
  asked = 0;
  readonly #tasks = new Map<string, MadeTask>();

  /** Adds a task whose files in `/proc/PID` are those of an ordinary one with this command line and start time. */
  task(pid: number, argv: string, root: MadeTree, files: MadeTree = {}): this {
    // pid (comm) state ppid pgrp session tty_nr tpgid flags minflt … starttime is the 22nd
    const stat = `${pid} (x) S 1 1 1 0 -1 0 ${'0 '.repeat(10)}1 0 ${pid * 10} 0 0\n`;
    const own = { stat, cmdline: argv.replaceAll(' ', '\0') + '\0', cwd: '-> /', root: '-> /', ...files };
    this.#tasks.set(`/proc/${pid}`, {
      root,
      files: Object.fromEntries(Object.entries(own).map(([name, file]) => [`/${name}`, file])),
    });
    return this;
  }

  open(path: string): Read<Dir> {
    this.asked++;
    const task = this.#tasks.get(path);
    return task === undefined ? ABSENT : this.#dir(path, task.files, '');
  }

  openInRoot(task: Dir, path: string): Read<Dir> {
    this.asked++;
    const { root } = this.#tasks.get(task.path)!;
    if (root[path] instanceof Failure) return root[path];
    return Object.keys(root).some((file) => file.startsWith(`${path}/`))
      ? this.#dir(`${task.path}/root${path}`, root, path)
      : ABSENT;
  }

  placeInRoot(task: Dir, path: string): Read<Dir> {
    return this.openInRoot(task, path);
  }

  readInRoot(task: Dir, path: string, limit: number): Read<string> {
    this.asked++;
    const file = this.#tasks.get(task.path)!.root[path] ?? ABSENT;
    return typeof file === 'string' && file.length > limit ? new Failure('malformed', 'EOVERFLOW') : file;
  }

  reader(): ReaderFacts {
    return { pid: 1, uid: 0, capEff: null };
  }

  #dir(path: string, tree: MadeTree, at: string): Dir {
    const get = (name: string): MadeFile => {
      this.asked++;
      return tree[`${at}/${name}`] ?? ABSENT;
    };
    // The rest of the port is not asked of these.
    const dir: Partial<Dir> = {
      path,
      read: get,
      readlink: (name) => {
        const file = get(name);
        return typeof file === 'string' ? file.replace(/^-> /, '') : file;
      },
      list: () => {
        this.asked++;
        const below = Object.keys(tree).filter((file) => file.startsWith(`${at}/`));
        return [...new Set(below.map((file) => file.slice(at.length + 1).split('/')[0]!))];
      },
      open: () => ABSENT,
      close: () => undefined,
    };
    return dir as Dir;
  }
}
