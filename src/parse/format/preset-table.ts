import { ALIASES, JSON_PRESET, PRESETS } from './presets.ts';

/** The formats known by name, for docs/log-formats.md. */
export function renderPresetTable(): string {
  const row = (name: string, about: string) => `| \`${name}\` | ${about} |`;
  return [
    '| `LOG_FORMAT` | what it is |',
    '|---|---|',
    ...PRESETS.map(({ name, about }) => row(name, about.replaceAll(/\$\w+/g, '`$&`'))),
    row(JSON_PRESET.name, JSON_PRESET.about),
    ...ALIASES.map(({ alias, names }) =>
      row(alias, names.map((name) => `\`${name}\``).join(' or ')),
    ),
    '',
  ].join('\n');
}
