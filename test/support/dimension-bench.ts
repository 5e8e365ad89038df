import { Dimensions } from '../../src/aggregate/dimension/dimensions.ts';
import type { DueMode } from '../../src/aggregate/time/due-windows.ts';
import { LogWindows } from '../../src/aggregate/log-windows.ts';
import type { SealedDimensions } from '../../src/aggregate/dimension/sealed-dimensions.ts';
import type { SealedWindow } from '../../src/aggregate/sealed-window.ts';
import { tagValue } from '../../src/text/tag-value.ts';
import type { CountryTable } from '../../src/request/client/country.ts';
import { BYTE_HASH_OWN_BYTES, createByteHash } from '../../src/wasm/byte-hash.ts';
import { readIgnoreRules } from '../../src/request/ignore-rules.ts';
import type { LineParser } from '../../src/parse/line-parser.ts';
import { createParser } from '../../src/parse/parser.ts';
import { RecordBatch } from '../../src/parse/record-batch.ts';
import { dimensionVariables } from '../../src/request/dimension-columns.ts';
import { RequestStage } from '../../src/request/request-stage.ts';
import { ROW_DIMENSIONS_BYTES } from '../../src/request/row-dimensions.ts';
import { countRows } from '../../src/pipeline/count-rows.ts';
import { createScanner } from '../../src/parse/line/scanner.ts';

const CLIENT = { variable: 'remote_addr', proxies: 1 } as const;

export const DIMENSION_FORMAT =
  '$host $remote_addr [$time_iso8601] "$request" $status $body_bytes_sent ' +
  '"$http_referer" "$http_user_agent" $request_time "$upstream_addr"';

export interface DimensionBenchOptions {
  /** DETAIL_FORMAT if not given. */
  readonly format?: string;
  readonly routesMax?: number;
  readonly sitesMax?: number;
  readonly latenessS?: number;
  readonly ignore?: readonly string[];
  readonly clientIp?: 'full' | 'masked' | 'off';
  readonly keepQuery?: boolean;
  readonly rewrite?: 'always' | 'never';
  readonly countries?: CountryTable;
}

/** Lines through parser and windows, and a database that keeps the last version of each point. */
export class DimensionBench {
  readonly totals = new Map<number, SealedWindow>();
  readonly stored = new Map<number, SealedDimensions>();
  readonly timesHandedOver = new Map<number, number>();
  windows: LogWindows;
  readonly #options: DimensionBenchOptions;
  readonly #requests: RequestStage;
  readonly #records = new RecordBatch(256, dimensionVariables(CLIENT));
  readonly #scanner = createScanner({
    readBufferBytes: 1 << 20,
    sharedBytes: BYTE_HASH_OWN_BYTES + ROW_DIMENSIONS_BYTES,
  });
  readonly #parser: LineParser;

  constructor(options: DimensionBenchOptions = {}) {
    this.#options = options;
    this.#parser = createParser({
      format: options.format ?? DIMENSION_FORMAT,
      scanner: this.#scanner,
    });
    this.#requests = new RequestStage({
      hash: createByteHash(ROW_DIMENSIONS_BYTES, this.#scanner.shared),
      routes: [],
      ignore: readIgnoreRules(options.ignore ?? []),
      isBot: () => false,
      safeName: tagValue,
      clientIp: options.clientIp ?? 'full',
      clientFrom: CLIENT,
      keepQuery: options.keepQuery ?? false,
      countries: options.countries,
    });
    this.windows = this.#newWindows();
  }

  #newWindows(): LogWindows {
    const common = {
      log: 'access',
      latenessS: this.#options.latenessS ?? 60,
      errorStatusMin: 400,
      rewrite: this.#options.rewrite ?? 'always',
    } as const;
    return new LogWindows({
      ...common,
      windowS: 10,
      sitesMax: this.#options.sitesMax ?? 50,
      dimensions: new Dimensions({
        ...common,
        windowS: 60,
        routesMax: this.#options.routesMax ?? 50,
        rows: this.#requests.rows,
      }),
    });
  }

  add(lines: readonly string[], nowS: number): void {
    const buffer = this.#scanner.readBuffer;
    const end = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length).write(
      lines.map((line) => `${line}\n`).join(''),
    );
    const batch = {
      log: 'access',
      path: 'access.log',
      bytes: buffer,
      start: 0,
      end,
      overlongLines: 0,
      overlongBytes: 0,
      before: false,
      headLost: false,
    };
    for (let from = 0; from < end; from = this.#records.consumedTo) {
      this.#parser.parse(batch, from, this.#records);
      countRows(this.#records, this.#requests, this.windows, nowS * 1000, true);
    }
  }

  take(mode: DueMode, nowS: number): void {
    for (;;) {
      const due = this.windows.takeDue(mode, nowS * 1000);
      for (const window of due) this.totals.set(window.startS, window);
      for (const detail of this.windows.takeDimensions(mode)) {
        this.stored.set(detail.startS, writtenOver(this.stored.get(detail.startS), detail));
        const times = this.timesHandedOver.get(detail.startS) ?? 0;
        this.timesHandedOver.set(detail.startS, times + 1);
      }
      if (due.length === 0) return;
    }
  }

  /** Stops, and starts again from what a checkpoint holds. */
  restart(): void {
    const snapshot = JSON.stringify(this.windows.snapshot());
    this.windows = this.#newWindows();
    this.windows.restore(JSON.parse(snapshot));
  }
}

/** What stands in the database: a point that is not written again stays. */
function writtenOver(
  before: SealedDimensions | undefined,
  detail: SealedDimensions,
): SealedDimensions {
  if (before === undefined) return detail;
  const merged = <T>(old: readonly T[], fresh: readonly T[], keyOf: (one: T) => string): T[] => {
    const written = new Set(fresh.map(keyOf));
    return [...fresh, ...old.filter((one) => !written.has(keyOf(one)))];
  };
  return {
    ...detail,
    routes: merged(before.routes, detail.routes, ({ site, route }) => `${site} ${route}`),
    upstreams: merged(
      before.upstreams,
      detail.upstreams,
      ({ site, upstream }) => `${site} ${upstream}`,
    ),
    properties: merged(
      before.properties,
      detail.properties,
      ({ site, dim, value }) => `${site} ${dim} ${value}`,
    ),
    tops: merged(before.tops, detail.tops, ({ site, dim, rank }) => `${site} ${dim} ${rank}`),
    uniques: merged(before.uniques, detail.uniques, ({ site }) => site),
  };
}
