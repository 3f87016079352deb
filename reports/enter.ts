import type { Credentials, EnterDocument } from '../src/schema/enter.ts';
import { refText } from '../src/text/ns-ref.ts';
import { terminalSafe } from '../src/text/safe.ts';

const WHO: Readonly<Record<Credentials, string>> = {
  root: 'as root of the user namespace',
  setuid: "as uid 0 of the user namespace, with one's own groups",
  keep: 'as oneself, as the user namespace sees it',
};

/** What would be entered, for a person. */
export function enterLines(entry: Omit<EnterDocument, 'schema' | 'tool'>): string[] {
  const { target, namespaces, shared, credentials, root } = entry;
  const lines = [
    terminalSafe(target),
    `  enters  ${namespaces.length === 0 ? 'nothing' : namespaces.map(refText).join(' ')}`,
  ];
  if (shared.length > 0) lines.push(`  shared  ${shared.join(' ')}`);
  if (credentials !== null) lines.push(`  runs    ${WHO[credentials]}`);
  if (root) lines.push("  root    the target's");
  return lines;
}
