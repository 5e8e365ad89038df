/** The parts into which a record is taken apart when the database does not take it in one piece. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { SpoolRecord } from '../spool/spool-record.ts';

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

const TEXT_BYTES_MAX = 8 * 1024 * 1024;
const LF = 0x0a;

/** What goes into one request. */
export interface Part {
  /** Gzipped line protocol. */
  readonly payload: Uint8Array;
  /** The lines of it, each with its line feed; asked for only when it must be taken apart. */
  readonly lines: () => Promise<readonly Uint8Array[]>;
}

export function wholePart(record: SpoolRecord): Part {
  return {
    payload: record.payload,
    lines: async () =>
      linesOf(await gunzipAsync(record.payload, { maxOutputLength: TEXT_BYTES_MAX })),
  };
}

export async function linesPart(lines: readonly Uint8Array[]): Promise<Part> {
  return { payload: await gzipAsync(Buffer.concat(lines)), lines: async () => lines };
}

function linesOf(text: Buffer): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf(LF, start);
    const end = feed === -1 ? text.length : feed + 1;
    lines.push(text.subarray(start, end));
    start = end;
  }
  return lines;
}
