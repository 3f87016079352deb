import { expect, it } from 'vitest';

import { escapeMarkdown } from '../../reports/markdown.ts';

it.each([
  // What cmark-gfm makes a link of where it stands as it is; the first one also where its @ is a reference.
  ['user@example.com', 'user@<!-- -->example.com'],
  ['mailto:a@b.example', 'mailto:a@<!-- -->b.example'],
  ['www.example.com', 'www<!-- -->.example.com'],
  ['WWW.example.com', 'WWW<!-- -->.example.com'],
  ['http://example.com', 'http:<!-- -->//example.com'],
  ['ftp://www.example.com', 'ftp:<!-- -->//www<!-- -->.example.com'],
  ['<https://a@b.example>', '&lt;https:<!-- -->//a@<!-- -->b.example&gt;'],
  ['@somebody', '@<!-- -->somebody'],
  // Of its own, such a comment is text like any other.
  ['a@<!-- -->b', String.raw`a@<!-- -->&lt;\!\-\- \-\-&gt;b`],
  ['[a](b) | *c*', String.raw`\[a\]\(b\) \| \*c\*`],
])('%s is no link and no markup in Markdown', (text, escaped) => {
  expect(escapeMarkdown(text)).toBe(escaped);
});
