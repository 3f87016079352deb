/** Drawing: the one place that uses d3-node. Pictures are the same bytes for the same facts. */
import { D3Node } from 'd3-node';
import type * as D3 from 'd3';

import { displayWidth, truncateMiddle } from '../../src/text/width.ts';
import { pictureStyle } from './palette.ts';
import type { Picture } from './section.ts';

/** What a picture is drawn on. */
export interface Canvas {
  readonly d3: typeof D3;
  readonly svg: D3.Selection<D3.BaseType, unknown, null, undefined>;
}

/** Width of a character of 12 pixels in a common sans-serif face: no font is at hand to ask. */
const CHARACTER = 6.8;

/** Text for a picture, cut in the middle where it would be wider than so many pixels; a title has the whole of it. */
export function fitted(text: string, pixels: number): string {
  return truncateMiddle(text, Math.max(1, Math.floor(pixels / CHARACTER)));
}

/** About how wide a text of 12 pixels is. */
export function textWidth(text: string): number {
  return displayWidth(text) * CHARACTER;
}

/** What XML 1.0 cannot hold in any form (its production Char). */
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Within a page a picture is more than one image: its parts can be reached one by one, and have names. */
function nameParts(svg: D3.Selection<D3.BaseType, unknown, null, undefined>): void {
  if (!svg.select('a, [tabindex]').empty()) svg.attr('role', 'group');
  // Its title is the name of a link in SVG (SVG-AAM 1.0). A label would have to hold all texts in it as they are drawn, also
  // those that are cut (WCAG 2.2, 2.5.3).
  svg
    .selectAll('a[aria-label]')
    .filter((_, at, links) => (links[at] as { firstChild?: { nodeName: string } }).firstChild?.nodeName === 'title')
    .attr('aria-label', null);
}

/** Pixels around a picture that stands alone: in a page that is the page's to give. */
const EDGE = 8;

/** Draws pictures, all in one document that is made when the first is drawn. */
export class Studio {
  readonly #node = new D3Node();

  /** The picture as it stands in a page, which has its style. */
  draw(picture: Picture, id: string): string {
    return this.#drawn(picture, id, '');
  }

  /** The picture as a file of its own. */
  drawFile(picture: Picture, id: string): string {
    return `<?xml version="1.0" encoding="UTF-8"?>\n${this.#drawn(picture, id, pictureStyle())}\n`;
  }

  #drawn({ title, description, width, height, draw }: Picture, id: string, style: string): string {
    const { d3, d3Element, window } = this.#node;
    const svg = d3Element.append<D3.BaseType>('svg');
    const edge = style === '' ? 0 : EDGE;
    const size = { width: width + 2 * edge, height: height + 2 * edge };
    svg.attr('xmlns', 'http://www.w3.org/2000/svg').attr('viewBox', [-edge, -edge, size.width, size.height].join(' '));
    svg
      .attr('width', size.width)
      .attr('height', size.height)
      .attr('role', 'img')
      .attr('aria-labelledby', `${id}-t ${id}-d`);
    svg.append('title').attr('id', `${id}-t`).text(title);
    svg.append('desc').attr('id', `${id}-d`).text(description);
    if (style !== '') {
      svg.append('style').text(style);
      const ground = svg.append('rect').attr('class', 'f-ground').attr('x', -edge).attr('y', -edge);
      ground.attr('width', size.width).attr('height', size.height);
    }
    draw({ d3, svg });
    if (style === '') nameParts(svg);
    const node = svg.node() as object | null;
    if (node === null) throw new Error('an element that was appended is there');
    // What the HTML serialization writes (&nbsp;) is no XML.
    const text = new window.XMLSerializer().serializeToString(node).replaceAll(NOT_XML, '\ufffd');
    svg.remove();
    return text;
  }
}
