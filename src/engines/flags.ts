import type { ByteString } from '../text/bytes.ts';

/** An argument list, read with the knowledge of which options take a value. */
export interface Flags {
  /** The last value of each option that takes one. */
  readonly values: ReadonlyMap<string, ByteString>;
  /** Options that were given without a value, or that are not known to take one. */
  readonly given: ReadonlySet<string>;
  /** What is no option: from the first such argument on where reading stops there. */
  readonly rest: readonly ByteString[];
}

/** How to read options. */
export interface FlagRules {
  /** Options, without dashes, that take a value: `-x v`, `--x v`, `--x=v`, `-x=v`. */
  readonly valued: ReadonlySet<string>;
  /** Stop at the first argument that is no option, as getopt(3) with `+` and Go's flag package do. */
  readonly stopAtFirst?: boolean;
}

/**
 * Reads an argument list (without the program's own name) in the manner shared by Go's flag package, pflag, GLib and
 * getopt_long(3). Never fails: an option without its value counts as given.
 */
export function readFlags(args: readonly ByteString[], rules: FlagRules): Flags {
  const values = new Map<string, ByteString>();
  const given = new Set<string>();
  const rest: ByteString[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') {
      rest.push(...args.slice(at + 1));
      break;
    }
    if (arg.length < 2 || !arg.startsWith('-')) {
      if (rules.stopAtFirst === true) {
        rest.push(...args.slice(at));
        break;
      }
      rest.push(arg);
      continue;
    }
    const isLong = arg.startsWith('--');
    const flag = arg.slice(isLong ? 2 : 1);
    const equals = flag.indexOf('=');
    const name = equals < 0 ? flag : flag.slice(0, equals);
    // Letters in one word, as in `-bD DIR`: what follows the first one with a value is the value.
    const letter = isLong ? -1 : Array.from(flag).findIndex((one) => rules.valued.has(one));
    if (equals >= 0) values.set(name, flag.slice(equals + 1));
    else if (rules.valued.has(name) && at + 1 < args.length) values.set(name, args[++at] ?? '');
    else if (letter < 0) given.add(name);
    else {
      for (const one of flag.slice(0, letter)) given.add(one);
      const value = flag.slice(letter + 1);
      if (value !== '') values.set(flag.charAt(letter), value);
      else if (at + 1 < args.length) values.set(flag.charAt(letter), args[++at] ?? '');
    }
  }
  return { values, given, rest };
}

/** The first of these options that has a value. */
export function firstValue(flags: Flags, ...names: readonly string[]): ByteString | undefined {
  for (const name of names) {
    const value = flags.values.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Last component of a path: the program behind an argv[0]. */
export function baseName(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The directory part of a path; `/` for what lies at the root, empty for a path without a slash. */
export function dirName(path: ByteString): ByteString {
  const slash = path.lastIndexOf('/');
  return slash === 0 ? '/' : path.slice(0, Math.max(slash, 0));
}
