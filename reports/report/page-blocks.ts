/** Sections of the page and their blocks. */
import type { ItemId, ReportTable, ReportTree } from '../../src/schema/report.ts';
import { formatCount } from '../../src/text/units.ts';
import type { BuiltSection } from './document.ts';
import { escapeHtml, shown } from './html.ts';
import { CHILDREN, nodesHtml, numbered, rowHtml } from './markup.ts';
import { packTable, packTree } from './packed.ts';
import type { PackedTable, PackedTree } from './packed.ts';
import { Studio } from './picture.ts';
import type { Block, Choice, Picture } from './section.ts';

/** A tree with more nodes is written without those below closed ones: the script has them. */
const WHOLE_TREE = 300;

/** Writes sections, and gathers what the page's script is to have. */
export class BlockWriter {
  readonly tables: PackedTable[] = [];
  readonly trees: PackedTree[] = [];
  readonly #items: ReadonlySet<ItemId>;
  readonly #ids = new Set<string>();
  #studio: Studio | undefined;

  constructor(items: ReadonlySet<ItemId>) {
    this.#items = items;
  }

  /** A section with its heading. */
  section({ id, title, question, summary, available, blocks }: BuiltSection): string {
    const head = `<h2 id="${id}-h">${shown(title)} <a class="self" href="#${id}" aria-label="Link to ${shown(title)}">#</a></h2><p class="question">${shown(question)}</p>`;
    const said = available
      ? `<p class="summary">${shown(summary)}</p>`
      : `<p class="summary lacking"><strong>Not available.</strong> ${shown(summary)}</p>`;
    const inner = blocks.map((block) => this.#block(block, id)).join('\n');
    return `<section class="section" id="${id}" aria-labelledby="${id}-h" tabindex="-1">\n${head}${said}\n${inner}\n</section>\n`;
  }

  #block(block: Block, section: string): string {
    switch (block.kind) {
      case 'text':
        return `<p class="text">${shown(block.text)}</p>`;
      case 'picture':
        return this.#picture(block, section);
      case 'choice':
        return this.#choice(block, section);
      case 'table':
        return this.#table(block, section);
      case 'tree':
        return this.#tree(block, section);
    }
  }

  #picture(picture: Picture, section: string): string {
    this.#studio ??= new Studio();
    const id = this.#idOf(`${section}-${picture.name}`);
    const { title, description } = picture;
    return `<figure class="picture" data-file="${escapeHtml(`${section}-${picture.name}`)}"><figcaption><h3>${shown(title)}</h3></figcaption><div class="scroll" tabindex="0" role="group" aria-label="${shown(title)}">${this.#studio.draw(picture, id)}</div><details class="description"><summary>In words</summary><p>${shown(description)}</p></details></figure>`;
  }

  #choice({ name, options }: Choice, section: string): string {
    const id = this.#idOf(`${section}-${name}-choice`);
    const panels = options.map(
      ({ title, blocks }, at) =>
        `<div class="panel${at === 0 ? ' chosen' : ''}" id="${id}-${at}"><h3 class="panel-title">${shown(title)}</h3>\n${blocks.map((block) => this.#block(block, section)).join('\n')}\n</div>`,
    );
    return `<div class="choice" id="${id}">${panels.join('')}</div>`;
  }

  #table(table: ReportTable, section: string): string {
    const id = this.#idOf(`${section}-${table.name}-table`);
    const packed = packTable(table, id, this.#items);
    this.tables.push(packed);
    const head = table.columns
      .map(({ title, align }) => `<th scope="col"${align === 'right' ? ' class="r"' : ''}>${shown(title)}</th>`)
      .join('');
    const rows = packed.rows.slice(0, table.shown).map((row) => rowHtml(row, packed.columns));
    const all = packed.rows.length;
    if (all === 0) rows.push(`<tr class="no"><td colspan="${table.columns.length}">no rows</td></tr>`);
    const rest = all > table.shown ? `The first ${formatCount(table.shown)} of ${formatCount(all)} rows.` : '';
    return `<div class="table" id="${id}"><div class="scroll" tabindex="0" role="group" aria-labelledby="${id}-c"><table><caption id="${id}-c">${shown(table.caption)}</caption><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>${restHtml(rest)}</div>`;
  }

  #tree(tree: ReportTree, section: string): string {
    const id = this.#idOf(`${section}-${tree.name}-tree`);
    const packed = packTree(tree, id, this.#items);
    this.trees.push(packed);
    const { nodes, numberOf } = numbered(packed.nodes);
    const isWhole = nodes.length <= WHOLE_TREE;
    const items = nodesHtml(packed.nodes, null, {
      numberOf,
      isOpen: (node) => node[2] === 1,
      isFilled: (node) => isWhole || node[2] === 1,
      shownOf: (some) => some,
      mostOf: () => CHILDREN,
    });
    const rest = isWhole ? '' : 'Not all of what is folded is written out.';
    return `<div class="tree" id="${id}" role="group" aria-labelledby="${id}-c"><p class="caption" id="${id}-c">${shown(tree.caption)}</p><div class="scroll" tabindex="0" role="group" aria-label="${shown(tree.caption)}"><ul>${items}</ul></div>${restHtml(rest)}</div>`;
  }

  /** Two blocks of one name would be one element to a link. */
  #idOf(name: string): string {
    let id = name;
    for (let number = 2; this.#ids.has(id); number++) id = `${name}-${number}`;
    this.#ids.add(id);
    return id;
  }
}

/** What a reader without script is told of the rest. */
function restHtml(rest: string): string {
  return rest === ''
    ? ''
    : `<p class="rest">${rest}<noscript> The rest is in this file, too, and is shown where scripts may run.</noscript></p>`;
}
