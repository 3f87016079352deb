/** Which items a report has: what is linked to is there. */
import type { ItemId, ReportNode } from '../../src/schema/report.ts';
import type { Block } from './section.ts';

/** The items of rows and nodes; a link to any other would lead nowhere. */
export function itemsOf(sections: readonly { readonly blocks: readonly Block[] }[]): Set<ItemId> {
  const items = new Set<ItemId>();
  const add = (item: ItemId | null): void => {
    if (item !== null) items.add(item);
  };
  const addNodes = (nodes: readonly ReportNode[]): void => {
    for (const { item, children } of nodes) {
      add(item);
      addNodes(children);
    }
  };
  const addBlocks = (blocks: readonly Block[]): void => {
    for (const block of blocks) {
      if (block.kind === 'table') for (const { item } of block.rows) add(item);
      else if (block.kind === 'tree') addNodes(block.nodes);
      else if (block.kind === 'choice') for (const option of block.options) addBlocks(option.blocks);
    }
  };
  for (const { blocks } of sections) addBlocks(blocks);
  return items;
}
