/** From the values of a command line to the settings of a table. */
import { defaultsOf, type SettingsOf } from '../fields.ts';
import type { Options, ValuesOf } from './option.ts';
import { settingTables, type SettingGroup, type SettingTables } from './setting-tables.ts';

/** The table's defaults, overwritten by what the options say. */
export function settingsFrom<Group extends SettingGroup, Table extends Options>(
  group: Group,
  options: Table,
  values: ValuesOf<Table>,
): SettingsOf<SettingTables[Group]> {
  const settings: Record<string, unknown> = defaultsOf(settingTables[group]);
  for (const [name, { setting }] of Object.entries(options)) {
    const value: unknown = values[name];
    if (setting?.group === group && value !== undefined) settings[setting.name] = value;
  }
  return settings as SettingsOf<SettingTables[Group]>;
}
