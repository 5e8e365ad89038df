import { isbot } from 'isbot';
import { Details } from '../aggregate/dimension/details.ts';
import { LogWindows } from '../aggregate/log-windows.ts';
import { tagValue } from '../text/tag-value.ts';
import type { Config } from '../config/config.ts';
import { BYTE_HASH_OWN_BYTES, createByteHash } from '../wasm/byte-hash.ts';
import type { CountryTable } from '../request/client/country.ts';
import { RecordBatch, recordBatchBytes } from '../parse/record-batch.ts';
import { factVariables } from '../request/fact-columns.ts';
import { RowFacts, ROW_FACTS_BYTES } from '../request/row-facts.ts';
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
  /** The windows of one log. */
  readonly newWindows: (log: string) => LogWindows;
}

/** `countries`: with GEOIP_DB. */
export function createStages(config: Config, countries?: CountryTable): Stages {
  const { detailWindowS } = config;
  const variables = detailWindowS === undefined ? [] : factVariables(config.clientFrom);
  const hashBytes = BYTE_HASH_OWN_BYTES + ROW_FACTS_BYTES;
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
  if (detailWindowS === undefined) {
    return { scanner, records, newWindows: (log) => newLogWindows(config, log) };
  }
  const facts = new RowFacts({
    hash: createByteHash(ROW_FACTS_BYTES, scanner.shared),
    routes: config.routes,
    ignore: config.ignore,
    isBot: isbot,
    safeName: tagValue,
    clientIp: config.clientIp,
    clientFrom: config.clientFrom,
    keepQuery: config.keepQuery,
    countries,
  });
  return {
    scanner,
    records,
    newWindows: (log) => newLogWindows(config, log, { facts, windowS: detailWindowS }),
  };
}

function newLogWindows(
  config: Config,
  log: string,
  detail?: { readonly facts: RowFacts; readonly windowS: number },
): LogWindows {
  const { errorStatusMin, rewrite, maxRoutes: routesMax } = config;
  const latenessS = Math.ceil(config.latenessMs / 1000);
  const common = { log, latenessS, errorStatusMin, rewrite };
  return new LogWindows({
    ...common,
    windowS: config.windowS,
    sitesMax: config.maxSites,
    ...(detail === undefined ? {} : { details: new Details({ ...common, ...detail, routesMax }) }),
  });
}
