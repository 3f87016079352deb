import type { Capture, FacetName } from '../src/schema/capture.ts';
import type { Coverage, DocumentHead, HostId } from '../src/schema/documents.ts';
import type { HostFacet } from '../src/schema/host.ts';
import { formatPlural } from '../src/text/units.ts';

/** What a document about this capture begins with. `about`: the facets on which the answer stands; the gaps of others are not its. */
export function documentHead<S extends string>(
  schema: S,
  capture: Capture,
  about: readonly FacetName[] = ['tasks', 'namespaces', 'engines'],
): DocumentHead & { readonly schema: S } {
  return {
    schema,
    tool: capture.tool,
    takenAt: capture.takenAt,
    host: hostIdOf(capture.host),
    coverage: coverageOf(capture, about),
  };
}

/** The host's names, and which of them could not be read. */
export function hostIdOf({ bootId, hostname, kernel, unknown = {} }: HostFacet): HostId {
  const why = {
    ...(unknown.bootId !== undefined && { bootId: unknown.bootId }),
    ...(unknown.hostname !== undefined && { hostname: unknown.hostname }),
    ...(unknown.kernel !== undefined && { kernel: unknown.kernel }),
  };
  return {
    ...(bootId !== undefined && { bootId }),
    ...(hostname !== undefined && { hostname }),
    ...(kernel !== undefined && { kernel }),
    ...(Object.keys(why).length > 0 && { unknown: why }),
  };
}

/** How complete the capture is, with a sentence for all that is missing. */
export function coverageOf(capture: Capture, about: readonly FacetName[]): Coverage {
  const { processes = 0, tasks = 0, vanished = 0, denied = 0 } = capture.tasks?.coverage ?? {};
  return { processes, tasks, vanished, denied, notes: notesOf(onlyFacets(capture, about)) };
}

function onlyFacets(capture: Capture, about: readonly FacetName[]): Capture {
  const { tasks, namespaces, engines, ...rest } = capture;
  return {
    ...rest,
    ...(tasks && about.includes('tasks') && { tasks }),
    ...(namespaces && about.includes('namespaces') && { namespaces }),
    ...(engines && about.includes('engines') && { engines }),
  };
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
  if (tasks !== undefined && tasks.coverage.malformed > 0) {
    notes.push(`what the kernel says of ${formatPlural(tasks.coverage.malformed, 'task')} is malformed: left out`);
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
    if (coverage.fdInfosMalformed > 0) {
      notes.push(
        `${formatPlural(coverage.fdInfosMalformed, 'open file')} may be namespaces: what the kernel says is malformed`,
      );
    }
    if (capture.source.kind === 'host-root' && coverage.mountNamespacesWithoutTask > 0) {
      const count = formatPlural(coverage.mountNamespacesWithoutTask, 'mount namespace');
      notes.push(`${count} of this kernel may be those of processes that the other /proc does not show`);
    }
    for (const [outcome, number] of Object.entries(coverage.mountNamespacesNotSearched)) {
      const count = formatPlural(number, 'mount namespace');
      notes.push(`${count} could not be searched for mounted namespaces: ${outcome}`);
    }
  }
  for (const { path, outcome } of engines?.coverage.unread ?? []) {
    const why = outcome === 'not collected' ? ' (too much, or on a file system that may not answer)' : '';
    notes.push(`engine state ${typeof path === 'string' ? path : path.text}: ${outcome}${why}`);
  }
  return notes;
}
