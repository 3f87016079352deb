/** Containers that came, went, were started anew, renamed, or run another image. */
import type { Container } from '../model/containers.ts';
import type { DiffKind } from '../schema/diff-document.ts';
import type { Name } from '../schema/name.ts';
import { nameText, sameName } from '../text/bytes.ts';
import { formatPlural } from '../text/units.ts';
import { containerSubject } from './changes.ts';
import type { Context } from './context.ts';
import { exposureOf } from './exposure.ts';
import type { Pair } from './pairs.ts';
import type { Side } from './side.ts';

/** Changes of containers as a whole. */
export function compareContainers(context: Context): void {
  const { a, b, pairs } = context;
  for (const container of pairs.created) {
    const exposed = exposureOf(b, container);
    add(context, container, 'created', {
      note: joined([
        what(container),
        size(b, container),
        exposed.length === 0 ? null : `reaches the host: ${exposed.join(', ')}`,
      ]),
      isHigh: exposed.length > 0,
    });
  }
  for (const container of pairs.ended) {
    const state = recordOf(b, container);
    add(context, container, 'ended', { note: joined([what(container), state, size(a, container)]) });
  }
  for (const pair of pairs.pairs) comparePair(context, pair);
}

function comparePair(context: Context, pair: Pair): void {
  const { a, b, relation } = pair;
  const { changes, sameBoot } = context;
  if (relation === 'recreated') {
    add(context, b, 'recreated', { field: 'id', from: a.id, to: b.id, note: joined([what(b), size(context.b, b)]) });
  }
  const [was, is] = [context.a.leaderOf(a), context.b.leaderOf(b)];
  if (relation === 'restarted' || (relation === 'same' && !isOne(was, is))) {
    changes.add({
      aspect: 'containers',
      kind: 'changed',
      // After another start of the machine everything has been started anew.
      importance: sameBoot ? 'normal' : 'noise',
      subject: containerSubject(b),
      container: b,
      field: 'leader',
      from: processText(was),
      to: processText(is),
      note:
        relation === 'restarted' ? joined(['restarted', size(context.b, b)]) : 'its first process ended, others go on',
    });
  }
  if (relation !== 'recreated' && a.name !== null && b.name !== null && !sameName(a.name, b.name)) {
    changes.add({
      aspect: 'containers',
      kind: 'renamed',
      importance: 'normal',
      subject: containerSubject(b),
      container: b,
      field: 'name',
      from: a.name,
      to: b.name,
    });
  }
  if (a.image !== null && b.image !== null && !sameName(a.image, b.image)) {
    add(context, b, 'changed', { field: 'image', from: a.image, to: b.image, note: null });
  }
}

function isOne(
  was: { readonly pid: number; readonly start: number } | undefined,
  is: { readonly pid: number; readonly start: number } | undefined,
): boolean {
  return was?.pid === is?.pid && was?.start === is?.start;
}

function processText(process: { readonly pid: number; readonly comm: Name } | undefined): string | null {
  return process === undefined ? null : `pid ${String(process.pid)} ${nameText(process.comm)}`;
}

interface Rest {
  readonly note: string | null;
  readonly isHigh?: boolean;
  readonly field?: string;
  readonly from?: Name;
  readonly to?: Name;
}

function add({ changes }: Context, container: Container, kind: DiffKind, { isHigh = false, ...rest }: Rest): void {
  const importance = isHigh ? 'high' : 'normal';
  changes.add({ aspect: 'containers', kind, importance, subject: containerSubject(container), container, ...rest });
}

/** Engine, image and pod. */
function what({ engine, image, pod }: Container): string {
  return joined([
    engine,
    image === null ? null : `image ${nameText(image)}`,
    pod === null ? null : `pod ${nameText(pod.namespace)}/${nameText(pod.name)}`,
  ]);
}

/** How much came or went with it: what is not told line by line. */
function size(side: Side, { pids }: Container): string {
  const tasks = pids.reduce((sum, pid) => sum + (side.processes.get(pid)?.threads ?? 1), 0);
  return formatPlural(tasks, 'task');
}

/** What the engine still has of a container that runs no more. */
function recordOf({ capture }: Side, { id }: Container): string | null {
  if (capture.engines === undefined) return null;
  const isKept =
    capture.engines.containers.some((record) => record.id === id) ||
    capture.layers?.stores.some(({ containers }) => containers.some((one) => one.id === id)) === true;
  return isKept ? 'stopped, its record is kept' : null;
}

function joined(parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null).join(', ');
}
