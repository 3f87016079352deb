/**
 * Why a fact is missing. The five are never mixed up:
 * - `absent`: the kernel says that there is no such thing (ENOENT, or it ended while it was read),
 * - `unsupported`: this kernel does not have the interface (ENOSYS, ENOTTY, EOPNOTSUPP),
 * - `denied`: the reader lacks the right (EACCES, EPERM),
 * - `malformed`: it was read, and is not what its documented format says,
 * - `not collected`: nobody asked for it.
 */
export type Outcome = 'absent' | 'unsupported' | 'denied' | 'malformed' | 'not collected';

/** Names the members of `K` that could not be known, and why. A member that is known is not in it. */
export type Unknown<K extends string> = Readonly<Partial<Record<K, Outcome>>>;
