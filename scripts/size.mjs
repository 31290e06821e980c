/** Prints the lines of each room and the largest files. A number to look at, not a gate. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const files = ['src', 'workers', 'models'].flatMap((root) =>
  readdirSync(root, { recursive: true })
    .map((name) => join(root, name))
    .filter((name) => /\.(ts|svelte|js)$/.test(name))
    .map((name) => ({ name, lines: readFileSync(name, 'utf8').split('\n').length })),
);
const rooms = new Map();
for (const { name, lines } of files) {
  const room = name
    .split('/')
    .slice(0, name.startsWith('src/') ? 2 : 1)
    .join('/');
  const sizes = rooms.get(room) ?? [];
  rooms.set(room, [...sizes, lines]);
}
for (const [room, sizes] of [...rooms].sort()) {
  const sorted = sizes.sort((a, b) => a - b);
  const total = sorted.reduce((sum, lines) => sum + lines, 0);
  console.log(
    `${room.padEnd(20)} ${String(sizes.length).padStart(4)} files ${String(total).padStart(6)} lines, median ${sorted[Math.floor(sorted.length / 2)]}`,
  );
}
console.log();
for (const { name, lines } of files.sort((a, b) => b.lines - a.lines).slice(0, 12)) {
  console.log(`${String(lines).padStart(5)} ${name}`);
}
