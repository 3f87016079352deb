import { describe, expect, it } from 'vitest';

import { coverageOf, documentHead } from '../../reports/head.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { NamespacesCoverage } from '../../src/schema/namespace.ts';
import { captureOfFacts, namespacesFacetOf, processOf, tasksOf } from '../support/facts.ts';

const tasks = tasksOf([processOf(1), processOf(20, { threads: 3 })]);
const namespaces = namespacesFacetOf();
const whole = captureOfFacts(tasks, namespaces);

function lacking(coverage: Partial<NamespacesCoverage>): Capture {
  return captureOfFacts(tasks, { ...namespaces, coverage: { ...namespaces.coverage, ...coverage } });
}

const ALL = ['tasks', 'namespaces', 'engines'] as const;

describe('the head of a document', () => {
  it('says what, by whom, when, where and how complete', () => {
    expect(documentHead('nsinspect/x/1', whole)).toEqual({
      schema: 'nsinspect/x/1',
      tool: whole.tool,
      takenAt: whole.takenAt,
      host: { bootId: whole.host.bootId, hostname: 'made', kernel: '6.18.0' },
      coverage: { processes: 2, tasks: 4, vanished: 0, denied: 0, notes: [] },
    });
  });

  it('names what could not be read of the host, and only that', () => {
    const { bootId: _bootId, bootTime: _bootTime, ...host } = whole.host;
    const unknown = { bootId: 'denied', bootTime: 'malformed' } as const;
    expect(documentHead('nsinspect/x/1', { ...whole, host: { ...host, unknown } }).host).toEqual({
      hostname: 'made',
      kernel: '6.18.0',
      unknown: { bootId: 'denied' },
    });
  });
});

describe('the notes', () => {
  const denied = { ...tasks, coverage: { ...tasks.coverage, denied: 2, vanished: 3 } };
  const malformed = { ...tasks, coverage: { ...tasks.coverage, malformed: 1 } };

  it.each<[string, Capture, readonly RegExp[]]>([
    ['nothing where nothing is missing', whole, []],
    ['processes that may not be seen', captureOfFacts(denied), [/^the namespaces of 2 processes may not be read/]],
    ['tasks that are malformed', captureOfFacts(malformed), [/^what the kernel says of 1 task is malformed/]],
    [
      'kinds of holders that were not searched',
      lacking({ notSearched: [{ kind: 'socket', outcome: 'unsupported', why: 'too old' }] }),
      [/^holders of kind socket: too old$/],
    ],
    ['tables of open files', lacking({ fdTablesDenied: 1 }), [/^the open files of 1 task may not be read/]],
    ['open files that cannot be told', lacking({ fdInfosMalformed: 2 }), [/^2 open files may be namespaces/]],
    ['sockets', lacking({ socketsDenied: 5 }), [/5 sockets/]],
    [
      'mount namespaces, by why',
      lacking({ mountNamespacesNotSearched: { denied: 2, absent: 1 } }),
      [/^2 mount namespaces .*: denied$/, /^1 mount namespace .*: absent$/],
    ],
    [
      "engines' files",
      captureOfFacts(tasks, namespaces, {
        version: 1,
        processes: [],
        containers: [],
        coverage: { unread: [{ path: { text: '/\ufffd', base64: 'L/8=' }, outcome: 'denied' }] },
      }),
      [/^engine state \/\ufffd: denied$/],
    ],
  ])('say %s', (_what, capture, expected) => {
    expect(coverageOf(capture, ALL).notes).toEqual(expected.map((one) => expect.stringMatching(one) as string));
  });

  it('count as the document promises', () => {
    expect(coverageOf(captureOfFacts(denied), ALL)).toMatchObject({ processes: 2, tasks: 4, vanished: 3, denied: 2 });
    expect(Object.keys(coverageOf(whole, ALL))).toEqual(['processes', 'tasks', 'vanished', 'denied', 'notes']);
  });

  it('count nothing where tasks were not collected', () => {
    const { tasks: _tasks, namespaces: _namespaces, engines: _engines, ...bare } = whole;
    expect(coverageOf(bare, ALL)).toEqual({ processes: 0, tasks: 0, vanished: 0, denied: 0, notes: [] });
  });
});
