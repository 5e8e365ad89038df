/**
 * Which access logs a configuration of nginx writes, with which format, and for which servers.
 *
 * access_log of an inner block replaces those of the outer ones; a block without any inherits them.
 * https://nginx.org/en/docs/http/ngx_http_log_module.html
 */
import { resolve } from 'node:path';
import type { Directive } from './tokenizer.ts';

/** One file that nginx writes, whoever writes it. */
export interface AccessLog {
  /** Absolute. */
  readonly path: string;
  /** The formats that lines of it have: names in the configuration, and log_format directives. */
  readonly formats: readonly LogFormatDirective[];
  /** First names of the servers in which it is named; '' for one without a name. */
  readonly servers: readonly string[];
  /** `file:line` of the first access_log for it. */
  readonly where: string;
  /** `if=…`, `buffer=…`, `gzip`, `flush=…` as written. */
  readonly parameters: readonly string[];
}

export interface LogFormatDirective {
  readonly name: string;
  /** What LOG_FORMAT takes: the text of the directive, or `combined`. */
  readonly text: string;
}

export interface AccessLogs {
  readonly logs: readonly AccessLog[];
  /** Sentences about access_log directives that cannot be followed. */
  readonly findings: readonly string[];
}

/** Where nginx writes when nothing says where: the path that packages are compiled with. */
const DEFAULT_PATH = '/var/log/nginx/access.log';
const COMBINED: LogFormatDirective = { name: 'combined', text: 'combined' };
/** Blocks of http in which access_log may stand. */
const BLOCKS = new Set(['server', 'location', 'if', 'limit_except']);

/** One access_log that is in force somewhere. */
interface Target {
  readonly directive: Directive;
  readonly args: readonly string[];
}

/** `prefix`: the folder that relative paths begin at. */
export function findAccessLogs(directives: readonly Directive[], prefix: string): AccessLogs {
  const search = new Search(prefix);
  for (const http of directives.filter(({ name }) => name === 'http')) search.http(http);
  for (const stream of directives.filter(({ name }) => name === 'stream')) search.stream(stream);
  return { logs: search.logs(), findings: [...search.findings] };
}

class Search {
  readonly findings = new Set<string>();
  readonly #prefix: string;
  /** The logs of http itself: their files are not named after a server that inherits them. */
  #outer: readonly Target[] | undefined;
  readonly #formats = new Map<string, LogFormatDirective>([['combined', COMBINED]]);
  /** Formats that no log_format defines, once each. */
  readonly #unknown = new Map<string, LogFormatDirective>();
  readonly #found = new Map<
    string,
    { formats: Set<LogFormatDirective>; servers: Set<string>; where: string; more: Set<string> }
  >();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  http(http: Directive): void {
    const block = http.block ?? [];
    for (const directive of block.filter(({ name }) => name === 'log_format')) {
      const [name = ''] = directive.args;
      const meanings = meaningsOf(block);
      if (name !== '') this.#formats.set(name, formatOf(name, directive.args.slice(1), meanings));
    }
    const outer = targetsOf(block);
    this.#outer = outer;
    const servers = block.filter(({ name }) => name === 'server');
    for (const server of servers) this.#visit(server, outer, serverName(server));
    if (servers.length === 0) this.#addAll(outer, undefined, http);
  }

  logs(): AccessLog[] {
    return Array.from(this.#found, ([path, { formats, servers, where, more }]) => ({
      path,
      formats: [...formats],
      servers: [...servers],
      where,
      parameters: [...more],
    }));
  }

  /** Logs of connections, which are named apart. */
  stream(block: Directive): void {
    for (const one of block.block ?? []) {
      const [path = ''] = one.args;
      if (one.name === 'access_log' && path !== 'off') {
        this.findings.add(
          `${one.file}:${one.line}: access_log ${path} stands in a stream block. It tells of ` +
            'connections, not of requests, and is not followed.',
        );
      }
      this.stream(one);
    }
  }

  /** `inherited` undefined: nothing has been said, so nginx writes where it was compiled to. */
  #visit(block: Directive, inherited: readonly Target[] | undefined, server: string): void {
    const own = targetsOf(block.block ?? []) ?? inherited;
    // What a whole server lacks is said of the server, not of each location in it.
    if (own !== undefined || block.name === 'server') this.#addAll(own, server, block);
    for (const inner of block.block ?? []) {
      if (BLOCKS.has(inner.name)) this.#visit(inner, own, server);
    }
  }

  #addAll(targets: readonly Target[] | undefined, server: string | undefined, at: Directive): void {
    if (targets === undefined) {
      this.findings.add(
        `There is no access_log for ${at.name} at ${at.file}:${at.line}. nginx writes to the path it was ` +
          `compiled with; ${DEFAULT_PATH} is taken for it. nginx -V tells it (--http-log-path).`,
      );
      this.#add(DEFAULT_PATH, COMBINED, undefined, `${at.file}:${at.line}`, []);
      return;
    }
    const owner = targets === this.#outer ? undefined : server;
    for (const target of targets) this.#target(target, owner);
  }

  #target({ directive, args }: Target, server: string | undefined): void {
    const [path = '', format = 'combined', ...parameters] = args;
    const where = `${directive.file}:${directive.line}`;
    if (path === 'off') return;
    const problem = problemOf(path);
    if (problem !== undefined) {
      this.findings.add(`${where}: access_log ${path} is not followed: ${problem}`);
      return;
    }
    const known = this.#formats.get(format);
    if (known === undefined) {
      this.findings.add(
        `${where}: access_log ${path} has the format "${format}", which no log_format that could ` +
          'be read defines; its format is recognised from the lines.',
      );
    }
    if (!path.startsWith('/')) {
      this.findings.add(
        `${where}: access_log ${path} is relative to nginx's prefix; ${this.#prefix} is taken for ` +
          'it. nginx -V tells it (--prefix); LOG_PATHS can name the file instead.',
      );
    }
    const absolute = resolve(this.#prefix, path);
    const unknown = this.#unknown.get(format) ?? { name: format, text: 'auto' };
    if (known === undefined) this.#unknown.set(format, unknown);
    this.#add(absolute, known ?? unknown, server, where, parameters);
  }

  #add(
    path: string,
    format: LogFormatDirective,
    server: string | undefined,
    where: string,
    parameters: readonly string[],
  ): void {
    const log = this.#found.get(path) ?? {
      formats: new Set<LogFormatDirective>(),
      servers: new Set<string>(),
      where,
      more: new Set<string>(),
    };
    log.formats.add(format);
    if (server !== undefined) log.servers.add(server);
    for (const parameter of parameters) log.more.add(parameter);
    this.#found.set(path, log);
  }
}

/** The access_log directives of a block itself; undefined when it has none. */
function targetsOf(block: readonly Directive[]): Target[] | undefined {
  const own = block.filter(({ name }) => name === 'access_log');
  return own.length === 0 ? undefined : own.map((one) => ({ directive: one, args: argsOf(one) }));
}

/** Path, format, parameters; `access_log path if=$x` has no format. */
function argsOf({ args }: Directive): string[] {
  const [path = '', second, ...rest] = args;
  const isParameter = second !== undefined && /^(?:if=|buffer=|gzip$|gzip=|flush=)/u.test(second);
  return isParameter ? [path, 'combined', second, ...rest] : [...args];
}

function problemOf(path: string): string | undefined {
  if (path === '') return 'it names no file.';
  if (path.startsWith('syslog:')) {
    return 'it goes to syslog. Add syslog://address:port to LOG_PATHS and let nginx send there.';
  }
  if (path.includes('$')) {
    return 'its path has variables in it. Name the files in LOG_PATHS, as a glob.';
  }
  if (/^\/(?:dev|proc)\//u.test(path)) {
    return 'it is a device and no file. Log into a file of a volume that the meter shares.';
  }
  return undefined;
}

function serverName(server: Directive): string {
  const names = (server.block ?? [])
    .filter(({ name }) => name === 'server_name')
    .flatMap(({ args }) => args);
  // A name that is a pattern or nobody's is no name for a log.
  return names.find((name) => /^[A-Za-z0-9.*-]*[A-Za-z0-9][A-Za-z0-9.*-]*$/u.test(name)) ?? '';
}

/** The directive as LOG_FORMAT takes it, its strings quoted again. */
function formatOf(
  name: string,
  args: readonly string[],
  meanings: ReadonlyMap<string, string>,
): LogFormatDirective {
  const [first = '', ...rest] = args;
  const escape = /^escape=(?:default|json|none)$/u.test(first) ? [first] : [];
  const strings = escape.length > 0 ? rest : args;
  const quoted = strings.map(
    (text) => `'${text.replace(/[\\']/gu, '\\$&').replace(/\n/gu, '\\n').replace(/\t/gu, '\\t')}'`,
  );
  const meant = [...meanings]
    .filter(([own]) => new RegExp(`\\$\\{?${own}\\b`, 'u').test(strings.join(' ')))
    .map(([own, meaning]) => `$${own}=$${meaning}`);
  return {
    name,
    text: ['log_format', 'given', ...escape, ...meant, ...quoted].join(' ').concat(';'),
  };
}

/** What a map makes of what it is given: a part of it, or all with something taken out. */
const SOURCES: readonly (readonly [RegExp, string])[] = [
  [/\$\{?(?:time_iso8601|time_local|msec)\b/u, 'mapped_timestamp'],
  [/^\$\{?request\b\}?$/u, 'request'],
  [/^\$\{?(?:request_uri|uri)\b\}?$/u, 'request_uri'],
  [/^\$\{?http_referer\b\}?$/u, 'http_referer'],
];

/** What variables that are made by a map mean, by their names. A map to words of its own says nothing. */
function meaningsOf(block: readonly Directive[]): Map<string, string> {
  const meanings = new Map<string, string>();
  for (const { args, block: entries = [] } of block.filter(({ name }) => name === 'map')) {
    const [source = '', variable = ''] = args;
    const meaning = SOURCES.find(([pattern]) => pattern.test(source))?.[1];
    const isPart = entries.some((entry) => entry.args.some((value) => value.includes('$')));
    if (meaning !== undefined && isPart) meanings.set(variable.replace('$', ''), meaning);
  }
  return meanings;
}
