/** What the launchers have in common: a scope, a directory, a gated process, and their removal, in the order that the kernel asks for. */
import { chownSync, mkdirSync } from 'node:fs';
import path from 'node:path';

import type { ProbeRuntime } from '../../schema/bench.ts';
import { NsinspectError } from '../../text/error.ts';
import { BOUNDING, CgroupScope, makeScope } from '../cgroupfs.ts';
import type { TaskStat } from '../../parse/task-stat.ts';
import { killSame, statOf } from '../tasks.ts';
import { undoAtEnd } from '../live.ts';
import { newMark } from '../mark.ts';
import { letPass, makeMarked, removeMarked, scratchRoot, stateRoot } from '../state.ts';
import { boundsOf, type Gated } from './gated.ts';
import type { AppliedSetting, Bounds, Exit, LaunchSpec, Probe } from './launcher.ts';

/** The payload's group where a spec names none. */
export const GROUP = 'probe';

/** Name of a group that is of one launch only: several may share the scope. */
export function ownGroup(name: string, mark: string): string {
  return mark.replace(/.*-/, `${name}-`);
}

/** What a probe is made in. Everything in it is removed by {@link Place.remove}, also when the process ends. */
export class Place {
  readonly mark = newMark();
  readonly scope: CgroupScope;
  /** Made by a runtime that names it itself, it is known only when that has started. */
  group: string;
  readonly bounds: Bounds;
  /** The probe's own, of this user alone. */
  readonly directory: string;
  readonly scratch: string | null;
  /** Controllers of which the payload's group has the files. */
  readonly controllers: readonly string[];
  /** Those of them that bound the scope and end what is in it. */
  readonly bounding: readonly string[];
  readonly #ownsScope: boolean;
  #setUp: string | null = null;
  /** The payload, once it is known: where no cgroup ends it, it is ended itself, and with it its pid namespace. */
  #payload: TaskStat | null = null;
  readonly #undos: (() => void)[] = [];
  readonly #forget: () => void;

  constructor(spec: LaunchSpec) {
    if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(spec.name)) throw new TypeError(`no name of a probe: ${spec.name}`);
    this.bounds = boundsOf(spec);
    this.group = spec.group ?? GROUP;
    const settings = spec.settings ?? [];
    const wanted = [...settings.map(({ controller }) => controller), ...(spec.controllers ?? [])];
    this.#ownsScope = spec.scope === undefined;
    if (spec.scope !== undefined && !(spec.scope instanceof CgroupScope))
      throw new TypeError('not a scope of cgroupfs');
    this.scope = spec.scope ?? makeScope(this.bounds, wanted);
    const made: string[] = [];
    const make = (root: string) => {
      const directory = makeMarked(root, this.mark);
      made.push(directory);
      return directory;
    };
    try {
      this.scope.require(wanted);
      this.bounding = BOUNDING.filter((name) => this.scope.directory(name, '') !== null);
      this.controllers = [...new Set([...wanted, ...this.bounding])];
      this.directory = make(stateRoot());
      this.scratch = spec.scratch === true ? make(scratchRoot()) : null;
      if (spec.ids !== undefined) this.#letIn(spec.ids.outside);
    } catch (error) {
      for (const directory of made) removeMarked(directory);
      if (this.#ownsScope) this.scope.remove();
      throw error;
    }
    this.#forget = undoAtEnd(() => this.remove());
  }

  /** Lets an id of the host pass to what is the container's: runtimes set up its mounts as that id's user. */
  #letIn(id: number): void {
    letPass(this.directory, id);
    if (this.scratch === null) return;
    letPass(this.scratch, id);
    chownSync(this.scratch, id, id);
  }

  /** A directory of the probe's own, made. */
  make(name: string): string {
    const directory = path.join(this.directory, name);
    mkdirSync(directory);
    return directory;
  }

  /** Has something done before cgroups and directories are removed, the last said first. */
  before(undo: () => void): void {
    this.#undos.push(undo);
  }

  /** Makes the payload's group. */
  makeGroup(): void {
    this.scope.makeGroup(this.group, this.controllers);
  }

  /** Writes settings in their order. */
  set(settings: readonly AppliedSetting[]): void {
    for (const setting of settings) this.scope.set({ ...setting, group: setting.group ?? this.group });
  }

  /** Error unless the process is in the payload's group in every hierarchy that is wanted. */
  verify(pid: number): void {
    const left = this.controllers.find((controller) => !this.scope.holds(controller, this.group, pid));
    if (left !== undefined) {
      throw new NsinspectError(`the payload is not in its cgroup of ${left}`, { code: 'probe-failed' });
    }
  }

  /** Makes a group beside the payload's for what belongs to the launch only, with these controllers; removed with the place. */
  makeSetUp(controllers: readonly string[]): string {
    this.#setUp = ownGroup('set-up', this.mark);
    this.scope.makeGroup(this.#setUp, controllers);
    return this.#setUp;
  }

  /** Moves all but the payload out of its group: what supervises it, and would be counted with it. */
  setApart(payload: number, others = this.scope.pids(this.group)): void {
    const group = this.makeSetUp(this.controllers);
    // Where it stayed it would be ended with the payload.
    this.scope.makeBeside(group, this.group, this.controllers);
    for (const other of others) if (other !== payload) this.scope.join(group, other);
  }

  /** Says which process is the payload. */
  found(pid: number): void {
    this.#payload = statOf(pid);
  }

  /** Ends what belongs to the launch only. */
  killSetUp(): void {
    if (this.#setUp !== null) this.scope.kill(this.#setUp);
  }

  /** Ends the payload and all in its group. */
  kill(): void {
    this.scope.kill(this.group);
    if (this.#payload !== null) killSame(this.#payload);
  }

  remove(): void {
    for (let undo = this.#undos.pop(); undo !== undefined; undo = this.#undos.pop()) undo();
    if (this.#ownsScope) this.scope.remove();
    else {
      this.scope.remove(this.group);
      if (this.#setUp !== null) this.scope.remove(this.#setUp);
    }
    removeMarked(this.directory);
    if (this.scratch !== null) removeMarked(this.scratch);
    this.#forget();
  }
}

/** See {@link Probe}. */
export class Container implements Probe {
  readonly runtime: ProbeRuntime;
  readonly pid: number;
  readonly settings: readonly AppliedSetting[];
  readonly startMs: number;
  readonly #place: Place;
  readonly #gated: Gated;
  readonly #kill: () => void;

  constructor(
    runtime: ProbeRuntime,
    place: Place,
    gated: Gated,
    facts: { pid: number; settings: readonly AppliedSetting[]; startMs: number; kill: () => void },
  ) {
    this.runtime = runtime;
    this.#place = place;
    this.#gated = gated;
    this.pid = facts.pid;
    this.settings = facts.settings;
    this.startMs = facts.startMs;
    this.#kill = facts.kill;
  }

  get scope(): CgroupScope {
    return this.#place.scope;
  }

  get group(): string {
    return this.#place.group;
  }

  get scratch(): string | null {
    return this.#place.scratch;
  }

  read(controller: string, file: string, group = this.group): string | null {
    return this.scope.read(controller, group, file);
  }

  go(): void {
    this.#gated.go();
  }

  write(text: string): void {
    this.#gated.write(text);
  }

  output(): string {
    return this.#gated.output();
  }

  said(text: string): Promise<void> {
    return this.#gated.said(text);
  }

  wait(): Promise<Exit> {
    return this.#gated.wait();
  }

  kill(): void {
    this.#kill();
  }

  remove(): void {
    this.#place.remove();
  }
}
