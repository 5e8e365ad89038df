import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { FileSetting, LogSetting } from '../config/log-setting.ts';
import { dayOf, openGeoip } from '../geoip/geoip.ts';
import { LogPaths } from '../source/file/log-paths.ts';
import {
  inspectPath,
  missingNotice,
  unreadableNotice,
  unreadableText,
} from '../source/file/path-inspection.ts';
import { NginxConfError } from '../nginx/conf/tokenizer.ts';
import { type FoundLog, type NginxLogs, readNginxLogs } from '../app/nginx-logs.ts';
import { printable } from '../text/printable.ts';
import type { Notice } from '../notice/notice.ts';
import { surveyLines, type Survey } from './check/line-survey.ts';
import { MetFormats } from './check/met-formats.ts';
import { pointedLine } from './check/pointed-line.ts';
import { formatText } from './check/survey-text.ts';
import { inspectStateFolder, type StateFolder } from './check/state-folder.ts';
import { levelOf } from '../notice/codes.ts';

/**
 * `check [FILE]`: what the meter would do, said before it does it. The configuration has been
 * loaded, so it is without faults here. Writes nothing and asks no server.
 */

interface Output {
  write(text: string): unknown;
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
  output: Output,
  clock: Clock = systemClock,
): Promise<number> {
  const print = (...lines: readonly string[]) => {
    for (const line of lines) output.write(`${line}\n`);
  };
  const state = await inspectStateFolder(config.stateDir);
  print(
    ...settingLines(config),
    '',
    ...stateLines(config, state),
    ...(await geoipLines(config)),
    '',
  );
  const nginx = await nginxOf(config);
  const check =
    typeof nginx === 'object'
      ? new Check(nginx.config, nginx.found, clock, print)
      : new Check(config, [], clock, print);
  // Where a FILE is looked at nobody need be about to run the meter: then the default is no complaint.
  const isAboutState = file === undefined || isSet(config, 'STATE_DIR');
  if (isAboutState && !state.isUsable) check.trouble(); // It was said above.
  if (typeof nginx === 'string') check.trouble(printable(nginx), '');
  else if (nginx !== undefined) print(...nginxLines(nginx), '');
  // A FILE on a machine without nginx is no reason to complain of the default log.
  const isAboutLogs =
    file === undefined || isSet(config, 'LOG_PATHS') || isSet(config, 'NGINX_CONF');
  // Which logs there are is not known then, and the run does not start.
  const isUnknown = typeof nginx === 'string';
  if (isAboutLogs && !isUnknown) await check.logs();
  if (file !== undefined) await check.file(file);
  check.formats();
  print(check.isWell ? 'Configuration OK.' : 'Problems found, see above.');
  if (isUnknown) return EXIT_SETTINGS;
  return check.isWell ? 0 : 1;
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

function settingLines(config: Config): string[] {
  const given = config.shown.filter((setting) => !setting.isDefault);
  const head = `Settings: ${given.length === 0 ? 'every setting has its default.' : `${given.length} set, the rest has its default.`}`;
  const lines = given.map(({ name, value }) => `  ${name}=${value}`);
  return [head, ...lines, ...config.warnings.map((warning) => `Warning: ${warning}`)];
}

function stateLines(config: Config, { text }: StateFolder): string[] {
  const state = `State: ${printable(config.stateDir)}, which ${text}`;
  if (config.influx === undefined) {
    return [state, 'Database: none. The points stay in the state folder until INFLUX_URL is set.'];
  }
  const { influx } = config;
  const where = influx.version === 2 ? `bucket ${influx.bucket}` : `database ${influx.database}`;
  return [state, `Database: InfluxDB ${influx.version} at ${influx.url}, ${printable(where)}`];
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
  isWell = true;
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #print: (...lines: readonly string[]) => void;
  readonly #met: MetFormats;

  constructor(
    config: Config,
    found: readonly FoundLog[],
    clock: Clock,
    print: (...lines: readonly string[]) => void,
  ) {
    this.#config = config;
    this.#clock = clock;
    this.#print = print;
    this.#met = new MetFormats(config, found);
  }

  async logs(): Promise<void> {
    const files = this.#config.logs.filter((log) => log.kind === 'file');
    const { logs, unreadable } = await new LogPaths(files).find(new Set());
    this.#print('Logs:');
    for (const { path, log } of logs) await this.#log(path, log);
    for (const log of this.#config.logs) {
      if (log.kind !== 'file') this.#print(`  ${receivedText(log)}`);
    }
    for (const notice of unreadable) {
      const { message } = notice;
      if (levelOf(notice) === 'error') this.trouble(`  ${printable(message)}`);
      else this.#print(`  Note: ${printable(message)}`);
    }
    if (files.length > 0 && logs.length === 0 && unreadable.length === 0) {
      this.trouble('  None: no file matches LOG_PATHS. A log that appears later is followed then.');
    }
    this.#print('');
  }

  async #log(path: string, log: string): Promise<void> {
    const inspection = await inspectPath(path);
    if (inspection.kind !== 'file') {
      const notice = inspection.kind === 'missing' ? missingNotice(path) : inspection.notice;
      this.trouble(`  ${printable(log)}: ${printable(notice.message)}`);
      return;
    }
    try {
      const survey = await this.#survey(path, LOG_LINES_MAX, log);
      const size = `${inspection.facts.sizeBytes.toLocaleString('en')} bytes`;
      this.#print(`  ${printable(log)}: ${printable(path)}, ${size}, ${formatText(survey)}`);
      if (survey.lines > 0 && survey.parsed === 0) {
        this.trouble(
          `    None of its first lines can be read; nginx-meter check ${printable(path)} says why.`,
        );
      }
    } catch (error) {
      this.trouble(`  ${printable(log)}: ${printable(unreadableNotice(path, error).message)}`);
    }
  }

  async file(path: string): Promise<void> {
    const shown = printable(path);
    let survey: Survey;
    try {
      survey = await this.#survey(path, Infinity);
    } catch (error) {
      this.trouble(printable(unreadableText(path, error)), '');
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
      this.trouble(
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
    for (const trouble of this.#met.troubles()) this.trouble(trouble, '');
    this.#print(...this.#met.weaknesses());
  }

  /** `log`: undefined for FILE, which may be a copy from anywhere. */
  async #survey(path: string, linesMax: number, log?: string): Promise<Survey> {
    const { logFormat, logFormats } = this.#config;
    const format = (log === undefined ? undefined : logFormats.get(log)) ?? [logFormat];
    const notify = ({ message }: Notice) => this.trouble(`  ${printable(message)}`);
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

  trouble(...lines: readonly string[]): void {
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
