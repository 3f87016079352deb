/**
 * What must not reach a terminal, or a reader's eye, as it is: control characters (Cc: C0, DEL and C1 with ESC and CSI
 * among them), format characters (Cf: the bidirectional controls of "Trojan Source", joiners, tags), everything else
 * that Unicode says to show as nothing (Default_Ignorable_Code_Point: fillers, variation selectors), line and
 * paragraph separators, and surrogates without their other half. Two names that differ only in these look alike.
 */
const UNSAFE_CLASS = String.raw`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}`;

/**
 * The same, and a backslash where what follows would make it read as one of our escapes. Other backslashes stay:
 * the names of systemd's units are full of them (`dev-disk-by\x2duuid`), and `\x2d` is no escape of ours.
 */
const UNSAFE = new RegExp(
  String.raw`[${UNSAFE_CLASS}]|\\(?=[\\nrtu${UNSAFE_CLASS}]|x(?:[01][0-9a-f]|7f|[89][0-9a-f]|ad))`,
  'gu',
);

/**
 * Every character that {@link UNSAFE} can begin with is one of these; nearly no text has any. Lines of a tree (U+2500 to
 * U+257F) are no such character: with them tested one by one, a fifth of the time of drawing a tree went here.
 */
const MAYBE_UNSAFE = /[^ -[\]-~─-╿]/u;

const SHORT: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * The text as it may be printed on one line of a terminal: ordinary Unicode as it is, anything that could steer the
 * terminal, reorder the line or hide in it as a visible escape (`\x1b`, `\n`, `\u202e`, `\u{e0001}`). Nothing is lost:
 * two different texts stay different. What is read from a container goes through this before it is printed.
 */
export function terminalSafe(text: string): string {
  return MAYBE_UNSAFE.test(text) ? text.replaceAll(UNSAFE, escape) : text;
}

function escape(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

/** {@link UNSAFE_CLASS}, but for the escape sequences that reports write themselves: colours. */
const UNSAFE_BUT_COLOURS = new RegExp(String.raw`(?!\x1b\[[0-9;]{0,16}m)[${UNSAFE_CLASS}]`, 'gu');

/**
 * A line that is about to be printed, should anything in it have missed {@link terminalSafe}, such as a number of a forged
 * capture that is no number. Colours stay.
 */
export function lineSafe(line: string): string {
  return line.replaceAll(UNSAFE_BUT_COLOURS, escape);
}
