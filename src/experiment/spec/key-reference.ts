/** Every key of the experiment file as data, read from the schema: for its documentation and its tests. */
import * as v from 'valibot';
import { experimentSchema } from './schema.ts';

export interface KeyRow {
  key: string;
  /** "a whole number from 1 to 64" */
  type: string;
  /** As JSON; undefined when there is none. */
  default: string | undefined;
  required: boolean;
  meaning: string;
}

export interface KeySection {
  /** "sets[], kind own-correct" */
  title: string;
  meaning: string;
  rows: KeyRow[];
}

/** What valibot's schemas hold, as far as it is read here. */
interface Node {
  type: string;
  wrapped?: Node;
  default?: unknown;
  entries?: Record<string, Node>;
  item?: Node;
  options?: readonly unknown[];
  literal?: unknown;
  pipe?: readonly (Node & { requirement?: unknown; metadata?: { type?: string } })[];
}

/** Objects in the order of the file, the whole file first; an object used twice is listed once. */
export function experimentKeys(): KeySection[] {
  const sections: KeySection[] = [];
  const seen = new Set<Node>();
  visit('The file', asNode(experimentSchema));
  return sections;

  function visit(title: string, node: Node): void {
    if (node.wrapped) visit(title, node.wrapped);
    if (node.item) visit(`${title}[]`, node.item);
    // The same object with another sentence has the same entries.
    const identity = (node.entries ?? node.options) as unknown as Node | undefined;
    if (identity === undefined || seen.has(identity)) return;
    if (node.type === 'variant') {
      seen.add(identity);
      for (const option of node.options as readonly Node[]) {
        visit(`${title}, kind ${String(option.entries!['kind']!.literal)}`, option);
      }
    } else if (node.entries) {
      seen.add(identity);
      const entries = Object.entries(node.entries);
      sections.push({ title, meaning: meaningOf(node), rows: entries.map(rowOf) });
      const root = title === 'The file' ? '' : `${title.split(',')[0]}.`;
      for (const [key, child] of entries) visit(`${root}${key}`, child);
    }
  }
}

function rowOf([key, node]: [string, Node]): KeyRow {
  const optional = node.type === 'optional';
  const inner = optional ? node.wrapped! : node;
  const usual = optional && node.default !== undefined ? JSON.stringify(node.default) : undefined;
  return {
    key,
    type: typeText(inner),
    default: usual,
    required: !optional,
    meaning: inner.type === 'literal' && key === 'kind' ? '' : meaningOf(inner),
  };
}

function typeText(node: Node): string {
  const pipe = actionsOf(node);
  const bound = (type: string) =>
    pipe.find((one) => one.type === type)?.requirement as string | undefined;
  const stated = pipe.find(({ metadata }) => metadata?.type !== undefined)?.metadata?.type;
  if (stated !== undefined) return stated;
  switch (node.type) {
    case 'number': {
      const what = pipe.some(({ type }) => type === 'integer') ? 'a whole number' : 'a number';
      const above = bound('gt_value');
      const from = above === undefined ? `from ${String(bound('min_value'))}` : `above ${above}`;
      return `${what} ${from} to ${String(bound('max_value'))}`;
    }
    case 'string':
      return bound('regex') === undefined
        ? 'text'
        : 'a name: small letters, digits, points, hyphens';
    case 'boolean':
      return 'true or false';
    case 'literal':
      return JSON.stringify(node.literal);
    case 'picklist':
      return node.options!.map((option) => JSON.stringify(option)).join(' or ');
    case 'array': {
      const item = typeText(node.item!).replace(/^an? /, '');
      return `a list, each ${item === 'object' ? 'an object' : item}`;
    }
    case 'variant':
      return 'an object with a `kind`';
    default:
      return 'an object';
  }
}

/** The steps of a pipe, those of a pipe within it among them. */
function actionsOf({ pipe = [] }: Node): NonNullable<Node['pipe']> {
  return pipe.flatMap((one) => (one.pipe ? actionsOf(one) : [one]));
}

function meaningOf(node: Node): string {
  return v.getDescription(node as unknown as v.GenericSchema) ?? '';
}

function asNode(schema: unknown): Node {
  return schema as Node;
}
