/** A change as a sentence, in the words of those who look after containers. */
import type { DiffChange, DiffKind } from '../src/schema/diff-document.ts';
import type { LimitUnit } from '../src/schema/limits-document.ts';
import type { Name } from '../src/schema/name.ts';
import { nameText } from '../src/text/bytes.ts';
import { formatCount, formatPlural } from '../src/text/units.ts';
import { amountText } from './amounts.ts';

/**
 * The sentence, not yet safe for a terminal. A container that is its subject is not named: it stands before, as the heading of a
 * group or at the beginning of the line.
 */
export function changeText(change: DiffChange): string {
  const { certain, note } = change;
  const text = WORDS[change.aspect](change);
  const isSpoken = SPOKEN.has(change.field ?? '') || (change.aspect === 'namespaces' && change.kind === 'loosened');
  const why = [note === null || isSpoken ? null : nameText(note), certain ? null : 'not certain'];
  const said = why.filter((part) => part !== null && part !== '');
  return said.length === 0 ? text : `${text} (${said.join('; ')})`;
}

/** Of several changes that differ in their subject alone: one sentence. `most`: how many are named. */
export function changesText(changes: readonly DiffChange[], most: number): string {
  const [first] = changes;
  if (first === undefined || changes.length === 1) return first === undefined ? '' : changeText(first);
  const names = changes.slice(0, most).map((change) => bareSubject(change));
  const more = changes.length > most ? ` and ${formatCount(changes.length - most)} more` : '';
  const what = `${formatPlural(changes.length, ...PLURALS[first.subject.type])} ${verbOf(first)}`;
  const note = first.note === null ? '' : ` (${nameText(first.note)})`;
  return `${what}: ${names.join(', ')}${more}${note}`;
}

/** Changes that one sentence can tell together have this in common; null: it is told alone. */
export function togetherKey({ aspect, kind, subject, field, note, certain, importance }: DiffChange): string | null {
  const isListed = aspect === 'tasks' || aspect === 'namespaces' || aspect === 'layers' || aspect === 'cgroups';
  if (!isListed || field !== null || !certain || (kind !== 'created' && kind !== 'ended')) return null;
  return [aspect, kind, subject.type, importance, note === null ? '' : nameText(note)].join('\n');
}

const PLURALS: Readonly<Record<DiffChange['subject']['type'], readonly [string, string]>> = {
  host: ['host', 'hosts'],
  container: ['container', 'containers'],
  task: ['process', 'processes'],
  namespace: ['namespace', 'namespaces'],
  cgroup: ['cgroup', 'cgroups'],
  mount: ['mount', 'mounts'],
  layer: ['layer', 'layers'],
  image: ['image', 'images'],
  engine: ['engine', 'engines'],
};

/** Fields whose sentence has the note in it. */
const SPOKEN: ReadonlySet<string> = new Set(['boot']);

type Words = (change: DiffChange) => string;

const WORDS: Readonly<Record<DiffChange['aspect'], Words>> = {
  host: hostText,
  containers: containerText,
  limits: limitText,
  cgroups: cgroupText,
  namespaces: namespaceText,
  rights: rightText,
  tasks: taskText,
  mounts: mountText,
  layers: layerText,
  engines: engineText,
};

/** `pid 4711 sh`, `cgroup /a`, `net:[4026532184]`; nothing for a container. */
function subjectText(change: DiffChange): string {
  const { type } = change.subject;
  const bare = bareSubject(change);
  if (type === 'container') return '';
  if (type === 'task') return `pid ${bare}`;
  return type === 'engine' || type === 'host' ? bare : `${type} ${bare}`;
}

function bareSubject({ subject: { type, key, name } }: DiffChange): string {
  const text = nameText(name);
  return type === 'task' ? `${key.split(':')[0] ?? ''} ${text}` : text;
}

/** The field of a subject: `memory`, `memory of cgroup /a`. */
function fieldText(change: DiffChange, field = change.field ?? ''): string {
  const subject = subjectText(change);
  return subject === '' ? field : `${field} of ${subject}`;
}

/** Before and after, or what joined and left. */
function valuesText({ from, to, added, removed, unit }: DiffChange): string {
  if (added.length + removed.length > 0) {
    return [...removed.map((name) => `-${nameText(name)}`), ...added.map((name) => `+${nameText(name)}`)].join(' ');
  }
  const unitless = unit === 'shares' || unit === 'weight' ? unit : null;
  return `${valueText(from, unit)} -> ${valueText(to, unit)}${unitless === null ? '' : ` ${unitless}`}`;
}

/** One side of a change: `64 MiB`, `no limit`, `none`. */
export function valueText(value: Name | null, unit: string | null): string {
  if (value === null) return 'none';
  const text = nameText(value);
  if (unit === null) return text === '' ? 'none' : text;
  if (text === 'max') return 'no limit';
  if (!/^\d+$/.test(text) || unit === 'cpus') return text === '' ? 'none' : text;
  return UNITS.has(unit) ? amountText(text, unit as LimitUnit) : `${formatCount(BigInt(text))} ${unit}`;
}

const UNITS: ReadonlySet<string> = new Set<LimitUnit>([
  'usec/s',
  'shares',
  'weight',
  'bytes',
  'tasks',
  'bytes/s',
  'operations/s',
  'objects',
  'units',
  'files',
]);

function hostText(change: DiffChange): string {
  const { kind, field, from, to, note } = change;
  if (field === 'boot') {
    const [was, is] = [from, to].map((id) => (id === null ? 'none' : nameText(id).slice(0, 8)));
    return `${note === null ? 'boot' : nameText(note)}: boot ${was ?? ''} -> ${is ?? ''}`;
  }
  if (kind === 'created') return `${field ?? ''} is in ${valueText(to, null)} now`;
  if (kind === 'ended') return `${field ?? ''} is in no hierarchy any more, before in ${valueText(from, null)}`;
  return `${field ?? ''}${kind === 'moved' ? ' moved' : ''} ${valuesText(change)}`;
}

function containerText(change: DiffChange): string {
  const { kind, field, from, to, note } = change;
  if (kind === 'created') return 'created';
  if (kind === 'ended') return 'ended';
  if (kind === 'recreated') return `made anew under the same name, id ${shortId(from)} -> ${shortId(to)}`;
  if (kind === 'renamed') return `renamed ${valuesText(change)}`;
  if (field === 'leader' && note !== null && nameText(note).startsWith('restarted'))
    return `first process ${valuesText(change)}`;
  return field === 'leader' ? `first process ${valuesText(change)}` : `${field ?? ''} ${valuesText(change)}`;
}

function shortId(id: Name | null): string {
  const text = id === null ? 'none' : nameText(id);
  return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 12) : text;
}

/** Resources of `limits` are called by a bare word. */
function limitText(change: DiffChange): string {
  const { field, kind, added, removed } = change;
  const isResource = field !== null && !/[()]|affinity|\.list$|_in_bytes$/.test(field) && kind !== 'changed';
  const what = fieldText(change, isResource ? `${field} limit` : (field ?? ''));
  const direction = kind === 'changed' ? '' : ` ${kind}`;
  return `${what}${direction}${added.length + removed.length > 0 ? ':' : ''} ${valuesText(change)}`;
}

function cgroupText(change: DiffChange): string {
  const { kind, field } = change;
  if (kind === 'renamed') return `cgroup renamed ${valuesText(change)}`;
  return field === null ? `${subjectText(change)} ${verbOf(change)}` : `${fieldText(change)} ${valuesText(change)}`;
}

function namespaceText(change: DiffChange): string {
  const { kind, field, subject, from, to } = change;
  if (subject.type === 'namespace') {
    if (kind === 'recreated') return `number of ${nameText(subject.name)} is another namespace's now`;
    if (field !== 'tasks') return `namespace ${nameText(subject.name)} ${verbOf(change)}`;
    const state = to === '0' ? 'has no task left' : 'has tasks again';
    return `namespace ${nameText(subject.name)} ${state}`;
  }
  if (to === 'host') return `now in the host's ${field ?? ''} namespace`;
  if (to === 'shared')
    return `now in a ${field ?? ''} namespace that others are in, before in ${from === 'host' ? "the host's" : 'its own'}`;
  if (to === 'own') return `now in a ${field ?? ''} namespace of its own`;
  const who = subjectText(change);
  if (change.kind === 'loosened')
    return `${who === '' ? '' : `${who} `}joined the host's ${field ?? ''} namespace, ${valuesText(change)}`;
  return `${who === '' ? '' : `${who} `}went to another ${field ?? ''} namespace: ${valuesText(change)}`;
}

function rightText(change: DiffChange): string {
  const { field, added, removed, subject } = change;
  const who = subject.type === 'container' ? '' : `${subjectText(change)} `;
  const sets = field?.startsWith('capabilities ') === true ? field.slice('capabilities '.length) : null;
  if (sets === null) return `${fieldText(change)} ${valuesText(change)}`;
  const names = (added.length > 0 ? added : removed).map(nameText);
  return `${who}${added.length > 0 ? 'gained' : 'lost'} ${names.join(' ')} in ${sets.split(',').join(', ')}`;
}

function taskText(change: DiffChange): string {
  const { kind, field, count, from, to } = change;
  const who = subjectText(change);
  if (field === null) return `${who} ${verbOf(change)}`;
  // The old and the new name follow.
  if (field === 'comm') return `name of pid ${change.subject.key.split(':')[0] ?? ''} ${valuesText(change)}`;
  if (kind !== 'moved') return `${fieldText(change)} ${valuesText(change)}`;
  const threads = count > 1 ? ` with ${formatPlural(count, 'thread')}` : '';
  return `${who} moved${threads}, ${field} ${valueText(from, null)} -> ${valueText(to, null)}`;
}

function mountText(change: DiffChange): string {
  const { kind, field } = change;
  const who = subjectText(change);
  if (kind === 'recreated') return `${who} unmounted and mounted again`;
  if (field === null) return `${who} ${verbOf(change)}`;
  if (kind === 'moved') return `mount moved ${valuesText(change)}`;
  if (field === 'options') return `${who} remounted ${valuesText(change)}`;
  if (field === 'superblock') return `file system at ${nameText(change.subject.name)} remounted ${valuesText(change)}`;
  return `${fieldText(change)} ${valuesText(change)}`;
}

function layerText(change: DiffChange): string {
  return change.field === null
    ? `${subjectText(change)} ${verbOf(change)}`
    : `${fieldText(change)} ${valuesText(change)}`;
}

function engineText(change: DiffChange): string {
  const { kind, field } = change;
  const who = subjectText(change);
  if (kind === 'recreated') return `${who} restarted, ${valuesText(change)}`;
  if (field === 'record') return `its engine's record ${verbOf(change)}`;
  return field === null ? `${who} ${verbOf(change)}` : `${fieldText(change)} ${valuesText(change)}`;
}

/** What coming and going is called. */
function verbOf({ kind, aspect, field }: Pick<DiffChange, 'kind' | 'aspect' | 'field'>): string {
  const verbs: Readonly<Partial<Record<DiffKind, string>>> =
    aspect === 'mounts' || aspect === 'layers'
      ? { created: 'added', ended: 'removed' }
      : field === 'record'
        ? { created: 'made', ended: 'removed' }
        : aspect === 'tasks' || aspect === 'engines'
          ? { created: 'started', ended: 'ended' }
          : { recreated: 'made anew' };
  return verbs[kind] ?? kind;
}
