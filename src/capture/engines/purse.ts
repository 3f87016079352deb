/**
 * How much of engines' state is read. Anybody may call a process `conmon`, and point it to as many and as large files as he
 * likes: what each may cost is bounded, so that reading the host's own engines is neither delayed nor left out for it.
 */

/** Bytes and files that may still be read on behalf of somebody, and of those that he is one of. */
export class Purse {
  #bytes: number;
  #files: number;
  /** This one and those around it. */
  readonly #chain: readonly Purse[];

  constructor(bytes: number, files: number, around: Purse | null = null) {
    this.#bytes = bytes;
    this.#files = files;
    this.#chain = around === null ? [this] : [this, ...around.#chain];
  }

  /** Takes one file, whether it is there or not. False: nothing is left. */
  takeFile(): boolean {
    if (this.#chain.some((purse) => purse.#files <= 0 || purse.#bytes <= 0)) return false;
    for (const purse of this.#chain) purse.#files--;
    return true;
  }

  /** Takes what a file turned out to hold: the last one may be too much. */
  takeBytes(bytes: number): void {
    for (const purse of this.#chain) purse.#bytes -= bytes;
  }
}

const MIB = 1 << 20;

/** Some hundred times what 200 containers need. */
const OF_HOST = [512 * MIB, 200_000] as const;
const OF_STRANGERS = [64 * MIB, 20_000] as const;
const OF_OWNER = [40 * MIB, 8_000] as const;
/** More than the largest single file that is read. */
const OF_PROCESS = [24 * MIB, 2_000] as const;

/** The purses of one look at a host. */
export class Purses {
  /** For what belongs to the host itself: its directories, and engines that root runs there. */
  readonly host = new Purse(...OF_HOST);
  readonly #strangers = new Purse(...OF_STRANGERS);
  readonly #owners = new Map<string, Purse>();

  /** Of a user, or a container. */
  ofOwner(owner: string): Purse {
    let purse = this.#owners.get(owner);
    if (purse === undefined) this.#owners.set(owner, (purse = new Purse(...OF_OWNER, this.#strangers)));
    return purse;
  }

  /** Of one process of such an owner. */
  ofProcess(owner: string): Purse {
    return new Purse(...OF_PROCESS, this.ofOwner(owner));
  }
}
