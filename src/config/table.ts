import { settings } from './schema.ts';
import { type About, aboutSettings } from './setting.ts';

/** The settings for people: the tables of docs/settings.md, `.env.example`, the list of `--help`. */

interface Described extends About {
  readonly name: string;
}

function describedSettings(): Described[] {
  return Object.entries(settings.shape).map(([name, schema]) => {
    const about = aboutSettings.get(schema);
    if (about === undefined) throw new Error(`${name} has no texts in the schema`);
    return { name, ...about };
  });
}

function byGroup(): Map<string, Described[]> {
  return Map.groupBy(describedSettings(), (setting) => setting.group);
}

/** Markdown, one table per group; ends with a line feed. */
export function renderConfigTable(): string {
  const parts: string[] = [];
  for (const [group, own] of byGroup()) {
    parts.push(`### ${group}`, '');
    parts.push('| setting | default | allowed | what it does |', '|---|---|---|---|');
    for (const setting of own) {
      const name =
        setting.secret === true
          ? `\`${setting.name}\`, \`${setting.name}_FILE\``
          : `\`${setting.name}\``;
      parts.push(
        `| ${name} | ${defaultCell(setting)} | ${cell(setting.allowed)} | ${cell(setting.text)} |`,
      );
    }
    parts.push('');
  }
  return `${parts.join('\n').trimEnd()}\n`;
}

function defaultCell({ default: value, defaultText }: Described): string {
  if (defaultText !== undefined) return cell(defaultText);
  return value === undefined || value === '' ? '' : `\`${cell(value)}\``;
}

/** A pipe would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** A `.env` with every setting commented out, ready to be copied; ends with a line feed. */
export function renderEnvExample(): string {
  const lines = [
    '# Settings of nginx-meter. Copy this file to .env and take the # away from what you change.',
    '# The environment goes before this file. An empty value means the default.',
  ];
  for (const [group, own] of byGroup()) {
    lines.push('', `# --- ${group} ---`);
    for (const setting of own) {
      const name = setting.secret === true ? `${setting.name}_FILE` : setting.name;
      const value =
        setting.secret === true ? `/run/secrets/${setting.name.toLowerCase()}` : shown(setting);
      lines.push('', ...wrap(plain(setting.text), 96).map((line) => `# ${line}`));
      lines.push(...wrap(`Allowed: ${plain(setting.allowed)}.`, 96).map((line) => `# ${line}`));
      lines.push(`#${name}=${value}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function shown({ default: value, example }: Described): string {
  return value === undefined || value === '' ? (example ?? '') : value;
}

/** For the terminal: name and default on one line, what it does below; ends with a line feed. */
export function renderConfigHelp(): string {
  const lines: string[] = [];
  for (const [group, own] of byGroup()) {
    lines.push(`${group}:`);
    for (const setting of own) {
      const value = setting.defaultText ?? setting.default ?? '';
      const name = setting.secret === true ? `${setting.name}, ${setting.name}_FILE` : setting.name;
      lines.push(`  ${name}${value === '' ? '' : `  (${plain(value)})`}`);
      lines.push(...wrap(plain(setting.text), 90).map((line) => `      ${line}`));
    }
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function plain(markdown: string): string {
  return markdown.replaceAll('`', '');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
