/**
 * A forest made from another: `make` is given each node with what was made of its children, and leaves a node out with null.
 * Works without recursion: what comes from a capture can be deeper than the call stack.
 */
export function mapTree<From, To>(
  roots: readonly From[],
  childrenOf: (node: From) => readonly From[],
  make: (node: From, children: To[]) => To | null,
): To[] {
  const made: To[] = [];
  const met: { readonly node: From; readonly siblings: To[]; readonly children: To[] }[] = [];
  const stack = roots.map((node) => ({ node, siblings: made }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const children: To[] = [];
    met.push({ ...next, children });
    for (const node of childrenOf(next.node)) stack.push({ node, siblings: children });
  }
  // Backwards, each is after all that is below it, and siblings come in their order.
  for (const { node, siblings, children } of met.reverse()) {
    const one = make(node, children);
    if (one !== null) siblings.push(one);
  }
  return made;
}
