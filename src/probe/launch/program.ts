/** Launchers of containers that a program makes: whether it is there and works, and a launch of which nothing stays that failed. */
import { performance } from 'node:perf_hooks';

import type { ProbeRuntime, RuntimeFacts } from '../../schema/bench.ts';
import { NsinspectError } from '../../text/error.ts';
import { makeScope } from '../cgroupfs.ts';
import { Place } from './container.ts';
import { boundsOf } from './gated.ts';
import type { Bounds, Launcher, LaunchSpec, Probe, Scope } from './launcher.ts';
import { versionOf } from './root.ts';

/** See the head of this file. */
export abstract class ProgramLauncher<Runtime extends ProbeRuntime> implements Launcher {
  readonly runtime: Runtime;
  /** As it is called where it is missing. */
  readonly #called: string;
  readonly #program: string;

  constructor(runtime: Runtime, program: string = runtime, called = program) {
    this.runtime = runtime;
    this.#program = program;
    this.#called = called;
  }

  async check(): Promise<RuntimeFacts> {
    const { runtime } = this;
    const version = versionOf(this.#program);
    const why = version === null ? `${this.#called} is not installed` : await this.failure();
    return { runtime, version, usable: why === null, why };
  }

  async launch(spec: LaunchSpec): Promise<Probe> {
    const began = performance.now();
    const place = new Place(spec);
    try {
      return await this.start(spec, place, began);
    } catch (error) {
      place.remove();
      throw error;
    }
  }

  scope(bounds: Partial<Bounds> = {}, controllers: readonly string[] = []): Scope {
    return makeScope(boundsOf({ bounds }), controllers);
  }

  close(): void {
    // Nothing is kept between launches.
    return;
  }

  /** Makes the container and brings it to the gate; `began` is when the launch did, by the monotonic clock. */
  protected abstract start(spec: LaunchSpec, place: Place, began: number): Promise<Probe>;

  /** Why a container that does nothing did not start, or not end as it should; null: it did. */
  protected async failure(): Promise<string | null> {
    try {
      const probe = await this.launch({ name: 'check', script: 'exit 7', bounds: { seconds: 20 } });
      try {
        probe.go();
        const { status, errors } = await probe.wait();
        return status === 7 ? null : `a payload ended with status ${status}: ${errors.trim()}`;
      } finally {
        probe.remove();
      }
    } catch (error) {
      if (!(error instanceof NsinspectError)) throw error;
      return error.message;
    }
  }
}
