import { isbot } from 'isbot';
import { Dimensions } from '../aggregate/dimension/dimensions.ts';
import { LogWindows } from '../aggregate/log-windows.ts';
import type { TrafficTotals } from '../aggregate/traffic-totals.ts';
import { tagValue } from '../text/tag-value.ts';
import type { Config } from '../config/config.ts';
import { BYTE_HASH_OWN_BYTES, createByteHash } from '../wasm/byte-hash.ts';
import type { CountryTable } from '../request/client/country.ts';
import { RecordBatch, recordBatchBytes } from '../parse/record-batch.ts';
import { dimensionVariables } from '../request/dimension-columns.ts';
import { RequestStage } from '../request/request-stage.ts';
import { hasRules } from '../request/ignore-rules.ts';
import { type RowDimensions, ROW_DIMENSIONS_BYTES } from '../request/row-dimensions.ts';
import { createScanner, type Scanner } from '../parse/line/scanner.ts';

/**
 * The stages from reading to windows as the configuration wants them, for those who follow logs and
 * for those who read them once. Scanner and caches share one piece of memory, so that the bytes of a
 * line are hashed where they were read.
 */

/** Reading chunks of 256 KiB beside one line of the greatest length. */
const READ_CHUNK_BYTES = 256 * 1024;
const RECORDS_MAX = 4096;
const ROOM_STEP_BYTES = 8;

export interface Stages {
  readonly scanner: Scanner;
  readonly records: RecordBatch;
  /** Undefined where nothing is asked of requests but totals. */
  readonly requests: RequestStage | undefined;
  /** The windows of one log; `traffic` takes what was counted in those that are forgotten. */
  readonly newWindows: (log: string, traffic?: TrafficTotals) => LogWindows;
}

/** `countries`: with GEOIP_DB. */
export function createStages(config: Config, countries?: CountryTable): Stages {
  const { dimensionWindowS } = config;
  const isAsked = dimensionWindowS !== undefined || hasRules(config.ignore);
  const variables = isAsked ? dimensionVariables(config.clientFrom) : [];
  const hashBytes = BYTE_HASH_OWN_BYTES + ROW_DIMENSIONS_BYTES;
  const scanner = createScanner({
    readBufferBytes: config.maxLineBytes + READ_CHUNK_BYTES,
    sharedBytes: hashBytes + ROOM_STEP_BYTES + recordBatchBytes(RECORDS_MAX, variables),
  });
  const { memory, at } = scanner.shared;
  const room = {
    buffer: memory.buffer,
    at: ROOM_STEP_BYTES * Math.ceil((at + hashBytes) / ROOM_STEP_BYTES),
  };
  const records = new RecordBatch(RECORDS_MAX, variables, room);
  const requests = isAsked
    ? new RequestStage({
        hash: createByteHash(ROW_DIMENSIONS_BYTES, scanner.shared),
        routes: config.routes,
        ignore: config.ignore,
        isBot: isbot,
        safeName: tagValue,
        clientIp: config.clientIp,
        clientFrom: config.clientFrom,
        keepQuery: config.keepQuery,
        countries,
      })
    : undefined;
  const dimensions =
    requests === undefined || dimensionWindowS === undefined
      ? undefined
      : { rows: requests.rows, windowS: dimensionWindowS };
  return {
    scanner,
    records,
    requests,
    newWindows: (log, traffic) => newLogWindows(config, log, dimensions, traffic),
  };
}

function newLogWindows(
  config: Config,
  log: string,
  dimensions: { readonly rows: RowDimensions; readonly windowS: number } | undefined,
  traffic: TrafficTotals | undefined,
): LogWindows {
  const { errorStatusMin, rewrite, maxRoutes: routesMax } = config;
  const latenessS = Math.ceil(config.latenessMs / 1000);
  const common = { log, latenessS, errorStatusMin, rewrite, traffic };
  return new LogWindows({
    ...common,
    windowS: config.windowS,
    sitesMax: config.maxSites,
    ...(dimensions === undefined
      ? {}
      : { dimensions: new Dimensions({ ...common, ...dimensions, routesMax }) }),
  });
}
