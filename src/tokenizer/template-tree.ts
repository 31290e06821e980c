/** What is changed in the parsed tree of a chat template, so that the Jinja library renders it as transformers does. */

export interface TreeNode {
  type?: unknown;
  value?: unknown;
  callee?: TreeNode;
  args?: unknown[];
  object?: unknown;
  property?: { type?: unknown; value?: unknown };
  computed?: unknown;
}

/** Visits every node of a parsed template, the inner ones first. */
export function walkTree(node: unknown, visit: (node: TreeNode) => void): void {
  if (typeof node !== 'object' || node === null) return;
  const children: unknown[] =
    node instanceof Map ? [...node.entries()].flat() : Object.values(node);
  for (const child of children) walkTree(child, visit);
  visit(node);
}
