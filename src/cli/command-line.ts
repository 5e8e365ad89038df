import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { nearestWord } from '../text/nearest-word.ts';
import {
  durationOption,
  numberOption,
  shareOption,
  timeOption,
  UsageError,
  type Values,
} from './option-values.ts';
import { printable } from '../text/printable.ts';

/** From the words of the command line to a command, or to what is wrong with them. */

export type Command =
  | { readonly name: 'run' }
  | {
      readonly name: 'backfill';
      readonly files: readonly string[];
      readonly stdout: boolean;
      readonly json: boolean;
      /** The part of the lines that may be unparsed, from 0 to 1; undefined for the default. */
      readonly maxUnparsed: number | undefined;
      /** How long a database that goes away is tried; undefined for the default. */
      readonly retryForMs: number | undefined;
      /** Epoch seconds; windows that begin before it are left out. */
      readonly fromS: number | undefined;
      /** Epoch seconds; windows that begin at it or later are left out. */
      readonly toS: number | undefined;
    }
  | {
      readonly name: 'report';
      readonly files: readonly string[];
      readonly json: boolean;
      readonly html: string | undefined;
      readonly top: number | undefined;
      readonly site: string | undefined;
      readonly log: string | undefined;
      readonly sinceS: number | undefined;
      readonly fromS: number | undefined;
      readonly toS: number | undefined;
    }
  | {
      readonly name: 'check';
      readonly file: string | undefined;
      readonly json: boolean;
      /** Asks no database. */
      readonly isOffline: boolean;
    }
  | { readonly name: 'completion'; readonly shell: Shell }
  | { readonly name: 'routes'; readonly file: string }
  | {
      readonly name: 'demo';
      /** Undefined: until it is stopped. */
      readonly seconds: number | undefined;
      readonly requestsPerSecond: number;
      readonly seed: number;
      /** Into the database that the settings name. */
      readonly write: boolean;
    }
  | { readonly name: 'healthcheck' }
  | { readonly name: 'help'; readonly about: CommandName | 'settings' | undefined }
  | { readonly name: 'version' };

export type CommandName =
  | 'run'
  | 'report'
  | 'backfill'
  | 'check'
  | 'routes'
  | 'demo'
  | 'healthcheck'
  | 'completion';
export type Shell = 'bash' | 'zsh' | 'fish';

export const COMMAND_NAMES: readonly CommandName[] = [
  'run',
  'report',
  'backfill',
  'check',
  'routes',
  'demo',
  'healthcheck',
  'completion',
];
export const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

const GENERAL = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
  v: { type: 'boolean', short: 'v' },
} as const satisfies ParseArgsOptionsConfig;

export const OPTIONS: Readonly<Record<CommandName, ParseArgsOptionsConfig>> = {
  run: GENERAL,
  report: {
    ...GENERAL,
    json: { type: 'boolean' },
    html: { type: 'string' },
    top: { type: 'string' },
    site: { type: 'string' },
    log: { type: 'string' },
    since: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
  },
  backfill: {
    ...GENERAL,
    stdout: { type: 'boolean' },
    json: { type: 'boolean' },
    'max-unparsed': { type: 'string' },
    'retry-for': { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
  },
  check: { ...GENERAL, json: { type: 'boolean' }, offline: { type: 'boolean' } },
  routes: GENERAL,
  demo: {
    ...GENERAL,
    seconds: { type: 'string' },
    rate: { type: 'string' },
    seed: { type: 'string' },
    write: { type: 'boolean' },
  },
  healthcheck: GENERAL,
  completion: GENERAL,
};

const DEMO_RATE = 120;

/** `argv` without the program. Throws a UsageError. */
export function parseCommandLine(argv: readonly string[]): Command {
  if (argv[0] === 'version') return { name: 'version' };
  const { name, rest, isHelp } = splitCommand(argv);
  const { values, positionals } = readOptions(name, rest);
  if (values.get('version') === true || values.get('v') === true) return { name: 'version' };
  if (isHelp) return { name: 'help', about: name === 'run' ? helpTopic(positionals) : name };
  if (values.get('help') === true) {
    return { name: 'help', about: name === 'run' ? undefined : name };
  }
  switch (name) {
    case 'backfill':
      return backfill(values, positionals);
    case 'report':
      return report(values, positionals);
    case 'check':
      atMost(name, positionals, 1);
      return {
        name,
        file: positionals[0],
        json: values.get('json') === true,
        isOffline: values.get('offline') === true,
      };
    case 'completion':
      atMost(name, positionals, 1);
      return { name, shell: shellOf(positionals[0]) };
    case 'routes':
      atMost(name, positionals, 1);
      return routes(positionals);
    case 'demo':
      atMost(name, positionals, 0);
      return {
        name,
        seconds: numberOption(values, 'seconds', 1, 86_400),
        requestsPerSecond: numberOption(values, 'rate', 1, 20_000) ?? DEMO_RATE,
        seed: numberOption(values, 'seed', 0, 2 ** 32 - 1) ?? 1,
        write: values.get('write') === true,
      };
    case 'run':
    case 'healthcheck':
      atMost(name, positionals, 0);
      return { name };
  }
  return name satisfies never;
}

function isCommandName(word: string): word is CommandName {
  return COMMAND_NAMES.some((name) => name === word);
}

/** The command is the first word that is no option; none means `run`. */
function splitCommand(argv: readonly string[]): {
  name: CommandName;
  rest: readonly string[];
  isHelp: boolean;
} {
  const at = argv.findIndex((word) => !word.startsWith('-') || word === '-');
  const word = argv[at];
  if (word === undefined) return { name: 'run', rest: argv, isHelp: false };
  const rest = argv.toSpliced(at, 1);
  refuseEarlyOption(argv.slice(0, at), argv.slice(at));
  if (word === 'help') return { name: 'run', rest, isHelp: true };
  if (isCommandName(word)) return { name: word, rest, isHelp: false };
  throw unknownCommand(word);
}

/** Before the command only the options of all commands can stand: any other may have a value. */
function refuseEarlyOption(before: readonly string[], after: readonly string[]): void {
  const [first = ''] = after;
  const command = isCommandName(first) ? first : undefined;
  for (const word of before) {
    const option = word.replace(/^-+/, '').replace(/=.*$/s, '');
    if (option in GENERAL || /^-[hvV]+$/.test(word)) continue;
    if (command !== undefined && option in OPTIONS[command]) continue;
    const shown = printable(word, 60);
    const owners = COMMAND_NAMES.filter((name) => option in OPTIONS[name]);
    const owner = owners.find((name) => after.includes(name)) ?? owners[0];
    if (owner === undefined) {
      const known = COMMAND_NAMES.flatMap((name) => Object.keys(OPTIONS[name]));
      throw unknownOption(command ?? 'run', shown, known);
    }
    throw new UsageError(
      `${shown} is an option of ${owner} and goes after that word: nginx-meter ${owner} --${option} …`,
    );
  }
}

function shellOf(word: string | undefined): Shell {
  const shell = SHELLS.find((one) => one === word);
  if (shell !== undefined) return shell;
  const given =
    word === undefined
      ? 'completion needs a shell'
      : `"${printable(word, 60)}" is not a shell that it knows`;
  throw new UsageError(`${given}: ${SHELLS.join(', ')}. See nginx-meter completion --help.`);
}

/** A path, or a name with an extension. */
const FILE_NAME = /\/|\.\w+$/;

function unknownCommand(word: string): UsageError {
  if (FILE_NAME.test(word)) {
    const file = printable(word, 60);
    return new UsageError(
      `"${file}" is a file, not a command. Write nginx-meter report ${file} to see what it holds.`,
    );
  }
  const nearest = nearestWord(word, [...COMMAND_NAMES, 'help', 'version'], 3);
  const hint =
    nearest === undefined
      ? `The commands are ${COMMAND_NAMES.join(', ')}; see nginx-meter --help.`
      : `Did you mean ${nearest}? See nginx-meter --help.`;
  return new UsageError(`"${printable(word, 60)}" is not a command. ${hint}`);
}

function helpTopic(words: readonly string[]): CommandName | 'settings' | undefined {
  const [word] = words;
  if (word === undefined || word === 'help') return undefined;
  if (isCommandName(word) || word === 'settings') return word;
  const nearest = nearestWord(word, [...COMMAND_NAMES, 'settings'], 3);
  const hint = nearest === undefined ? '' : ` Did you mean nginx-meter help ${nearest}?`;
  throw new UsageError(
    `There is no help about "${printable(word, 60)}".${hint} There is about ${COMMAND_NAMES.join(', ')} and settings.`,
  );
}

/** Options by name; own messages, because those of parseArgs know no neighbours. */
function readOptions(
  name: CommandName,
  words: readonly string[],
): { values: Values; positionals: readonly string[] } {
  const options = OPTIONS[name];
  const { tokens } = parseArgs({
    args: [...words],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string | true>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = options[token.name];
    const shown = printable(token.rawName, 60);
    if (option === undefined) throw unknownOption(name, shown, Object.keys(options));
    if (option.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`${shown} takes no value.`);
    }
    if (option.type === 'string' && (token.value === undefined || token.value === '')) {
      throw new UsageError(`${shown} needs a value; see nginx-meter ${name} --help.`);
    }
    values.set(token.name, token.value ?? true);
  }
  return { values, positionals };
}

function unknownOption(name: string, shown: string, known: readonly string[]): UsageError {
  // A single letter is near to every other.
  const names = known.filter((option) => option.length > 1);
  const word = shown.replace(/^-+/, '');
  const nearest = word.length > 1 ? nearestWord(word, names, 3) : undefined;
  const command = name === 'run' ? 'nginx-meter' : `nginx-meter ${name}`;
  const hint = nearest === undefined ? '' : ` Did you mean --${nearest}?`;
  return new UsageError(`${shown} is not an option of ${command}.${hint} See ${command} --help.`);
}

function atMost(name: CommandName, words: readonly string[], countMax: number): void {
  const extra = words[countMax];
  if (extra === undefined) return;
  const command = name === 'run' ? 'nginx-meter' : `nginx-meter ${name}`;
  throw new UsageError(`"${printable(extra, 60)}" is one word too many; see ${command} --help.`);
}

function routes([file]: readonly string[]): Command {
  if (file === undefined)
    throw new UsageError('routes needs a FILE; see nginx-meter routes --help.');
  return { name: 'routes', file };
}

function backfill(values: Values, files: readonly string[]): Command {
  if (files.length === 0) {
    throw new UsageError('backfill needs at least one FILE; see nginx-meter backfill --help.');
  }
  const fromS = timeOption(values, 'from');
  const toS = timeOption(values, 'to');
  if (fromS !== undefined && toS !== undefined && fromS >= toS) {
    throw new UsageError('--from is not before --to, so nothing would be written.');
  }
  const [stdout, json] = [values.get('stdout') === true, values.get('json') === true];
  if (stdout && json) {
    throw new UsageError(
      '--stdout and --json both write to standard output. Give one of them; with --stdout the ' +
        'account is on standard error.',
    );
  }
  const maxUnparsed = shareOption(values, 'max-unparsed');
  const retryForMs = durationOption(values, 'retry-for');
  return { name: 'backfill', files, stdout, json, maxUnparsed, retryForMs, fromS, toS };
}

const TOP_MAX = 1000;

function sinceOption(values: Values): number | undefined {
  const ms = durationOption(values, 'since');
  return ms === undefined ? undefined : Math.max(1, Math.floor(ms / 1000));
}

function report(values: Values, files: readonly string[]): Command {
  const sinceS = sinceOption(values);
  if (files.length === 0 && sinceS === undefined) {
    throw new UsageError(
      'report needs at least one FILE, or --since 1h for what a running meter has seen; ' +
        'see nginx-meter report --help.',
    );
  }
  if (files.length > 0 && sinceS !== undefined) {
    throw new UsageError(
      '--since reads the history and no FILE. For files there are --from and --to.',
    );
  }
  const textOf = (name: string): string | undefined => {
    const value = values.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    name: 'report',
    files,
    json: values.get('json') === true,
    html: textOf('html'),
    top: numberOption(values, 'top', 1, TOP_MAX),
    site: textOf('site'),
    log: textOf('log'),
    sinceS,
    fromS: timeOption(values, 'from'),
    toS: timeOption(values, 'to'),
  };
}
