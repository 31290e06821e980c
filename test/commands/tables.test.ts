/** The option tables: every setting has an option or a reason, every option its words. */
import { expect, it } from 'vitest';
import { commands } from '../../src/commands/commands.ts';
import type { Command, Option } from '../../src/commands/option.ts';
import { settingTables } from '../../src/commands/setting-tables.ts';

const all: readonly Command[] = Object.values(commands);
const options = all.flatMap(({ name, options }) =>
  Object.entries(options).map(([option, table]): [string, string, Option] => [name, option, table]),
);

/** Settings that no command has, and why. */
const WITHOUT_OPTION: Record<string, string> = {
  'familiarity.batchTokens': 'changes speed and memory, never a number',
  'sampling.greedy': 'greedy unless --temperature is given',
};

it('have an option for every setting of the form', () => {
  const set = new Set(
    options.flatMap(([, , { setting }]) => (setting ? [`${setting.group}.${setting.name}`] : [])),
  );
  const settings = Object.entries(settingTables).flatMap(([group, fields]) =>
    Object.keys(fields).map((name) => `${group}.${name}`),
  );
  const missing = settings.filter((name) => !set.has(name));
  expect(missing.sort()).toEqual(Object.keys(WITHOUT_OPTION).sort());
});

it.each(options)('%s --%s says what it is and what happens without it', (...[, name, option]) => {
  expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
  expect(option.help).toMatch(/^[A-Z].*[.?!]$/);
  const answers: boolean[] = [
    option.kind === 'switch',
    option.required === true,
    'default' in option,
    option.otherwise !== undefined,
  ];
  expect(answers.filter(Boolean)).toHaveLength(1);
  if (option.setting) {
    const { group, name: setting } = option.setting;
    expect(settingTables[group]).toHaveProperty(setting);
  }
});

it.each(all)('$name stands under its name, with examples that begin with it', (command) => {
  expect(commands).toHaveProperty(command.name, command);
  expect(command.examples.length).toBeGreaterThan(0);
  for (const { line } of command.examples) expect(line.split(' ')[0]).toBe(command.name);
});
