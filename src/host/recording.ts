/** Records whatever a host answers, so that it can be replayed where there is no such host (replay.ts). */
import type { NamespaceFacts, NsRef } from '../schema/namespace.ts';
import { RECORDING_SCHEMA } from '../schema/recording.ts';
import type { Question, RecordedFailure, Recording, RecordingEntry, Subject } from '../schema/recording.ts';
import { nameOf } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { Failure } from './port.ts';
import type { Dir, DirEntry, FileStat, Host, Kernel, OpenFile, Read, TaskQueries, TreeQueries } from './port.ts';
import { expected, inRootSubject, mountedSubject, pathBelow, questionKey, withoutKnown } from './questions.ts';

/** A host that notes what it answers. */
export interface RecordedHost {
  /** Answers as the host does that it wraps. */
  readonly host: Host;
  /** What was answered until now. */
  readonly recording: () => Recording;
}

/** Wraps a host of any kind. What is recorded is what was asked: nothing is read for the sake of the recording alone. */
export function recordingOf(host: Host): RecordedHost {
  const notes = new Notes();
  return {
    host: recordedHost(host, notes),
    recording: () => ({
      head: {
        schema: RECORDING_SCHEMA,
        of: host.kind,
        reader: host.reader(),
        asksTasks: host.kernel.tasks !== null,
        redacted: false,
      },
      entries: notes.entries(),
    }),
  };
}

/** One answer, and how often in a row it was given. */
interface Run {
  readonly text: string;
  readonly answer: unknown;
  times: number;
}

class Notes {
  readonly #asked = new Map<string, { readonly ask: Question; readonly of: Subject; readonly runs: Run[] }>();

  /** Notes the answer and hands it on. `note`: how it stands in the recording. */
  take<T>(ask: Question, of: Subject, answer: Read<T>, note: (value: T) => unknown = (value) => value): Read<T> {
    const noted = answer instanceof Failure ? failed(answer) : note(answer);
    const text = JSON.stringify(noted);
    const key = questionKey(ask, of);
    let entry = this.#asked.get(key);
    if (entry === undefined) this.#asked.set(key, (entry = { ask, of, runs: [] }));
    const last = entry.runs.at(-1);
    if (last?.text === text) last.times++;
    else entry.runs.push({ text, answer: noted, times: 1 });
    return answer;
  }

  entries(): RecordingEntry[] {
    return [...this.#asked.values()].flatMap(({ ask, of, runs }) =>
      // The last answer is good for however often it is asked again.
      runs.map(({ answer, times }, i) => ({ ask, of, ...(i < runs.length - 1 && { times }), answer })),
    );
  }
}

function failed({ outcome, errno }: Failure): RecordedFailure {
  return { failed: outcome, errno };
}

/** A directory whose answers are noted. The descriptor is that of the one inside, which closes with it. */
class RecordedDir implements Dir {
  readonly path: string;
  readonly inner: Dir;
  readonly #notes: Notes;

  constructor(inner: Dir, notes: Notes) {
    this.path = inner.path;
    this.inner = inner;
    this.#notes = notes;
  }

  read(name: string): Read<ByteString> {
    return this.#notes.take('read', nameOf(pathBelow(this, name)), this.inner.read(name), nameOf);
  }

  readlink(name: string): Read<ByteString> {
    return this.#notes.take('readlink', nameOf(pathBelow(this, name)), this.inner.readlink(name), nameOf);
  }

  list(name: string, most?: number): Read<ByteString[]> {
    const answer = this.inner.list(name, most);
    return this.#notes.take('list', nameOf(pathBelow(this, name)), answer, (names) => names.map(nameOf));
  }

  entries(name: string): Read<DirEntry[]> {
    return this.#notes.take('entries', nameOf(pathBelow(this, name)), this.inner.entries(name), (entries) =>
      entries.map((entry) => ({ ...entry, name: nameOf(entry.name) })),
    );
  }

  stat(name: string): Read<FileStat> {
    return this.#notes.take('stat', nameOf(pathBelow(this, name)), this.inner.stat(name));
  }

  openChild(name: string): Read<Dir> {
    const child = this.inner.openChild(name);
    return opened(this.#notes.take('open', nameOf(pathBelow(this, name)), child, yes), this.#notes);
  }

  open(name: string): Read<Dir> {
    return opened(this.#notes.take('open', nameOf(pathBelow(this, name)), this.inner.open(name), yes), this.#notes);
  }

  close(): void {
    this.inner.close();
  }
}

function yes(): true {
  return true;
}

function opened(dir: Read<Dir>, notes: Notes): Read<Dir> {
  return dir instanceof Failure ? dir : new RecordedDir(dir, notes);
}

function innerOf(dir: Dir): Dir {
  if (!(dir instanceof RecordedDir)) throw new TypeError(`not a directory of the recorded host: ${dir.path}`);
  return dir.inner;
}

function recordedHost(host: Host, notes: Notes): Host {
  return {
    kind: host.kind,
    root: host.root,
    // Another thread would read past the recording.
    canReopen: false,
    open: (path) => opened(notes.take('open', path, host.open(path), yes), notes),
    openInRoot: (task, path, symlinks) => {
      const answer = host.openInRoot(innerOf(task), path, symlinks);
      return opened(notes.take('openInRoot', inRootSubject(task, path), answer, yes), notes);
    },
    placeInRoot: (task, path) =>
      opened(notes.take('placeInRoot', inRootSubject(task, path), host.placeInRoot(innerOf(task), path), yes), notes),
    readInRoot: (task, path, limit, symlinks) => {
      const answer = host.readInRoot(innerOf(task), path, limit, symlinks);
      return notes.take('readInRoot', inRootSubject(task, path), answer, nameOf);
    },
    kernel: recordedKernel(host.kernel, notes),
    tree: recordedTree(host.tree, notes),
    reader: () => host.reader(),
  };
}

type Found = Read<NamespaceFacts[]>;
type Known = (ns: NsRef) => boolean;

/** The whole chain of owners and ancestors is asked for and noted; who asked gets what it does not know. */
function nothingKnown(): boolean {
  return false;
}

function recordedKernel(kernel: Kernel, notes: Notes): Kernel {
  return {
    namespace(dir, name, expect, known) {
      const all = kernel.namespace(innerOf(dir), name, null, nothingKnown);
      return withoutKnown(expected(notes.take('namespace', nameOf(pathBelow(dir, name)), all), expect), known);
    },
    mountNamespaces: () => notes.take('mountNamespaces', [], kernel.mountNamespaces()),
    nsfsMounts: (mntnsId, mntns) => notes.take('nsfsMounts', [mntnsId, mntns], kernel.nsfsMounts(mntnsId, mntns)),
    mounts: (mntnsId) => notes.take('mounts', [mntnsId], kernel.mounts(mntnsId)),
    namespaceAt(mount, mntnsId, task, known) {
      const all = kernel.namespaceAt(mount, mntnsId, task === null ? null : innerOf(task), nothingKnown);
      return withoutKnown(notes.take('namespaceAt', mountedSubject(mount, mntnsId, task), all), known);
    },
    tasks: kernel.tasks === null ? null : recordedTasks(kernel.tasks, notes),
  };
}

function recordedTasks(tasks: TaskQueries, notes: Notes): TaskQueries {
  return {
    sharesFds: (task, pid, tid) => notes.take('sharesFds', [pid, tid], tasks.sharesFds(innerOf(task), pid, tid)),
    socketNamespace(task, pid, tid, fd, expect, known: Known): Found {
      const all = tasks.socketNamespace(innerOf(task), pid, tid, fd, expect, nothingKnown);
      return withoutKnown(notes.take('socketNamespace', [pid, tid, fd], all), known);
    },
    pidForChildren(task, pid, tid, known: Known): Found {
      const all = tasks.pidForChildren(innerOf(task), pid, tid, nothingKnown);
      return withoutKnown(notes.take('pidForChildren', [pid, tid], all), known);
    },
  };
}

function recordedTree(tree: TreeQueries, notes: Notes): TreeQueries {
  const at = (dir: Dir, path: ByteString): Subject => nameOf(pathBelow(dir, path));
  return {
    facts: (dir, path) => notes.take('treeFacts', at(dir, path), tree.facts(innerOf(dir), path)),
    xattrs: (dir, path) =>
      notes.take('treeXattrs', at(dir, path), tree.xattrs(innerOf(dir), path), (attributes) =>
        attributes.map(({ name, value }) => ({ name: nameOf(name), value: nameOf(value) })),
      ),
    handle: (dir, path) => notes.take('treeHandle', at(dir, path), tree.handle(innerOf(dir), path)),
    mountId: (dir) => notes.take('treeMount', at(dir, '.'), tree.mountId(innerOf(dir))),
    behind: (dir, path) => notes.take('treeBehind', at(dir, path), tree.behind(innerOf(dir), path)),
    openDirectory: (dir, path) =>
      opened(notes.take('treeDirectory', at(dir, path), tree.openDirectory(innerOf(dir), path), yes), notes),
    openFile(dir, path) {
      const file = notes.take('treeFile', at(dir, path), tree.openFile(innerOf(dir), path), yes);
      return file instanceof Failure ? file : recordedFile(file, at(dir, path), notes);
    },
  };
}

function recordedFile(file: OpenFile, path: Subject, notes: Notes): OpenFile {
  return {
    read(into, position) {
      const subject = [path, position, into.length] as Subject;
      return notes.take('treeBytes', subject, file.read(into, position), (n) => nameOf(into.toString('latin1', 0, n)));
    },
    close: () => file.close(),
  };
}
