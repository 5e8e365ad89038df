/**
 * `routes FILE`: the route of each path that FILE has, with the requests that came to it and why what is
 * `:id` in it is that. Reads the file once and writes nothing but to standard output.
 */
import type { Config } from '../config/config.ts';
import { createParser } from '../parse/parser.ts';
import { createScanner } from '../parse/line/scanner.ts';
import { PARSED, RecordBatch } from '../parse/record-batch.ts';
import { PATH_BYTES_MAX, RequestPath } from '../request/request-path.ts';
import { RequestLine } from '../request/request-line.ts';
import { firstMatch } from '../request/route/path-rule.ts';
import { NO_ROUTE } from '../request/route/route.ts';
import { REASONS_FOR_ID, RouteTemplate } from '../request/route/route-template.ts';
import { openBackfillFile } from '../source/finished/backfill-source.ts';
import { unreadableText } from '../source/disk/path-inspection.ts';
import { printable } from '../text/printable.ts';
import { tagValue } from '../text/tag-value.ts';
import { Unescaper } from '../text/unescaper.ts';

interface Output {
  write(text: string): unknown;
}

interface RouteTotal {
  count: number;
  /** The first path that became it. */
  readonly example: string;
  readonly reasons: readonly string[];
}

const READ_CHUNK_BYTES = 256 * 1024;
const RECORDS_MAX = 4096;
/** Beyond, a route that was not met before is only counted. */
const ROUTES_MAX = 20_000;
const EXAMPLE_BYTES_MAX = 100;
const QUESTION = 0x3f;

/** Resolves to the exit code: 0 well, 1 FILE cannot be read or no line of it can. */
export async function routesCommand(path: string, config: Config, output: Output): Promise<number> {
  const routes = new Routes(config);
  try {
    await readRoutes(path, config, routes);
  } catch (error) {
    output.write(`${printable(unreadableText(path, error))}\n`);
    return 1;
  }
  for (const line of routes.lines()) output.write(`${line}\n`);
  if (routes.requests > 0) return 0;
  output.write(`No line of ${printable(path)} can be read; nginx-meter check says why.\n`);
  return 1;
}

async function readRoutes(path: string, config: Config, routes: Routes): Promise<void> {
  const { logFormat: format, logJsonKeys: jsonKeys, maxLineBytes } = config;
  const scanner = createScanner({ readBufferBytes: maxLineBytes + READ_CHUNK_BYTES });
  const parser = createParser({ format, scanner, jsonKeys });
  const records = new RecordBatch(RECORDS_MAX, ['request', 'request_uri', 'uri']);
  const { readBuffer } = scanner;
  const file = await openBackfillFile({ path, readBuffer, maxLineBytes, notify: () => {} });
  try {
    for (let batch = await file.next(); batch !== undefined; batch = await file.next()) {
      for (let from = batch.start; from < batch.end; from = records.consumedTo) {
        parser.parse(batch, from, records);
        routes.add(records);
      }
    }
  } finally {
    await file.close();
  }
}

class Routes {
  requests = 0;
  readonly #config: Config;
  readonly #totals = new Map<string, RouteTotal>();
  #others = 0;
  readonly #line = new RequestLine();
  readonly #path = new RequestPath();
  readonly #template = new RouteTemplate();
  readonly #unescaper = new Unescaper(PATH_BYTES_MAX);

  constructor(config: Config) {
    this.#config = config;
  }

  add(records: RecordBatch): void {
    const { bytes, escape, length, reason, spans } = records;
    this.#unescaper.isRaw = escape === 'none';
    const [request, requestUri, uri] = spans;
    for (let row = 0; row < length; row++) {
      if (reason[row] !== PARSED) continue;
      this.requests++;
      const line = this.#line;
      line.read(bytes, request?.start[row] ?? 0, request?.end[row] ?? 0);
      let [start, end] = [line.targetStart, line.targetEnd];
      for (const column of [uri, requestUri]) {
        if (column === undefined || column.start[row] === column.end[row]) continue;
        [start, end] = [column.start[row] ?? 0, column.end[row] ?? 0];
      }
      this.#count(bytes, start, Math.min(end, start + PATH_BYTES_MAX));
    }
  }

  #count(bytes: Uint8Array, start: number, until: number): void {
    const query = bytes.indexOf(QUESTION, start);
    const end = query >= 0 && query < until ? query : until;
    const path = this.#path;
    const isCut = end - start === PATH_BYTES_MAX;
    const unescaper = this.#unescaper;
    if (unescaper.read(bytes, start, end)) path.read(unescaper.bytes, 0, unescaper.length, isCut);
    else path.read(bytes, start, end, isCut);
    const rule = this.#config.routes[firstMatch(this.#config.routes, path)];
    const template = this.#template;
    let name = rule === undefined ? NO_ROUTE : rule.text;
    if (rule === undefined && path.isPath) {
      template.make(path);
      name = tagValue(Buffer.from(template.bytes.subarray(0, template.length)).toString('utf8'));
    }
    const known = this.#totals.get(name);
    if (known !== undefined) known.count++;
    else if (this.#totals.size >= ROUTES_MAX) this.#others++;
    else {
      const example = Buffer.from(bytes.subarray(start, end)).toString('utf8');
      const reasons = rule === undefined ? this.#reasons() : ['a rule of ROUTES'];
      this.#totals.set(name, { count: 1, example: printable(example, EXAMPLE_BYTES_MAX), reasons });
    }
  }

  #reasons(): string[] {
    if (!this.#path.isPath) return ['the request has no path'];
    const { ends, length, starts, bytes } = this.#path;
    const found: string[] = [];
    for (let i = 0; i < length; i++) {
      const reason = REASONS_FOR_ID[this.#template.reasons[i] ?? 0] ?? '';
      const segment = Buffer.from(bytes.subarray(starts[i], ends[i])).toString('utf8');
      if (reason !== '') found.push(`${printable(segment, EXAMPLE_BYTES_MAX)} is ${reason}`);
    }
    return found;
  }

  *lines(): Generator<string> {
    const sorted = [...this.#totals].sort(
      ([one, a], [other, b]) => b.count - a.count || (one < other ? -1 : 1),
    );
    for (const [name, { count, example, reasons }] of sorted) {
      const from = example === name ? '' : `  from ${example}`;
      yield `${String(count).padStart(8)}  ${printable(name)}${from}`;
      for (const reason of reasons) yield `          ${reason}`;
    }
    if (this.#others > 0) yield `${String(this.#others).padStart(8)}  of further routes`;
  }
}
