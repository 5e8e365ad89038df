/** The parts into which a record is taken apart when the target does not take it in one piece. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { SpoolRecord } from '../spool/spool-record.ts';
import type { Encoding } from './target.ts';

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

const TEXT_BYTES_MAX = 8 * 1024 * 1024;

/** What goes into one request. */
export interface Part {
  /** Gzipped. */
  readonly payload: Uint8Array;
  /** The bytes of each point of it; asked for only when it must be taken apart. */
  readonly points: () => Promise<readonly Uint8Array[]>;
}

export function wholePart(record: SpoolRecord, encoding: Pick<Encoding, 'split'>): Part {
  return {
    payload: record.payload,
    points: async () =>
      encoding.split(await gunzipAsync(record.payload, { maxOutputLength: TEXT_BYTES_MAX })),
  };
}

export async function partOf(points: readonly Uint8Array[]): Promise<Part> {
  return { payload: await gzipAsync(Buffer.concat(points)), points: async () => points };
}
