/** Runs in the guest: reads every file of every cgroup and the cgroups of every thread, as they are, and prints JSON. */
import { readdirSync, readFileSync, statSync } from 'node:fs';

/** The content of a file, or the name of the error that reading it gave. */
export type Content = { readonly text: string } | { readonly errno: string };

/** What the kernel says in files. */
export interface Truth {
  /** By path from the root of the hierarchy, `/` for the root itself. */
  readonly cgroups: Readonly<Record<string, CgroupTruth>>;
  readonly tasks: readonly TaskTruth[];
}

/** One cgroup: its inode number, and its files by name. */
export interface CgroupTruth {
  readonly inode: number;
  readonly files: Readonly<Record<string, Content>>;
}

/** One thread: its `stat` tells the state, `cgroup` is the text of that file. */
export interface TaskTruth {
  readonly pid: number;
  readonly tid: number;
  readonly state: string;
  readonly cgroup: Content;
}

const ROOT = '/sys/fs/cgroup';

if (import.meta.main) {
  const cgroups: Record<string, CgroupTruth> = {};
  readCgroup('', cgroups);
  process.stdout.write(JSON.stringify({ cgroups, tasks: readTasks() } satisfies Truth));
}

function readCgroup(below: string, cgroups: Record<string, CgroupTruth>): void {
  const directory = `${ROOT}${below}`;
  const files: Record<string, Content> = {};
  cgroups[below || '/'] = { inode: statSync(directory).ino, files };
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) readCgroup(`${below}/${entry.name}`, cgroups);
    else files[entry.name] = contentOf(`${directory}/${entry.name}`);
  }
}

function readTasks(): TaskTruth[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) =>
    readdirSync(`/proc/${pid}/task`).map((tid) => {
      const directory = `/proc/${pid}/task/${tid}`;
      const stat = readFileSync(`${directory}/stat`, 'latin1');
      const state = stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
      return { pid: Number(pid), tid: Number(tid), state, cgroup: contentOf(`${directory}/cgroup`) };
    }),
  );
}

function contentOf(file: string): Content {
  try {
    return { text: readFileSync(file, 'utf8') };
  } catch (error) {
    return { errno: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}
