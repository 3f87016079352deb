/** What a container changed, and what became of its layers, for a person. */
import type { Change, ChangeKind, ChangesCoverage } from '../src/schema/changes.ts';
import type { LayerFault, LayerVerification } from '../src/schema/verify.ts';
import { bytesOf, nameOf, nameText } from '../src/text/bytes.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatBytes, formatPlural } from '../src/text/units.ts';
import { truncate } from '../src/text/width.ts';
import type { Style } from './style.ts';

const WIDEST = 8;

/** The changes, one a line: kind, size, path, and where it was. */
export function changeLines(changes: readonly Change[], style: Style): string[] {
  if (changes.length === 0) return ['nothing was changed'];
  return changes.map((change) => cut(`${lead(change)} ${nameText(change.path)}${origin(change)}`, change.kind, style));
}

/** The same as a tree; directories that only lead to a change have no kind. */
export function changeTreeLines(changes: readonly Change[], style: Style): string[] {
  if (changes.length === 0) return ['nothing was changed'];
  const root: TreeNode = { name: '/', change: null, children: new Map() };
  for (const change of changes) {
    let at = root;
    for (const name of bytesOf(change.path).split('/')) {
      if (name === '') continue;
      let next = at.children.get(name);
      if (next === undefined) at.children.set(name, (next = { name, change: null, children: new Map() }));
      at = next;
    }
    at.change = change;
  }
  return drawn(root, style);
}

interface TreeNode {
  readonly name: string;
  change: Change | null;
  readonly children: Map<string, TreeNode>;
}

/** So many levels are drawn as such. */
const MOST_INDENTED = 50;

/** Without recursion: a container makes directories as deep as it likes. */
function drawn(root: TreeNode, style: Style): string[] {
  const lines = [`${' '.repeat(WIDEST + 11)} /`];
  const todo: { readonly node: TreeNode; readonly own: string; readonly below: string; readonly depth: number }[] = [];
  const push = (node: TreeNode, below: string, depth: number): void => {
    const children = [...node.children.values()].reverse();
    for (const [i, child] of children.entries()) {
      const isLast = i === 0;
      todo.push({
        node: child,
        own: below + (isLast ? style.lastBranch : style.branch),
        // Further in, nobody can follow the lines, and each would be longer than the one before.
        below: depth < MOST_INDENTED ? below + (isLast ? style.blank : style.trunk) : below,
        depth: depth + 1,
      });
    }
  };
  push(root, '', 0);
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { node, own, below, depth } = next;
    const { change } = node;
    const text = change === null ? ' '.repeat(WIDEST + 11) : lead(change);
    const name = nameText(nameOf(node.name));
    lines.push(cut(`${text} ${own}${name}${change === null ? '' : origin(change)}`, change?.kind ?? null, style));
    push(node, below, depth);
  }
  return lines;
}

function lead({ kind, bytes }: Change): string {
  return `${kind.padEnd(WIDEST)} ${(bytes === null ? '' : formatBytes(BigInt(bytes))).padStart(10)}`;
}

function origin({ from, layer, unknown, kind }: Change): string {
  const words = [
    from === null ? null : `from ${nameText(from)}`,
    layer === null || kind === 'added' ? null : `of layer ${layer}`,
    unknown?.content === undefined ? null : 'not compared',
    unknown?.kind === undefined ? null : `what is below: ${unknown.kind}`,
  ].filter((word) => word !== null);
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function cut(line: string, kind: ChangeKind | null, style: Style): string {
  const safe = terminalSafe(line);
  const text = style.columns === null ? safe : truncate(safe, style.columns, style.ellipsis);
  switch (kind) {
    case 'added':
      return style.green(text);
    case 'deleted':
    case 'opaque':
      return style.red(text);
    case 'modified':
    case 'renamed':
    case 'metadata':
      return style.yellow(text);
    case null:
      return style.dim(text);
  }
}

/** What the list of changes is lacking, as notes. */
export function changeNotes({ marks, unreadCount, unread, mounts, stopped }: Readonly<ChangesCoverage>): string[] {
  const [first] = unread;
  return [
    ...(marks === 'read'
      ? []
      : [`marks of opaque directories and renames were not read: ${marks} (they need CAP_SYS_ADMIN on the host)`]),
    ...(first === undefined
      ? []
      : [`${formatPlural(unreadCount, 'path')} could not be read, first ${nameText(first.path)}: ${first.outcome}`]),
    ...(mounts === 0
      ? []
      : [`${formatPlural(mounts, 'directory', 'directories')} with something mounted over: not read`]),
    ...(stopped ? ['there are more changes than are kept: the list is not complete'] : []),
  ];
}

/** The verdict on each layer, lowest first, with its first fault. */
export function verificationLines(
  layers: readonly { readonly index: number; readonly verification: LayerVerification }[],
  style: Style,
): string[] {
  return layers.flatMap(({ index, verification }) => {
    const { result, diffId, faults, faultCount, why } = verification;
    const paint = result === 'verified' ? style.green : result === 'differs' ? style.red : style.yellow;
    const because = why === null ? '' : `: ${why.text}`;
    const lines = [paint(plain(`layer ${index} ${diffId.slice(0, 19)} ${result}${because}`, style))];
    const shown = faults.slice(0, MOST_SHOWN);
    lines.push(...shown.map((fault) => plain(`  ${faultText(fault)}`, style)));
    if (faultCount > shown.length)
      lines.push(style.dim(`  and ${formatPlural(faultCount - shown.length, 'more fault')}`));
    return lines;
  });
}

const MOST_SHOWN = 10;

function faultText({ path, fault, expected, found }: LayerFault): string {
  const words = [
    expected === undefined ? null : `expected ${nameText(expected)}`,
    found === undefined ? null : `found ${nameText(found)}`,
  ].filter((word) => word !== null);
  return `${fault} ${nameText(path)}${words.length === 0 ? '' : ` (${words.join(', ')})`}`;
}

function plain(line: string, style: Style): string {
  const safe = terminalSafe(line);
  return style.columns === null ? safe : truncate(safe, style.columns, style.ellipsis);
}
