/** From the setting `LOG_FORMAT` to the formats that it stands for. */
import { nearestWord } from '../nearest-word.ts';
import { LogFormatError } from './log-format-error.ts';
import { compileLogFormat, type LogFormat } from './log-format.ts';
import { PRESETS } from './presets.ts';

/** The setting that recognises the format from the lines. */
export const AUTO = 'auto';
/** Name of a format that was given as text. */
const CUSTOM = 'custom';

/**
 * All presets, in the order in which they are tried, for `auto`; else the one format. Throws
 * LogFormatError.
 */
export function chooseFormats(setting: string): readonly LogFormat[] {
  const word = setting.trim();
  if (word === AUTO) return PRESETS.map(({ name, text }) => compileLogFormat(name, text));
  const preset = PRESETS.find(({ name }) => name === word);
  if (preset !== undefined) return [compileLogFormat(preset.name, preset.text)];
  if (/^[\w.-]*$/u.test(word)) throw unknownPreset(setting, word);
  return [compileLogFormat(CUSTOM, setting)];
}

function unknownPreset(setting: string, word: string): LogFormatError {
  const names = [AUTO, ...PRESETS.map(({ name }) => name)];
  if (word === 'json') {
    return new LogFormatError(
      'JSON logs are not supported. Log a text format for nginx-meter, if need be as a second ' +
        `access_log. Known formats: ${names.join(', ')}.`,
      setting,
    );
  }
  const nearest = nearestWord(word, names, 3);
  return new LogFormatError(
    (word === '' ? 'The log format is empty. ' : `There is no log format named "${word}". `) +
      (nearest === undefined ? '' : `Did you mean "${nearest}"? `) +
      `Known are ${names.join(', ')}, and the text of any log_format with $variables.`,
    setting,
  );
}
