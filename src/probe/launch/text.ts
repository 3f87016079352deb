/** What a program said last, in one line: nearly always why it gave up. Of a line of logrus, which runc and podman write, the message. */
export function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const last = (lines.at(-1) ?? 'it said nothing').trim();
  const [, message] = /^time="[^"]*" level=\w+ msg=("(?:[^"\\]|\\.)*"|\S+)/.exec(last) ?? [];
  return (message?.replace(/^"|"$/g, '').replaceAll(/\\(["\\])/g, '$1') ?? last).slice(0, 400);
}
