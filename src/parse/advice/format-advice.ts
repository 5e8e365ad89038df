/**
 * What a format lacks, and the log_format directive that has it: the format in use with the missing
 * variables at its end, so other readers of the log go on working.
 */
import { isLacking, WANTED, type Wanted } from './advised-formats.ts';
import { AUTO, chooseFormats, CUSTOM } from '../format-choice.ts';
import { type FormatElement, readFormatText } from '../format/format-text.ts';
import { variablesOf } from './format-variables.ts';
import { PRESETS } from '../format/presets.ts';

export interface FormatAdvice {
  /** `$request_time (latency)`, each a variable with what it would tell. */
  readonly missing: readonly string[];
  /** The lines of the directive, as they go into nginx.conf. */
  readonly directive: readonly string[];
}

/** Name of the format in the directive; nginx has none of that name. */
export const ADVISED_NAME = 'meter';

/** The keys that a JSON log of its own is advised to have. */
const JSON_TEXT =
  'escape=json \'{"time":"$time_iso8601","remote_addr":"$remote_addr","request":"$request",' +
  '"status":"$status","body_bytes_sent":"$body_bytes_sent","http_referer":"$http_referer",' +
  '"http_user_agent":"$http_user_agent"}\'';

/**
 * `setting`: what createParser took. `formatName` and `families`: what the parser then said. Undefined
 * when nothing is missing, and as long as the format is not known.
 */
export function adviseOn(
  setting: string,
  formatName: string,
  families: number,
): FormatAdvice | undefined {
  if (formatName === AUTO) return undefined;
  const preset = PRESETS.find(({ name }) => name === formatName);
  const [format] = chooseFormats(formatName === CUSTOM ? setting : formatName);
  if (format === undefined) return undefined;
  const variables = variablesOf(format);
  const isLearned = variables === undefined;
  const missing = WANTED.filter((wanted) =>
    isLearned
      ? wanted.family !== 0 && (families & wanted.family) === 0
      : isLacking(wanted, variables),
  );
  if (missing.length === 0) return undefined;
  const text = isLearned ? JSON_TEXT : (preset?.text ?? setting);
  return {
    missing: missing.map(({ variable, about }) => `$${variable} (${about})`),
    // Of a JSON log whose format is not given, only a whole one can be shown.
    directive: directiveOf(text, isLearned ? WANTED : missing),
  };
}

function directiveOf(text: string, missing: readonly Wanted[]): string[] {
  const { elements, escape } = readFormatText(text);
  const last = elements.at(-1);
  const isObject = last?.kind === 'literal' && /\}\s*$/u.test(last.text) && isBrace(elements[0]);
  const additions = missing.map(({ addition, variable }) =>
    isObject ? `,"${variable}":"$${variable}"` : addition,
  );
  const pieces = elements.map((element, i) => pieceOf(element, elements[i + 1]));
  if (isObject) {
    const end = pieces.pop() ?? '';
    const brace = end.lastIndexOf('}');
    pieces.push(end.slice(0, brace), ...additions, end.slice(brace));
  } else {
    pieces.push(...additions);
  }
  const head = `log_format ${ADVISED_NAME}${escape === 'default' ? '' : ` escape=${escape}`}`;
  return [head, ...wrap(pieces).map((line) => `    '${line}'`)].map((line, i, all) =>
    i === all.length - 1 ? `${line};` : line,
  );
}

function isBrace(element: FormatElement | undefined): boolean {
  return element?.kind === 'literal' && /^\s*\{/u.test(element.text);
}

/** As it stands between single quotes in nginx.conf. */
function pieceOf(element: FormatElement, next: FormatElement | undefined): string {
  if (element.kind === 'literal') {
    return element.text.replace(/[\\']/gu, '\\$&').replaceAll('\t', '\\t');
  }
  const isFollowed = next?.kind === 'literal' && /^\w/u.test(next.text);
  return isFollowed ? `\${${element.name}}` : `$${element.name}`;
}

const LINE_LENGTH_MAX = 88;

/** nginx puts the strings together again; a break within a variable would end its name. */
function wrap(pieces: readonly string[]): string[] {
  const lines: string[] = [''];
  for (const piece of pieces) {
    const line = lines.at(-1) ?? '';
    const isLong = line.length + piece.length > LINE_LENGTH_MAX && line !== '';
    if (isLong) lines.push(piece);
    else lines[lines.length - 1] = line + piece;
  }
  return lines;
}
