/** The result of `bench clean`; its JSON Schema is docs/schema/bench-clean-1.json. */

/** What probes of dead makers left. */
export interface BenchCleanDocument {
  readonly schema: 'nsinspect/bench-clean/1';
  readonly tool: { readonly name: 'nsinspect'; readonly version: string };
  /** Nothing was removed: the lists are what would be. */
  readonly dryRun: boolean;
  /** Directories of cgroups, without those below them. */
  readonly cgroups: readonly string[];
  readonly pids: readonly number[];
  readonly mounts: readonly string[];
  readonly directories: readonly string[];
  /** Of engines' daemons, by name. */
  readonly containers: readonly string[];
  /** What bears the mark of a probe and stays. */
  readonly kept: readonly { readonly what: string; readonly why: string }[];
}
