/** What a program said last, in one line: nearly always why it gave up. */
export function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'it said nothing').trim().slice(0, 400);
}
