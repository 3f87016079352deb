import { createHash } from 'node:crypto';

/** A short text that is equal for equal texts, and practically for no others. It only saves room: nothing is protected by it. */
export function digestKey(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
