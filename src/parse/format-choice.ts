/** From the setting `LOG_FORMAT` to the formats that it stands for. */
import { nearestWord } from '../text/nearest-word.ts';
import { ADVISED_FORMATS } from './advice/advised-formats.ts';
import { readFormatText } from './format/format-text.ts';
import {
  compileJsonFormat,
  type JsonFormat,
  type JsonKeyNames,
  recognisedJson,
} from './json/json-format.ts';
import { checkNotOfApache } from './format/apache-format.ts';
import { LogFormatError } from './format/log-format-error.ts';
import { waysToRead } from './format/own-variables.ts';
import { compileLogFormat, compileText, type LogFormat } from './format/log-format.ts';
import { ALIASES, JSON_PRESET, LOOK_ALIKES, PRESETS } from './format/presets.ts';

/** The setting that recognises the format from the lines. */
export const AUTO = 'auto';
/** Name of a format that was given as text. */
export const CUSTOM = 'custom';

export type Format = LogFormat | JsonFormat;

/** In the order in which `auto` tries them. */
const TEXT_FORMATS = [...PRESETS, ...ADVISED_FORMATS, ...LOOK_ALIKES];
/** Each compiled once, for all logs and all questions about them: a format never changes. */
const compiled = new Map<string, LogFormat>();

/**
 * All presets, and what becomes of them on our advice, in the order in which they are tried, for
 * `auto`; else the one format, the few that a program logs in, or the ways to read a text with
 * variables of one's own, the likeliest first. `jsonKeys`: keys of a JSON log whose
 * format is not given. Throws LogFormatError.
 */
export function chooseFormats(setting: string, jsonKeys?: JsonKeyNames): readonly Format[] {
  const word = setting.trim();
  const json = () => recognisedJson(JSON_PRESET.name, jsonKeys);
  if (word === AUTO) {
    return [...TEXT_FORMATS.map(compiledFormat), json()];
  }
  if (word === JSON_PRESET.name) return [json()];
  const names: readonly string[] = ALIASES.find(({ alias }) => alias === word)?.names ?? [word];
  const presets = TEXT_FORMATS.filter(({ name }) => names.includes(name));
  if (presets.length > 0) return presets.map(compiledFormat);
  if (/^[\w.-]*$/u.test(word)) throw unknownPreset(setting, word);
  checkNotOfApache(setting);
  const text = readFormatText(setting);
  const ofJson = compileJsonFormat(CUSTOM, text);
  if (ofJson !== undefined) return [ofJson];
  return waysToRead(text).map((guesses) => compileText(CUSTOM, text, setting, guesses));
}

function compiledFormat({
  name,
  text,
}: {
  readonly name: string;
  readonly text: string;
}): LogFormat {
  const format = compiled.get(name) ?? compileLogFormat(name, text);
  compiled.set(name, format);
  return format;
}

/** Every word that the setting may be. */
function formatWords(): string[] {
  const aliases = ALIASES.map(({ alias }) => alias);
  return [AUTO, ...PRESETS.map(({ name }) => name), JSON_PRESET.name, ...aliases];
}

function unknownPreset(setting: string, word: string): LogFormatError {
  const names = formatWords();
  const nearest = nearestWord(word, names, 3);
  return new LogFormatError(
    (word === '' ? 'The log format is empty. ' : `There is no log format named "${word}". `) +
      (nearest === undefined ? '' : `Did you mean "${nearest}"? `) +
      `Known are ${names.join(', ')}, and the text of any log_format with $variables.`,
    setting,
  );
}
