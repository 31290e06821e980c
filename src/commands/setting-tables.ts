/** The tables of settings that options set, and the options made of their fields. */
import { checkFields } from '../evaluate/config.ts';
import { familiarityFields, styleFields } from '../familiarity/config.ts';
import type { Field } from '../fields.ts';
import { samplingFields } from '../generate/config.ts';
import { loraFields } from '../lora/config.ts';
import { trainingFields } from '../train/config.ts';
import { fieldOption } from './option.ts';

export const settingTables = {
  training: trainingFields,
  lora: loraFields,
  familiarity: familiarityFields,
  style: styleFields,
  sampling: samplingFields,
  checks: checkFields,
} as const;

export type SettingTables = typeof settingTables;
export type SettingGroup = keyof SettingTables;

/** Where an option's value goes: a table and the name of one of its fields. */
export interface SettingPlace {
  group: SettingGroup;
  name: string;
}

/** The option that sets a field of a table. */
export function settingOption<
  Group extends SettingGroup,
  Name extends keyof SettingTables[Group] & string,
>(group: Group, name: Name, more: { section?: string; required?: boolean } = {}) {
  const field = settingTables[group][name] as SettingTables[Group][Name] & Field;
  return fieldOption(field, { ...more, setting: { group, name } });
}
