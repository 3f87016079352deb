/** What tests ask of pictures. */
import { D3Node } from 'd3-node';
import { expect } from 'vitest';

/** What of a parsed document is used here. */
interface Element {
  readonly localName: string;
  readonly textContent: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  readonly querySelectorAll: (selector: string) => Iterable<Element>;
}

interface Parser {
  readonly parseFromString: (text: string, type: 'image/svg+xml') => Element;
}

/** The texts that are to be seen; those in parts, part by part. */
export function pictureTexts(svg: string): string[] {
  return [...parsed(svg).querySelectorAll('text')].flatMap((text) => {
    const parts = [...text.querySelectorAll('tspan')].map((part) => part.textContent.trim());
    return parts.length > 0 ? parts : [text.textContent];
  });
}

/** A picture as a golden file has it: an element a line, so that two can be compared. */
export function readable(svg: string): string {
  return `${svg.replaceAll('><', '>\n<')}\n`;
}

/** Valid XML, in which no name has become an element, an attribute or anything that steers, and nothing is loaded. */
export function expectHarmless(svg: string): void {
  const document = parsed(svg);
  const allowed = new Set([
    'svg',
    'title',
    'desc',
    'style',
    'rect',
    'path',
    'circle',
    'line',
    'text',
    'tspan',
    'g',
    'a',
  ]);
  const elements = [...document.querySelectorAll('*')];
  expect(elements.map(({ localName }) => localName).filter((name) => !allowed.has(name))).toEqual([]);
  const attributes = elements.flatMap((element) => [...element.attributes]);
  expect(attributes.filter(({ name }) => name.startsWith('on') || name === 'style' || name === 'src')).toEqual([]);
  expect(attributes.filter(({ name, value }) => name === 'href' && !value.startsWith('#'))).toEqual([]);
  for (const { textContent } of document.querySelectorAll('text')) {
    expect(textContent).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(textContent.length).toBeLessThan(400);
  }
}

/** As XML: what is not well-formed throws. */
function parsed(svg: string): Element {
  const { DOMParser } = new D3Node().window as unknown as { readonly DOMParser: new () => Parser };
  return new DOMParser().parseFromString(svg, 'image/svg+xml');
}

/** How many numbers each command of a path takes (SVG 2, 9.3). */
const TAKES: Readonly<Record<string, number>> = { m: 2, l: 2, t: 2, h: 1, v: 1, c: 6, s: 4, q: 4, a: 7, z: 0 };

/** That every path is one which browsers draw to its end. */
export function expectDrawable(svg: string): void {
  for (const [, path = ''] of svg.matchAll(/ d="([^"]*)"/g)) {
    const parts = path.match(/[a-z][^a-z]*/gi) ?? [];
    const wrong = parts.filter((part) => {
      const numbers = part.slice(1).match(/[+-]?(?:\d+\.?\d*|\.\d+)/g)?.length ?? 0;
      const takes = TAKES[part.charAt(0).toLowerCase()];
      return takes === undefined || (takes === 0 ? numbers > 0 : numbers === 0 || numbers % takes > 0);
    });
    expect(wrong, path).toEqual([]);
    expect(parts.join(''), path).toBe(path);
  }
}
