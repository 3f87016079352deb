import {
  errnoName,
  EACCES,
  EPERM,
  ENOENT,
  ESRCH,
  ENOTDIR,
  ENOSYS,
  ENOTTY,
  EOPNOTSUPP,
  EOVERFLOW,
} from '../kernel/libc.ts';
import { Failure } from './port.ts';
import type { Read } from './port.ts';

const OUTCOMES = new Map<number, Failure['outcome']>([
  [EACCES, 'denied'],
  [EPERM, 'denied'],
  [ENOENT, 'absent'],
  [ENOTDIR, 'absent'],
  [ESRCH, 'vanished'],
  [ENOSYS, 'unsupported'],
  [ENOTTY, 'unsupported'],
  [EOPNOTSUPP, 'unsupported'],
  [EOVERFLOW, 'malformed'],
]);

const made = new Map<number, Failure>();

/** The failure that an error number means. Anything that is not one of the usual is `malformed`: the kernel said no in an unexpected way. */
export function failureOf(errno: number): Failure {
  const known = made.get(errno);
  if (known !== undefined) return known;
  const failure = new Failure(OUTCOMES.get(errno) ?? 'malformed', errnoName(errno));
  made.set(errno, failure);
  return failure;
}

/** Passes a value on and turns minus errno, the convention of `src/kernel`, into a failure. */
export function fromKernel<T extends string | object>(value: T | number): Read<T> {
  return typeof value === 'number' ? failureOf(-value) : value;
}
