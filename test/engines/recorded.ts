import { readFileSync } from 'node:fs';

/** A recorded file of `test/engines/fixtures`, one character a byte, as the host hands it to a parser. */
export function recorded(name: string): string {
  return bytesOfFile(name).toString('latin1');
}

/** The same as a buffer. */
export function bytesOfFile(name: string): Buffer {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url));
}

/** A command line as it is written in a shell without quotes, `·` standing for a space inside an argument. */
export function argv(line: string): string[] {
  return line.split(' ').map((word) => word.replaceAll('·', ' '));
}

/** The id that the recorded containers have, and one more. */
export const ID = 'be27ef31c0d4281cbbfd982f745698525f90192eec8f4536ded76b0c8c58ecbe';
export const OTHER = 'cd'.repeat(32);
