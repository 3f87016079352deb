/** What of d3-node is used; it has no types of its own. */
declare module 'd3-node' {
  import type * as D3 from 'd3';

  /** A document of jsdom, and d3 at work in it. */
  export class D3Node {
    readonly d3: typeof D3;
    readonly d3Element: D3.Selection<D3.BaseType, unknown, null, undefined>;
    readonly window: { readonly XMLSerializer: new () => { serializeToString(node: object): string } };
  }
}
