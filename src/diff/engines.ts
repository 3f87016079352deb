/** Daemons of container engines, and what they wrote down of containers that do not run. */
import type { EngineContainer, EngineProcess } from '../schema/engines.ts';
import type { DiffSubject } from '../schema/diff-document.ts';
import { nameKey } from '../text/bytes.ts';
import { setDifference } from './changes.ts';
import { unlessFolded } from './context.ts';
import type { Context } from './context.ts';
import type { Side } from './side.ts';

/** Changes of engines. */
export function compareEngines(context: Context): void {
  compareProcesses(context);
  compareRecords(context);
}

function subject({ engine, pid, start, role }: EngineProcess): DiffSubject {
  return { type: 'engine', key: `${engine}:${String(pid)}:${String(start)}`, name: `${engine} ${role}` };
}

function compareProcesses({ a, b, changes, sameBoot, kept }: Context): void {
  if (!sameBoot) return;
  const wereThere = a.capture.engines?.processes ?? [];
  const areThere = b.capture.engines?.processes ?? [];
  const before = new Map(wereThere.map((one) => [keyOf(one), one]));
  const after = new Map(areThere.map((one) => [keyOf(one), one]));
  const gone = wereThere.filter((one) => !after.has(keyOf(one)));
  const come = areThere.filter((one) => !before.has(keyOf(one)));
  const followed = new Map<EngineProcess, EngineProcess>();
  for (const one of come) {
    const former = gone.filter(({ engine, role }) => role === 'daemon' && engine === one.engine && one.role === role);
    const [only] = former;
    const isOnly =
      former.length === 1 && come.filter(({ engine, role }) => engine === one.engine && role === one.role).length === 1;
    if (only !== undefined && isOnly) followed.set(one, only);
  }
  const taken = new Set(followed.values());
  for (const [kind, list] of [
    ['ended', gone],
    ['created', come],
  ] as const) {
    for (const one of list) {
      if (taken.has(one) || followed.has(one)) continue;
      // Shims and monitors come and go with their containers.
      const importance = one.role === 'daemon' ? 'normal' : 'noise';
      const went = kind === 'ended' && kept.has(one.pid) ? 'the process goes on as something else' : null;
      changes.add({
        aspect: 'engines',
        kind,
        importance,
        subject: subject(one),
        note: went ?? `pid ${String(one.pid)}`,
      });
    }
  }
  for (const [now, was] of followed) {
    const [from, to] = [was, now].map(({ pid }) => `pid ${String(pid)}`) as [string, string];
    changes.add({
      aspect: 'engines',
      kind: 'recreated',
      importance: 'normal',
      subject: subject(now),
      field: 'process',
      from,
      to,
    });
  }
  for (const [key, now] of after) {
    const was = before.get(key);
    if (was === undefined || was === now) continue;
    const sets = setDifference(pathsOf(was), pathsOf(now));
    if (sets.added.length + sets.removed.length === 0) continue;
    changes.add({
      aspect: 'engines',
      kind: 'changed',
      importance: 'normal',
      subject: subject(now),
      field: 'paths',
      ...sets,
    });
  }
}

function keyOf({ pid, start, role, engine }: EngineProcess): string {
  return `${String(pid)}:${String(start)} ${engine} ${role}`;
}

function pathsOf({ paths }: EngineProcess): string[] {
  return Object.entries(paths).map(([name, path]) => `${name} ${typeof path === 'string' ? path : path.text}`);
}

/** Records by container: one may have several, which agree. */
function recordsOf({ capture }: Side): Map<string, EngineContainer> {
  const found = new Map<string, EngineContainer>();
  for (const record of capture.engines?.containers ?? []) {
    const key = `${record.engine}:${record.namespace ?? ''}:${record.id}`;
    if (!found.has(key)) found.set(key, record);
  }
  return found;
}

/** Containers that an engine knows and that do not run: the others have a line of their own. */
function compareRecords({ a, b, changes }: Context): void {
  const [before, after] = [recordsOf(a), recordsOf(b)];
  const running = new Set([...a.containers, ...b.containers].map(({ id }) => id));
  const add = (record: EngineContainer, kind: 'created' | 'ended'): void => {
    const { engine, id, name, image } = record;
    const isRuntime = engine === 'runc' || engine === 'crun';
    changes.add({
      aspect: 'engines',
      kind,
      importance: unlessFolded(running.has(id) || isRuntime, 'normal'),
      subject: { type: 'container', key: `${engine}:${id}`, name: name ?? id },
      container: { engine, id, name },
      field: 'record',
      note: image,
    });
  };
  for (const [key, record] of before) if (!after.has(key)) add(record, 'ended');
  for (const [key, record] of after) {
    const was = before.get(key);
    if (was === undefined) add(record, 'created');
    else if (was !== record) compareLabels(changes, was, record);
  }
}

/** Labels of redacted captures are left out, not gone. */
function compareLabels(changes: Context['changes'], was: EngineContainer, is: EngineContainer): void {
  if (was.labels === undefined || is.labels === undefined || was.labels === is.labels) return;
  const texts = (labels: NonNullable<EngineContainer['labels']>): string[] =>
    Object.entries(labels).map(([name, value]) => `${name}=${nameKey(value)}`);
  const sets = setDifference(texts(was.labels), texts(is.labels));
  if (sets.added.length + sets.removed.length === 0) return;
  const { engine, id, name } = is;
  changes.add({
    aspect: 'engines',
    kind: 'changed',
    importance: 'normal',
    subject: { type: 'container', key: `${engine}:${id}`, name: name ?? id },
    container: { engine, id, name },
    field: 'labels',
    ...sets,
  });
}
