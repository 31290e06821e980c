/** The table of rooms holds no permission that nothing uses, and lets no two rooms import each other. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

interface Permissions {
  values: string[];
  types: string[];
}
const { plainData, rooms: table } = (await import(
  new URL('../../eslint.config.js', import.meta.url).href
)) as { plainData: string[]; rooms: Record<string, Permissions> };
const roomOf = (path: string) => Object.keys(table).find((room) => path.startsWith(`${room}/`));
const isPlain = (path: string) =>
  plainData.some((pattern) => path.endsWith(pattern.replace('!**', '')));

/** Of each room: the rooms that it imports, and whether by value anywhere. */
function importsOf(room: string): Map<string, boolean> {
  const found = new Map<string, boolean>();
  const files = readdirSync(room, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|svelte)$/.test(name) && !name.endsWith('.as.ts'))
    .map((name) => join(room, name));
  const statement =
    /(?:import|export)\s+(type\s+)?[^;'"]*?\s*from\s*'(\.[^']+)'|import\s*\(?\s*'(\.[^']+)'/g;
  for (const file of files) {
    for (const [, type, named, bare] of readFileSync(file, 'utf8').matchAll(statement)) {
      const target = normalize(join(dirname(file), (named ?? bare)!)).replaceAll('\\', '/');
      const other = roomOf(target);
      if (other === undefined || other === room || isPlain(target)) continue;
      found.set(other, (found.get(other) ?? false) || type === undefined);
    }
  }
  return found;
}

it.each(Object.entries(table))('%s uses what it is allowed', (room, { values, types }) => {
  const used = importsOf(room);
  expect(values.filter((other) => used.get(other) !== true)).toEqual([]);
  expect(types.filter((other) => used.get(other) !== false)).toEqual([]);
});

it('has an order: no room imports, by value, one that leads back to it', () => {
  const floors = new Map<string, number>();
  const floorOf = (room: string, above: readonly string[] = []): number => {
    expect(above, [...above, room].join(' → ')).not.toContain(room);
    const known = floors.get(room);
    if (known !== undefined) return known;
    const below = table[room]!.values.map((other) => floorOf(other, [...above, room]));
    const floor = Math.max(0, ...below) + 1;
    floors.set(room, floor);
    return floor;
  };
  expect(Math.max(...Object.keys(table).map((room) => floorOf(room)))).toBeGreaterThan(5);
});
