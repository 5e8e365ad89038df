/** What a checkpoint says, and how it looks on disk; checkpoint.ts says when it is written and read. */
import { crc32 } from 'node:zlib';
import type { LogWindowsSnapshot } from '../aggregate/log-windows.ts';
import type { SourcePositions } from '../source/line-source.ts';

const FORMAT = 'nginx-meter checkpoint';
const VERSION = 7;
/** Still read. */
const VERSION_BEFORE = 6;

export interface Checkpoint {
  /** Sequence number of the newest spool record that belongs to this moment. */
  readonly spoolSeq: number;
  /** Up to here the database has acknowledged. */
  readonly ackedSeq: number;
  /** How far the logs have been read. */
  readonly sources: SourcePositions;
  readonly logs: readonly LogCheckpoint[];
  readonly identity: PointIdentity;
}

/** Settings that the keys of the points hang on: windows of one identity cannot go on as those of another. */
export interface PointIdentity {
  readonly windowS: number;
  readonly host: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface LogCheckpoint {
  readonly log: string;
  readonly formatName: string;
  readonly windows: LogWindowsSnapshot;
}

/** One header line of JSON with length and CRC-32 of the body, then the body, JSON too. */
export function encodeCheckpoint(checkpoint: Checkpoint): Buffer {
  const body = Buffer.from(JSON.stringify(checkpoint));
  const header = {
    format: FORMAT,
    version: VERSION,
    length: body.length,
    crc32: crc32(body),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]);
}

/** The checkpoint, or what is wrong with it as the end of a sentence. */
export function decodeCheckpoint(
  bytes: Buffer,
  arePositionsKnown: (sources: SourcePositions) => boolean,
): Checkpoint | string {
  const lineEnd = bytes.indexOf(0x0a);
  const header = parse(bytes.subarray(0, Math.max(0, lineEnd)));
  if (!isRecord(header) || header['format'] !== FORMAT) {
    return 'is not one of nginx-meter, or its header is damaged';
  }
  const { version } = header;
  if (version !== VERSION && version !== VERSION_BEFORE) {
    return `is of version ${JSON.stringify(version)}, this program reads version ${VERSION_BEFORE} and ${VERSION}`;
  }
  const body = bytes.subarray(lineEnd + 1);
  if (header['length'] !== body.length) {
    return `is damaged: ${body.length} bytes where ${JSON.stringify(header['length'])} were written`;
  }
  if (header['crc32'] !== crc32(body)) return 'is damaged: its checksum does not fit';
  const parsed = parse(body);
  const checkpoint = version === VERSION ? parsed : upgrade(parsed);
  if (!isCheckpoint(checkpoint) || !arePositionsKnown(checkpoint.sources))
    return 'has a checksum that fits, but no known form';
  return checkpoint;
}

/**
 * Version 6 knew no positions but those of files, with the names of received logs among them, and
 * called the dimensions of a log's windows `details`.
 */
function upgrade(value: unknown): unknown {
  if (!isRecord(value) || !isRecord(value['follow']) || !Array.isArray(value['logs'])) return value;
  const { follow, logs, ...rest } = value;
  const { received, ...file } = follow;
  const syslog = received === undefined ? {} : { syslog: { received } };
  return { ...rest, sources: { file, ...syslog }, logs: logs.map(upgradeLog) };
}

function upgradeLog(log: unknown): unknown {
  if (!isRecord(log) || !isRecord(log['windows'])) return log;
  const { details, ...windows } = log['windows'];
  return {
    ...log,
    windows: { ...windows, ...(details === undefined ? {} : { dimensions: details }) },
  };
}

/** The checksum vouches for what is inside: this program wrote these bytes. */
function isCheckpoint(value: unknown): value is Checkpoint {
  return isRecord(value) && isRecord(value['sources']) && Array.isArray(value['logs']);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
