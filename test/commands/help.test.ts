/** What `--help` prints, kept as text: a change of a field or an option shows here. */
import { expect, it } from 'vitest';
import { commands } from '../../src/commands/commands.ts';
import { helpText, overviewText } from '../../src/commands/help.ts';
import type { Command } from '../../src/commands/option.ts';

const all: readonly Command[] = Object.values(commands);

it.each(all)('of $name is as it was read last', async (command) => {
  await expect(helpText(command)).toMatchFileSnapshot(`help/${command.name}.txt`);
});

it('of all commands is as it was read last', async () => {
  await expect(overviewText('1.2.3')).toMatchFileSnapshot('help/overview.txt');
});

it.each([...all.map((command) => helpText(command)), overviewText('1.2.3')])(
  'keeps to 80 characters where words allow, and glues none',
  (text) => {
    const lines = text.split('\n').filter((line) => !line.startsWith('  idiolect '));
    for (const line of lines) {
      if (line.length > 80) expect(line.trim()).not.toContain(' ');
      expect(line).toBe(line.trimEnd());
    }
    // A sentence, then another: never "held.Weights" or "int8how".
    expect(text).not.toMatch(/[a-z][.!?][A-Z]/);
  },
);

it.each(all)('of $name marks what is required and says every default', (command) => {
  const text = helpText(command);
  for (const [name, option] of Object.entries(command.options)) {
    expect(text).toContain(`  --${name}`);
    if (option.required === true) {
      expect(text.indexOf(`  --${name}`)).toBeGreaterThan(text.indexOf('Required:'));
      expect(text.split('\n')[0]).toContain(`--${name}`);
    }
    if ('default' in option) expect(text).toContain(`Default: ${option.default}.`);
  }
});
