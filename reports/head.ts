import type { Capture } from '../src/schema/capture.ts';
import type { Coverage, DocumentHead } from '../src/schema/documents.ts';
import { formatPlural } from '../src/text/units.ts';

/** What a document about this capture begins with. */
export function documentHead<S extends string>(schema: S, capture: Capture): DocumentHead & { readonly schema: S } {
  const { bootId, hostname, kernel } = capture.host;
  return {
    schema,
    tool: capture.tool,
    takenAt: capture.takenAt,
    host: { bootId, hostname, kernel },
    coverage: coverageOf(capture),
  };
}

/** How complete the capture is, with a sentence for all that is missing. */
export function coverageOf(capture: Capture): Coverage {
  const counts = capture.tasks?.coverage ?? { processes: 0, tasks: 0, vanished: 0, denied: 0 };
  return { ...counts, notes: notesOf(capture) };
}

/** What was not looked at, and why, in sentences. */
export function notesOf(capture: Capture): string[] {
  const notes: string[] = [];
  const { tasks, namespaces, engines } = capture;
  if (tasks !== undefined && tasks.coverage.denied > 0) {
    notes.push(
      `the namespaces of ${formatPlural(tasks.coverage.denied, 'process', 'processes')} may not be read (no right to trace them)`,
    );
  }
  if (namespaces !== undefined) {
    const { coverage } = namespaces;
    for (const { kind, why } of coverage.notSearched) notes.push(`holders of kind ${kind}: ${why}`);
    if (coverage.fdTablesDenied > 0) {
      notes.push(`the open files of ${formatPlural(coverage.fdTablesDenied, 'task')} may not be read`);
    }
    if (coverage.socketsDenied > 0) {
      notes.push(`the network namespace of ${formatPlural(coverage.socketsDenied, 'socket')} may not be asked`);
    }
    if (coverage.mountNamespacesDenied > 0) {
      const count = formatPlural(coverage.mountNamespacesDenied, 'mount namespace');
      notes.push(`${count} could not be searched for mounted namespaces`);
    }
  }
  for (const { path, outcome } of engines?.coverage.unread ?? []) {
    notes.push(`engine state ${typeof path === 'string' ? path : path.text}: ${outcome}`);
  }
  return notes;
}
