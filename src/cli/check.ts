import { ERROR_LOG_LEFT_OUT } from '../app/advised-parser.ts';
import { formatsOfFile } from '../app/file-formats.ts';
import { type NginxLogs, readNginxLogs } from '../app/nginx-logs.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { FileSetting, LogSetting } from '../config/log-setting.ts';
import { dayOf, openGeoip } from '../geoip/geoip.ts';
import { NginxConfError } from '../nginx/conf/tokenizer.ts';
import { levelOf } from '../notice/codes.ts';
import type { Notice } from '../notice/notice.ts';
import { AUTO } from '../parse/format-choice.ts';
import { fileTrouble } from '../source/finished/file-trouble.ts';
import { LogPaths } from '../source/disk/log-paths.ts';
import { inspectPath, missingNotice, unreadableNotice } from '../source/disk/path-inspection.ts';
import { printable } from '../text/printable.ts';
import { Findings, type TextOutput } from './check/findings.ts';
import { surveyLines, type Survey } from './check/line-survey.ts';
import { MetFormats } from './check/met-formats.ts';
import { misspelledVariables } from './check/misspelled-variables.ts';
import { pointedLine } from './check/pointed-line.ts';
import { formatText } from './check/survey-text.ts';
import { checkSurroundings } from './check/surroundings.ts';

/**
 * `check [FILE]`: what the meter would do, said before it does it. The configuration has been
 * loaded, so it is without faults here. Writes nothing; the database is asked by an empty write.
 */
export interface CheckOptions {
  /** One JSON object in place of the text. */
  readonly json?: boolean;
  /** Neither asks the database nor tries the port. */
  readonly isOffline?: boolean;
  readonly clock?: Clock;
}

const EXIT_SETTINGS = 2;
/** So many lines of a log tell its format; FILE is read whole. */
const LOG_LINES_MAX = 1000;

/**
 * Resolves to the exit code: 0 well, 1 something cannot be read or written, or is set and not in the
 * logs, 2 NGINX_CONF cannot be read.
 */
export async function checkCommand(
  file: string | undefined,
  config: Config,
  output: TextOutput,
  { json = false, isOffline = false, clock = systemClock }: CheckOptions = {},
): Promise<number> {
  const findings = new Findings(output, json);
  // Where a FILE is looked at nobody need be about to run the meter: then the default is no complaint.
  const isAboutState = file === undefined || isSet(config, 'STATE_DIR');
  const isAboutRun = file === undefined || isSet(config, 'LISTEN');
  tellSettings(config, findings);
  await checkSurroundings(config, findings, {
    clock,
    isAboutState,
    isOffline,
    isAboutPort: isAboutRun && !isOffline,
  });
  findings.print(...(await geoipLines(config)), '');
  const nginx = await nginxOf(config);
  const check =
    typeof nginx === 'object'
      ? new Check(nginx.config, nginx, clock, findings)
      : new Check(config, undefined, clock, findings);
  if (typeof nginx === 'string') findings.trouble(printable(nginx));
  else if (nginx !== undefined) findings.print(...nginxLines(nginx), '');
  // A FILE on a machine without nginx is no reason to complain of the default log.
  const isAboutLogs =
    file === undefined || isSet(config, 'LOG_PATHS') || isSet(config, 'NGINX_CONF');
  // Which logs there are is not known then, and the run does not start.
  const isUnknown = typeof nginx === 'string';
  if (isAboutLogs && !isUnknown) await check.logs();
  if (file !== undefined) await check.file(file);
  check.formats();
  if (isUnknown) return findings.end(EXIT_SETTINGS);
  return findings.end(findings.isWell ? 0 : 1);
}

function isSet(config: Config, name: string): boolean {
  return config.shown.some((setting) => setting.name === name && !setting.isDefault);
}

/** What nginx's configuration says, why it cannot be read, or undefined when it is not asked. */
async function nginxOf(config: Config): Promise<NginxLogs | string | undefined> {
  try {
    return await readNginxLogs(config);
  } catch (error) {
    if (error instanceof NginxConfError) return error.message;
    throw error;
  }
}

function nginxLines({ config, found, findings }: NginxLogs): string[] {
  const logs = found.map(({ name, path, formats, parameters, where }) => {
    const format = formats.map((one) => one.name).join(' or ');
    const more = parameters.length === 0 ? '' : `, ${parameters.join(' ')}`;
    const state = name === undefined ? 'not followed' : `log ${name}`;
    return `  ${path}: ${state}, format ${format}${more} (${where})`;
  });
  const notes = findings.map((finding) => `  Note: ${finding}`);
  const head = `nginx's configuration ${config.nginxConf ?? ''} names:`;
  return [head, ...logs, ...notes].map((line) => printable(line));
}

function tellSettings(config: Config, findings: Findings): void {
  const given = config.shown.filter((setting) => !setting.isDefault);
  const head = `Settings: ${given.length === 0 ? 'every setting has its default.' : `${given.length} set, the rest has its default.`}`;
  findings.print(head, ...given.map(({ name, value }) => `  ${name}=${value}`));
  findings.fact('settings', Object.fromEntries(given.map(({ name, value }) => [name, value])));
  for (const warning of config.warnings) findings.warn(warning);
  findings.print('');
}

/** Throws a ConfigError when GEOIP_DB cannot be used. */
async function geoipLines(config: Config): Promise<string[]> {
  if (config.geoipDb === undefined) return [];
  const geoip = await openGeoip(config);
  if (geoip === undefined) {
    return [
      'Countries: none, because CLIENT_IP=off or DIMENSION_WINDOW=off leaves nothing to tell them by.',
    ];
  }
  const { type, builtAt } = geoip.about;
  return [`Countries: ${type} of ${dayOf(builtAt)}, ${printable(config.geoipDb)}`];
}

class Check {
  readonly #config: Config;
  readonly #nginx: NginxLogs | undefined;
  readonly #clock: Clock;
  readonly #findings: Findings;
  readonly #met: MetFormats;

  constructor(config: Config, nginx: NginxLogs | undefined, clock: Clock, findings: Findings) {
    this.#config = config;
    this.#nginx = nginx;
    this.#clock = clock;
    this.#findings = findings;
    this.#met = new MetFormats(config, nginx?.found ?? []);
  }

  async logs(): Promise<void> {
    const findings = this.#findings;
    const files = this.#config.logs.filter((log) => log.kind === 'file');
    const { logs, unreadable } = await new LogPaths(files).find(new Set());
    findings.print('Logs:');
    for (const { path, log } of logs) await this.#log(path, log);
    for (const log of this.#config.logs) {
      if (log.kind !== 'file') findings.print(`  ${receivedText(log)}`);
    }
    for (const notice of unreadable) {
      const { message } = notice;
      if (levelOf(notice) === 'error') findings.trouble(printable(message), '  ');
      else findings.note(printable(message), '  ');
    }
    if (files.length > 0 && logs.length === 0 && unreadable.length === 0) {
      findings.trouble(
        'None: no file matches LOG_PATHS. A log that appears later is followed then.',
        '  ',
      );
    }
    findings.print('');
  }

  async #log(path: string, log: string): Promise<void> {
    const findings = this.#findings;
    const inspection = await inspectPath(path);
    if (inspection.kind !== 'file') {
      const notice = inspection.kind === 'missing' ? missingNotice(path) : inspection.notice;
      findings.trouble(`${printable(log)}: ${printable(notice.message)}`, '  ');
      return;
    }
    try {
      const survey = await this.#survey(path, LOG_LINES_MAX, log);
      const { sizeBytes } = inspection.facts;
      const size = `${sizeBytes.toLocaleString('en')} bytes`;
      findings.print(`  ${printable(log)}: ${printable(path)}, ${size}, ${formatText(survey)}`);
      findings.add('logs', { log, path, bytes: sizeBytes, ...factsOf(survey) });
      if (survey.leftOutLines > 0) findings.remark(errorLogText(path, survey));
      if (survey.lines > 0 && survey.parsed === 0) {
        findings.trouble(
          `None of its first lines can be read; nginx-meter check ${printable(path)} says why.`,
          '    ',
        );
      }
    } catch (error) {
      findings.trouble(
        `${printable(log)}: ${printable(unreadableNotice(path, error).message)}`,
        '  ',
      );
    }
  }

  async file(path: string): Promise<void> {
    const findings = this.#findings;
    const shown = printable(path);
    let survey: Survey;
    try {
      survey = await this.#survey(path, Infinity);
    } catch (error) {
      findings.trouble(printable(await fileTrouble(path, error)));
      findings.print('');
      return;
    }
    const { lines, parsed, faults } = survey;
    const share = lines === 0 ? '' : ` (${((parsed / lines) * 100).toFixed(2)} %)`;
    findings.print(
      `${shown}: ${lines} lines, ${parsed} can be read${share}; ${formatText(survey)}`,
      '',
    );
    findings.fact('file', { path, ...factsOf(survey) });
    if (survey.leftOutLines > 0) findings.remark(errorLogText(path, survey));
    for (const fault of faults) {
      const count = fault.lines === 1 ? '1 line' : `${fault.lines} lines`;
      findings.trouble(
        `${count}: ${FAULTS[fault.reason]} (${fault.reason}). The first is line ${fault.firstLine}:`,
        '  ',
      );
      if (fault.example !== undefined) {
        const { bytes, stop } = fault.example;
        const [text, caret] = pointedLine(bytes, stop?.atByte ?? 0);
        findings.print(`    ${text}`);
        if (stop !== undefined) findings.print(`    ${caret} expected ${printable(stop.expected)}`);
      }
      findings.print('');
    }
    if (lines > 0 && parsed * 2 < lines) await this.#otherFormat(path);
  }

  /** The lines are of a format that is known, and LOG_FORMAT is another. */
  async #otherFormat(path: string): Promise<void> {
    const survey = await surveyLines({
      path,
      config: this.#config,
      format: AUTO,
      clock: this.#clock,
      notify: () => {},
      linesMax: LOG_LINES_MAX,
    });
    const { formatName, parsed, lines } = survey;
    if (formatName === AUTO || parsed * 2 < lines) return;
    const findings = this.#findings;
    findings.trouble(
      `These lines are ${formatName}: set LOG_FORMAT=${formatName}, or take LOG_FORMAT away, and the format is recognised.`,
      '  ',
    );
    findings.print('');
  }

  /** What is weak in the formats that were met. */
  formats(): void {
    const findings = this.#findings;
    for (const trouble of this.#met.troubles()) {
      findings.trouble(trouble);
      findings.print('');
    }
    for (const { name, meant } of misspelledVariables(this.#config.logFormat)) {
      findings.trouble(
        `LOG_FORMAT has $${printable(name)}, which is no variable of nginx. Did you mean $${meant}?`,
      );
      findings.print('');
    }
    findings.print(...this.#met.weaknesses());
  }

  /** `log`: undefined for FILE, which may be a copy from anywhere. */
  async #survey(path: string, linesMax: number, log?: string): Promise<Survey> {
    const { logFormat, logFormats } = this.#config;
    const ofFile = formatsOfFile(this.#config, this.#nginx, path);
    const given = log === undefined ? ofFile : (logFormats.get(log) ?? logFormat);
    const format = typeof given === 'string' ? [given] : given;
    const notify = ({ message }: Notice) => this.#findings.trouble(printable(message), '  ');
    const survey = await surveyLines({
      path,
      config: this.#config,
      // A single word stays one, so that `auto` explains by the format that it found.
      format: format.length === 1 ? format[0] : format,
      clock: this.#clock,
      notify,
      linesMax,
    });
    this.#met.add(format[0] ?? logFormat, survey, log === undefined ? undefined : { log, path });
    return survey;
  }
}

function errorLogText(path: string, { leftOutLines }: Survey): string {
  return `${leftOutLines} lines of ${printable(path)} are of nginx's error log. ${ERROR_LOG_LEFT_OUT}`;
}

function factsOf({ lines, parsed, formatName, met, faults, leftOutLines }: Survey) {
  return {
    lines,
    parsed,
    format: formatName,
    formats: met.map(({ formatName: format, lines: of }) => ({ format, lines: of })),
    unparsedBy: Object.fromEntries(faults.map(({ reason, lines: of }) => [reason, of])),
    errorLogLines: leftOutLines,
  };
}

const FAULTS: Readonly<Record<string, string>> = {
  shape: 'not the form of the format',
  time: 'the timestamp is no time',
  status: 'the status is no number of three digits',
  number: 'a value that should be a number is none',
  future: 'the timestamp is more than a day ahead of the clock',
  overlong: 'longer than MAX_LINE_BYTES',
  empty: 'an empty line',
};

function receivedText(log: Exclude<LogSetting, FileSetting>): string {
  if (log.kind === 'stdin')
    return `${log.name}: standard input; what was read cannot be read again.`;
  const name = log.name ?? 'by tag';
  return `${name}: ${printable(log.path)}; what is sent while nobody listens is lost.`;
}
