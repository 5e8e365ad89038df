import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { FileSetting, LogSetting } from '../config/log-setting.ts';
import { LogPaths } from '../follow/log-paths.ts';
import { inspectPath, missingReport, unreadableReport } from '../follow/path-inspection.ts';
import { chooseFormats } from '../parse/format-choice.ts';
import { PRESETS } from '../parse/presets.ts';
import { FAMILY_TIME } from '../parse/record-batch.ts';
import { printable } from '../printable.ts';
import type { Report } from '../report.ts';
import { surveyLines, type Survey } from './line-survey.ts';
import { pointedLine } from './pointed-line.ts';

/**
 * `check [FILE]`: what the meter would do, said before it does it. The configuration has been
 * loaded, so it is without faults here. Writes nothing and asks no server.
 */

interface Output {
  write(text: string): unknown;
}

/** So many lines of a log tell its format; FILE is read whole. */
const LOG_LINES_MAX = 1000;

/** Resolves to the exit code: 0 well, 1 a log or a line of the file cannot be read. */
export async function checkCommand(
  file: string | undefined,
  config: Config,
  output: Output,
  clock: Clock = systemClock,
): Promise<number> {
  const print = (...lines: readonly string[]) => {
    for (const line of lines) output.write(`${line}\n`);
  };
  print(...settingLines(config), '', ...(await stateLines(config)), '');
  const check = new Check(config, clock, print);
  // A FILE on a machine without nginx is no reason to complain of the default log.
  const isAboutLogs = file === undefined || isSet(config, 'LOG_PATHS');
  if (isAboutLogs) await check.logs();
  if (file !== undefined) await check.file(file);
  check.formats();
  print(check.isWell ? 'All is well.' : 'Not all is well; see above.');
  return check.isWell ? 0 : 1;
}

function isSet(config: Config, name: string): boolean {
  return config.shown.some((setting) => setting.name === name && !setting.isDefault);
}

function settingLines(config: Config): string[] {
  const given = config.shown.filter((setting) => !setting.isDefault);
  const head = `The configuration is well: ${given.length === 0 ? 'every setting has its default.' : `${given.length} set, the rest has its default.`}`;
  const lines = given.map(({ name, value }) => `  ${name}=${value}`);
  return [head, ...lines, ...config.warnings.map((warning) => `Warning: ${warning}`)];
}

async function stateLines(config: Config): Promise<string[]> {
  const dir = printable(config.stateDir);
  const state = `State: ${dir}, ${await stateOf(config.stateDir)}`;
  if (config.influx === undefined) {
    return [state, 'Database: none. The points stay in the state folder until INFLUX_URL is set.'];
  }
  const { influx } = config;
  const where = influx.version === 2 ? `bucket ${influx.bucket}` : `database ${influx.database}`;
  return [state, `Database: InfluxDB ${influx.version} at ${influx.url}, ${printable(where)}`];
}

async function stateOf(dir: string): Promise<string> {
  try {
    await access(dir, constants.W_OK);
    return 'which can be written.';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') return 'which does not exist yet and will be made.';
    return `which cannot be written (${code}). Make it writable, or set STATE_DIR to another folder.`;
  }
}

class Check {
  isWell = true;
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #print: (...lines: readonly string[]) => void;
  /** Formats that were met, for the advice at the end. */
  readonly #formatNames = new Set<string>();

  constructor(config: Config, clock: Clock, print: (...lines: readonly string[]) => void) {
    this.#config = config;
    this.#clock = clock;
    this.#print = print;
    // A format that was set is known without a line of it.
    for (const name of this.#setFormats()) this.#formatNames.add(name);
  }

  async logs(): Promise<void> {
    const files = this.#config.logs.filter((log) => log.kind === 'file');
    const paths = files.map(({ name, path }) => (name === undefined ? path : `${name}=${path}`));
    const logs = await new LogPaths(paths).find(new Set());
    this.#print('Logs:');
    for (const { path, log } of logs) await this.#log(path, log);
    for (const log of this.#config.logs) {
      if (log.kind !== 'file') this.#print(`  ${receivedText(log)}`);
    }
    if (files.length > 0 && logs.length === 0) {
      this.#trouble(
        '  None: no file matches LOG_PATHS. A log that appears later is followed then.',
      );
    }
    this.#print('');
  }

  async #log(path: string, log: string): Promise<void> {
    const inspection = await inspectPath(path);
    if (inspection.kind !== 'file') {
      const report = inspection.kind === 'missing' ? missingReport(path) : inspection.report;
      this.#trouble(`  ${printable(log)}: ${printable(report.message)}`);
      return;
    }
    try {
      const survey = await this.#survey(path, LOG_LINES_MAX);
      const size = `${inspection.facts.sizeBytes.toLocaleString('en')} bytes`;
      this.#print(`  ${printable(log)}: ${printable(path)}, ${size}, ${formatText(survey)}`);
      if (survey.lines > 0 && survey.parsed === 0) {
        this.#trouble(
          `    None of its first lines can be read; nginx-meter check ${printable(path)} says why.`,
        );
      }
    } catch (error) {
      this.#trouble(`  ${printable(log)}: ${printable(unreadableReport(path, error).message)}`);
    }
  }

  async file(path: string): Promise<void> {
    const shown = printable(path);
    let survey: Survey;
    try {
      survey = await this.#survey(path, Infinity);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#trouble(`${shown} cannot be read: ${printable(message)}`, '');
      return;
    }
    const { lines, parsed, faults } = survey;
    const share = lines === 0 ? '' : ` (${((parsed / lines) * 100).toFixed(2)} %)`;
    this.#print(
      `${shown}: ${lines} lines, ${parsed} can be read${share}; ${formatText(survey)}`,
      '',
    );
    for (const fault of faults) {
      const count = fault.lines === 1 ? '1 line' : `${fault.lines} lines`;
      this.#trouble(
        `  ${count}: ${FAULTS[fault.reason]} (${fault.reason}). The first is line ${fault.firstLine}:`,
      );
      if (fault.example !== undefined) {
        const { bytes, stop } = fault.example;
        const [text, caret] = pointedLine(bytes, stop?.atByte ?? 0);
        this.#print(`    ${text}`);
        if (stop !== undefined) this.#print(`    ${caret} expected ${printable(stop.expected)}`);
      }
      this.#print('');
    }
  }

  /** What is weak in the formats that were met. */
  formats(): void {
    for (const format of this.#metFormats()) {
      for (const sentence of format.ambiguities) {
        this.#print(`Format ${format.name}: ${printable(sentence)}`, '');
      }
      if (format.families === undefined || (format.families & FAMILY_TIME) !== 0) continue;
      const preset = PRESETS.find(({ name }) => name === `${format.name}-time`);
      const suggestion = preset ?? PRESETS.find(({ name }) => name === 'combined-time');
      this.#print(
        `Format ${format.name} has no $request_time, so there will be no latency. To have it, write in nginx.conf:`,
        '',
        ...directive(suggestion?.name ?? '', suggestion?.text ?? ''),
        '',
      );
    }
  }

  #metFormats() {
    const { logFormat } = this.#config;
    return [...this.#formatNames]
      .filter((name) => name !== 'auto')
      .flatMap((name) => chooseFormats(name === 'custom' ? logFormat : name));
  }

  #setFormats(): string[] {
    const formats = chooseFormats(this.#config.logFormat);
    return formats.length === 1 ? formats.map(({ name }) => name) : [];
  }

  async #survey(path: string, linesMax: number): Promise<Survey> {
    const report = ({ message }: Report) => this.#trouble(`  ${printable(message)}`);
    const survey = await surveyLines({
      path,
      config: this.#config,
      clock: this.#clock,
      report,
      linesMax,
    });
    this.#formatNames.add(survey.formatName);
    return survey;
  }

  #trouble(...lines: readonly string[]): void {
    this.isWell = false;
    this.#print(...lines);
  }
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

function formatText({ formatName, lines }: Survey): string {
  if (lines === 0) return 'its format is not known yet.';
  return formatName === 'auto'
    ? 'and no format that is known; set LOG_FORMAT to the log_format of nginx.conf.'
    : `format ${formatName}.`;
}

/** nginx takes a format in pieces; one for each quarter of the line keeps it readable. */
function directive(name: string, text: string): string[] {
  const nginxName = name.replaceAll('-', '_');
  const pieces = text.match(/.{1,70}(?: |$)/g) ?? [text];
  const indent = ' '.repeat(`log_format ${nginxName} `.length);
  const quoted = pieces.map(
    (piece, i) => `    ${i === 0 ? `log_format ${nginxName} ` : indent}'${piece}'`,
  );
  return [`${quoted.join('\n')};`, `    access_log /var/log/nginx/access.log ${nginxName};`];
}
