/** All commands, in the order of the way through the project. */
import { experimentCommand } from './experiment.ts';
import { generateCommand } from './generate.ts';
import { measureCommand } from './measure.ts';
import { modelCardCommand } from './model-card.ts';
import type { Command } from './option.ts';
import { preTrainCommand } from './pre-train.ts';
import { trainCommand } from './train.ts';

export const commands = {
  measure: measureCommand,
  train: trainCommand,
  generate: generateCommand,
  experiment: experimentCommand,
  'pre-train': preTrainCommand,
  'model-card': modelCardCommand,
} as const satisfies Readonly<Record<string, Command>>;

export type CommandName = keyof typeof commands;

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}
