/**
 * Limits that are set and read back, and not driven: nothing that a container does shows them, or it takes a device that few
 * machines have. Others are read back where this machine lacks what would drive them.
 */
import { keyed } from '../counters.ts';
import { atGate, invariant, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';

/** A file that is set and read again. */
export interface ReadBack {
  readonly controller: string;
  readonly file: string;
  /** What to write, given what the file says at first; null: nothing can be. */
  readonly value: (now: string) => string | null;
  /** Whether the file shows the value. */
  readonly shows: (text: string, value: string) => boolean;
  /** Why it is not driven; also why it cannot be written, unless `lack` says that. */
  readonly why: string;
  readonly lack?: string;
}

const same = (text: string, value: string) => text.trim() === value;
/** Lines `key value`: the first key, with another value. */
const firstKey = (to: string) => (now: string) => {
  const [key] = now.trim().split(/\s+/);
  return key === undefined || key === '' ? null : `${key} ${to}`;
};
/** Whether it is there, in a line of its own. */
export const showsKeyed = (text: string, line: string) => {
  const [key = '', value] = line.split(' ');
  return keyed(text, key)?.trim().split(' ')[0] === value;
};

/** A file of one number, read back in a probe that cannot drive it here. */
export function readBackOf(controller: string, file: string, value: number, why: string): ReadBack {
  return { controller, file, value: () => String(value), shows: same, why };
}

interface Setting extends ReadBack {
  readonly name: string;
  readonly version: 1 | 2;
}

const SETTINGS: readonly Setting[] = [
  {
    name: 'memory-soft-limit',
    version: 1,
    ...readBackOf(
      'memory',
      'memory.soft_limit_in_bytes',
      8 << 20,
      'it shows when memory of the whole machine runs out',
    ),
  },
  {
    name: 'rdma',
    version: 2,
    controller: 'rdma',
    file: 'rdma.max',
    value: firstKey('hca_handle=2'),
    shows: showsKeyed,
    why: 'only a program for RDMA drives it',
    lack: 'there is no RDMA device',
  },
  {
    name: 'misc',
    version: 2,
    controller: 'misc',
    file: 'misc.max',
    value: firstKey('1'),
    shows: showsKeyed,
    why: 'only encrypted virtual machines drive it',
    lack: 'this processor has no resource of that kind (misc.capacity)',
  },
];

/** Sets it on a cgroup of its own and reads it again. */
export async function readBack(
  context: ProbeContext,
  { controller, file, value, shows, why, lack }: ReadBack,
): Promise<Trial> {
  return await atGate(context, { name: 'read-back', script: ':', controllers: [controller] }, (probe) => {
    const text = value(probe.read(controller, file) ?? '');
    if (text === null) return { set: [], invariants: [], measures: [], verdict: 'unsupported', why: lack ?? why };
    probe.scope.set({ controller, file, value: text, group: probe.group });
    const now = probe.read(controller, file) ?? '';
    return {
      set: [{ name: file, value: text }],
      invariants: [invariant('read-back', 'the kernel shows what was set', shows(now, text), now.trim().slice(0, 80))],
      measures: [],
      verdict: 'read-back',
      why,
    };
  });
}

/** One probe a setting. */
export const READ_BACK: readonly ProbeDefinition[] = SETTINGS.map((setting): ProbeDefinition => ({
  id: `limits/${setting.name}`,
  suite: 'limits',
  title: `${setting.file}, read back`,
  subject: setting.controller,
  needs: [[{ controller: setting.controller, version: setting.version, file: setting.file }]],
  rounds: 'first',
  quick: true,
  run: (context) => readBack(context, setting),
}));
