import { ERROR_LOG_LEFT_OUT } from '../../app/advised-parser.ts';
import type { Survey } from './line-survey.ts';

/** The formats of a file in words: each that was met, with its share of the lines. */
export function formatText({ formatName, leftOutLines, lines, met, parsed }: Survey): string {
  if (lines === 0 && leftOutLines > 0) return `nginx's error log. ${ERROR_LOG_LEFT_OUT}`;
  if (lines === 0) return 'its format is not known yet.';
  const rest =
    leftOutLines === 0
      ? ''
      : ` ${leftOutLines} more are lines of nginx's error log. ${ERROR_LOG_LEFT_OUT}`;
  if (formatName === 'auto') {
    return `and no format that is known; set LOG_FORMAT to the log_format of nginx.conf.${rest}`;
  }
  if (met.length < 2) return `format ${formatName}.${rest}`;
  const named = met.map((one) => {
    const share = ((100 * one.lines) / parsed).toFixed(1);
    return `${one.formatName} (${share} %, ${one.lines === 1 ? '1 line' : `${one.lines} lines`})`;
  });
  return `formats ${named.slice(0, -1).join(', ')} and ${named.at(-1)}.${rest}`;
}
