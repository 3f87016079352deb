/** A host that is not there: it answers from a recording. */
import type { NamespaceFacts, NsMount } from '../schema/namespace.ts';
import type { MountFacts } from '../schema/mounts.ts';
import type { Name } from '../schema/name.ts';
import type { FileFacts } from '../schema/tree.ts';
import type { Question, RecordedFailure, Recording, RecordingEntry, Subject } from '../schema/recording.ts';
import type { OverlayHandle } from '../parse/overlay-handle.ts';
import { bytesOf, nameOf } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { Failure } from './port.ts';
import type { Dir, DirEntry, FileStat, Host, Kernel, Read, TaskQueries, TreeQueries, Xattr } from './port.ts';
import { expected, inRootSubject, mountedSubject, pathBelow, questionKey, withoutKnown } from './questions.ts';

/** Serves what was recorded, in the order in which it was answered; what was not is `not collected`. */
export function replayHost({ head, entries }: Recording): Host {
  const answers = new Answers(entries);
  return {
    kind: 'recording',
    root: '/',
    canReopen: false,
    open: (path) => answers.dir('open', path, path),
    openInRoot: (task, path) => answers.dir('openInRoot', inRootSubject(task, path), `${task.path}/root${path}`),
    placeInRoot: (task, path) => answers.dir('placeInRoot', inRootSubject(task, path), `${task.path}/root${path}`),
    readInRoot: (task, path, limit) => withinLimit(answers.bytes('readInRoot', inRootSubject(task, path)), limit),
    kernel: replayKernel(answers, head.asksTasks),
    tree: replayTree(answers),
    reader: () => head.reader,
  };
}

/** What is left of the answers to one question, the next one first. */
interface Left {
  readonly runs: RecordingEntry[];
  served: number;
}

class Answers {
  readonly #left = new Map<string, Left>();

  constructor(entries: readonly RecordingEntry[]) {
    for (const entry of entries) {
      const key = questionKey(entry.ask, entry.of);
      const left = this.#left.get(key);
      if (left === undefined) this.#left.set(key, { runs: [entry], served: 0 });
      else left.runs.push(entry);
    }
  }

  /** The recorded answer as it stands in the recording. */
  value<T>(ask: Question, of: Subject): Read<T> {
    const left = this.#left.get(questionKey(ask, of));
    const [run, next] = left?.runs ?? [];
    if (left === undefined || run === undefined) return new Failure('not collected', 'not in the recording');
    if (next !== undefined && ++left.served >= (run.times ?? 1)) {
      left.runs.shift();
      left.served = 0;
    }
    return isFailure(run.answer) ? new Failure(run.answer.failed, run.answer.errno) : (run.answer as T);
  }

  bytes(ask: Question, of: Subject): Read<ByteString> {
    const name = this.value<Name>(ask, of);
    return name instanceof Failure ? name : bytesOf(name);
  }

  names(ask: Question, of: Subject): Read<ByteString[]> {
    const names = this.value<Name[]>(ask, of);
    return names instanceof Failure ? names : names.map(bytesOf);
  }

  dir(ask: Question, of: Subject, path: string): Read<Dir> {
    const there = this.value<true>(ask, of);
    return there instanceof Failure ? there : new ReplayDir(path, this);
  }
}

function isFailure(answer: unknown): answer is RecordedFailure {
  return typeof answer === 'object' && answer !== null && 'failed' in answer;
}

function withinLimit(content: Read<ByteString>, limit: number): Read<ByteString> {
  const isLonger = !(content instanceof Failure) && content.length > limit;
  return isLonger ? new Failure('malformed', 'EOVERFLOW') : content;
}

/** An entry as it stands in a recording. */
type RecordedEntry = Omit<DirEntry, 'name'> & { readonly name: Name };

class ReplayDir implements Dir {
  readonly path: string;
  readonly #answers: Answers;

  constructor(path: string, answers: Answers) {
    this.path = path;
    this.#answers = answers;
  }

  read(name: string): Read<ByteString> {
    return this.#answers.bytes('read', nameOf(pathBelow(this, name)));
  }

  readlink(name: string): Read<ByteString> {
    return this.#answers.bytes('readlink', nameOf(pathBelow(this, name)));
  }

  list(name: string): Read<ByteString[]> {
    return this.#answers.names('list', nameOf(pathBelow(this, name)));
  }

  entries(name: string): Read<DirEntry[]> {
    const entries = this.#answers.value<RecordedEntry[]>('entries', nameOf(pathBelow(this, name)));
    if (entries instanceof Failure) return entries;
    return entries.map((entry) => ({ ...entry, name: bytesOf(entry.name) }));
  }

  stat(name: string): Read<FileStat> {
    return this.#answers.value<FileStat>('stat', nameOf(pathBelow(this, name)));
  }

  openChild(name: string): Read<Dir> {
    return this.open(name);
  }

  open(name: string): Read<Dir> {
    const path = pathBelow(this, name);
    return this.#answers.dir('open', nameOf(path), path);
  }

  close(): void {
    // Nothing is open.
  }
}

type Found = NamespaceFacts[];

function replayKernel(answers: Answers, asksTasks: boolean): Kernel {
  return {
    namespace(dir, name, expect, known) {
      const all = answers.value<Found>('namespace', nameOf(pathBelow(dir, name)));
      return withoutKnown(expected(all, expect), known);
    },
    mountNamespaces: () => answers.value<Found>('mountNamespaces', []),
    nsfsMounts: (mntnsId, mntns) => answers.value<NsMount[]>('nsfsMounts', [mntnsId, mntns]),
    mounts: (mntnsId) => answers.value<MountFacts[]>('mounts', [mntnsId]),
    namespaceAt: (mount, mntnsId, task, known) =>
      withoutKnown(answers.value<Found>('namespaceAt', mountedSubject(mount, mntnsId, task)), known),
    tasks: asksTasks ? replayTasks(answers) : null,
  };
}

function replayTasks(answers: Answers): TaskQueries {
  return {
    sharesFds: (_task, pid, tid) => answers.value<boolean>('sharesFds', [pid, tid]),
    socketNamespace: (_task, pid, tid, fd, _expect, known) =>
      withoutKnown(answers.value<Found>('socketNamespace', [pid, tid, fd]), known),
    pidForChildren: (_task, pid, tid, known) => withoutKnown(answers.value<Found>('pidForChildren', [pid, tid]), known),
  };
}

/** An extended attribute as it stands in a recording. */
type RecordedXattr = Readonly<Record<keyof Xattr, Name>>;

function replayTree(answers: Answers): TreeQueries {
  const at = (dir: Dir, path: ByteString): Name => nameOf(pathBelow(dir, path));
  return {
    facts: (dir, path) => answers.value<FileFacts>('treeFacts', at(dir, path)),
    xattrs(dir, path) {
      const found = answers.value<RecordedXattr[]>('treeXattrs', at(dir, path));
      if (found instanceof Failure) return found;
      return found.map(({ name, value }) => ({ name: bytesOf(name), value: bytesOf(value) }));
    },
    handle: (dir, path) => answers.value<string>('treeHandle', at(dir, path)),
    mountId: (dir) => answers.value<number>('treeMount', at(dir, '.')),
    behind: (dir, path) => answers.value<OverlayHandle>('treeBehind', at(dir, path)),
    openDirectory: (dir, path) => answers.dir('treeDirectory', at(dir, path), pathBelow(dir, path)),
    openFile(dir, path) {
      const there = answers.value<true>('treeFile', at(dir, path));
      if (there instanceof Failure) return there;
      return {
        read(into, position) {
          const bytes = answers.bytes('treeBytes', [at(dir, path), position, into.length]);
          return bytes instanceof Failure ? bytes : into.write(bytes, 'latin1');
        },
        close: () => undefined,
      };
    },
  };
}
