/** Leaks that are only seen: resources that ignore limits, and what tells one host from another. */
import { readFileSync } from 'node:fs';

import { hostUptime, readProc, tryProc } from './host-view.ts';
import { measure, numberIn, type Leak, type LeakGroup, type Seen } from './leak.ts';
import type { Answer } from './talk.ts';

/** Seconds that a container of a probe can be old: what is older is not its own. */
const YOUNG = 60;

const MIB = 1024 * 1024;

/** Clock ticks in a second, as the kernel shows times to programs (USER_HZ, the same on all processors that Node runs on). */
const TICKS = 100;

const hidden: Seen = { visible: false, what: 'not there' };

const meminfo: Leak = {
  name: 'meminfo',
  question: 'cat /proc/meminfo',
  promise: null,
  judge: (answer, { limits }) => {
    if (answer.status !== 0) return hidden;
    const total = numberIn(/^MemTotal: +(\d+) kB$/m, answer, 'MemTotal') * 1024;
    const shown = `MemTotal ${Math.round(total / MIB)} MiB`;
    if (limits.memory === null) return { visible: true, what: `${shown}, no limit` };
    return {
      visible: total > limits.memory,
      what: `${shown}, limit ${limits.memory / MIB} MiB`,
      measures: [measure('MemTotal by limit', 'ratio', total / limits.memory)],
    };
  },
};

const loadavg: Leak = {
  name: 'loadavg',
  question: 'cat /proc/loadavg',
  promise: null,
  judge: (answer, { probe }) => {
    if (answer.status !== 0) return hidden;
    const tasks = numberIn(/^(?:\S+ ){3}\d+\/(\d+) /, answer, '/proc/loadavg');
    // A question is asked by a shell and its child at most, all single-threaded.
    const own = probe.scope.pids().length + 2;
    return { visible: tasks > own, what: `${tasks} tasks, own ${own} at most` };
  },
};

const uptime: Leak = {
  name: 'uptime',
  question: 'cat /proc/uptime',
  promise: null,
  judge: (answer) => {
    if (answer.status !== 0) return hidden;
    const seconds = numberIn(/^(\d+\.\d+) /, answer, '/proc/uptime');
    return {
      visible: seconds > YOUNG && Math.abs(seconds - hostUptime()) < YOUNG,
      what: `up ${Math.round(seconds)} s`,
    };
  },
};

const stat: Leak = {
  name: 'stat',
  question: 'cat /proc/stat',
  promise: null,
  judge: (answer) => {
    if (answer.status !== 0) return hidden;
    const idle = numberIn(/^cpu +\d+ \d+ \d+ (\d+)/m, answer, '/proc/stat') / TICKS;
    return { visible: idle > YOUNG, what: `CPUs idle for ${Math.round(idle)} s` };
  },
};

const nproc: Leak = {
  name: 'nproc',
  question: 'nproc',
  promise: null,
  judge: (answer, { limits }) => {
    const count = numberIn(/^(\d+)\n/, answer, 'nproc');
    if (limits.cpus === null) return { visible: false, what: `${count} CPUs, no quota` };
    return {
      visible: count > Math.ceil(limits.cpus),
      what: `${count} CPUs, quota ${limits.cpus}`,
      measures: [measure('nproc by quota', 'ratio', count / limits.cpus)],
    };
  },
};

/** A file whose content is the host's own: seen where it reads the same. */
function sameAs(name: string, file: string, host: () => string | null): Leak {
  return {
    name,
    question: `cat ${file}`,
    promise: null,
    judge: ({ status, text }) => {
      if (status !== 0 || text.trim() === '') return hidden;
      return text.trim() === host()?.trim() ? { visible: true, what: 'as outside' } : { visible: false, what: 'other' };
    },
  };
}

/** A listing: seen where it has entries that the host has, too. */
function entriesOf(name: string, question: string, host: () => readonly string[]): Leak {
  return {
    name,
    question,
    promise: null,
    judge: ({ status, text }: Answer) => {
      const known = new Set(host());
      const seen = status === 0 ? text.split('\n').filter((line) => line !== '' && known.has(line)) : [];
      return { visible: seen.length > 0, what: `${seen.length} of ${known.size}` };
    },
  };
}

/** First words of the lines of a file of /proc; empty where it cannot be read. */
function firstWords(name: string): string[] {
  return (tryProc(name) ?? '').split('\n').map((line) => line.trim().split(/\s+/)[0] ?? '');
}

/** Prints the first word of each line. */
const FIRST_WORDS = (file: string) => `while read -r first rest; do echo "$first"; done < ${file}`;

function etc(name: string): string | null {
  try {
    return readFileSync(`/etc/${name}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

const dmi: Leak = {
  name: 'dmi',
  question: 'cat /sys/class/dmi/id/product_name /sys/class/dmi/id/sys_vendor',
  promise: null,
  judge: ({ status, text }) =>
    status === 0
      ? { visible: true, what: text.trim().split('\n').join(', ') }
      : { visible: false, what: 'no DMI in /sys' },
};

const sysfs: Leak = {
  name: 'sysfs',
  question: 'ls /sys/block',
  promise: null,
  judge: ({ status, text }) => {
    const devices = status === 0 ? text.split('\n').filter((line) => line !== '') : [];
    return { visible: devices.length > 0, what: `${devices.length} block devices in /sys` };
  },
};

const clock: Leak = {
  name: 'clock',
  question: 'date +%s',
  promise: null,
  judge: (answer) => {
    // No namespace has it: wall-clock time is one for all (time_namespaces(7)).
    const apart = Math.abs(numberIn(/^(\d+)\n/, answer, 'date') - Date.now() / 1000);
    return { visible: apart < YOUNG, what: 'wall-clock time as outside' };
  },
};

/** Resources. */
export const RESOURCE_LEAKS: LeakGroup = {
  id: 'resources',
  title: 'how much of the machine a container sees, next to its limits',
  leaks: [meminfo, loadavg, uptime, stat, nproc],
};

/** Identity. */
export const IDENTITY_LEAKS: LeakGroup = {
  id: 'identity',
  title: 'what tells a container on which host it is',
  leaks: [
    sameAs('boot-id', '/proc/sys/kernel/random/boot_id', () => tryProc('sys/kernel/random/boot_id')),
    clock,
    sameAs('cmdline', '/proc/cmdline', () => readProc('cmdline')),
    sameAs('machine-id', '/etc/machine-id', () => etc('machine-id')),
    dmi,
    sysfs,
    entriesOf('partitions', FIRST_WORDS('/proc/partitions'), () =>
      firstWords('partitions').filter((word) => /^\d/.test(word)),
    ),
    entriesOf('modules', FIRST_WORDS('/proc/modules'), () => firstWords('modules')),
    // Serial numbers; the names can hold what a user chose.
    entriesOf('keyrings', FIRST_WORDS('/proc/keys'), () => firstWords('keys')),
  ],
};
