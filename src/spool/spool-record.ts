/**
 * One record of the spool: a header of 32 bytes (little endian), then the payload.
 *
 *   0  magic            u32
 *   4  seq              u64
 *  12  points           u32
 *  16  payload length   u32
 *  20  appended at      f64, epoch milliseconds
 *  28  crc32            u32, over the 28 bytes before it and the payload
 *
 * The payload is one batch of points as the target encodes them, gzipped.
 */
import { crc32 } from 'node:zlib';

export const HEADER_BYTES = 32;
const MAGIC = 0x31534d4e; // "NMS1" on disk
const CRC_AT = 28;
/** A batch is 1 MB at most, and gzip adds next to nothing to what it cannot press. */
const PAYLOAD_BYTES_MAX = 4 * 1024 * 1024;

export interface SpoolRecord {
  readonly seq: number;
  readonly points: number;
  /** Epoch milliseconds. */
  readonly appendedAtMs: number;
  /** Gzipped. */
  readonly payload: Uint8Array;
}

/** One that is not known durable, as it goes to disk. */
export interface Waiting {
  readonly record: SpoolRecord;
  readonly bytes: Uint8Array;
}

export interface RecordHeader {
  readonly seq: number;
  readonly points: number;
  readonly payloadBytes: number;
  readonly appendedAtMs: number;
  readonly crc: number;
}

export function encodeRecord(record: SpoolRecord): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + record.payload.length);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeBigUInt64LE(BigInt(record.seq), 4);
  bytes.writeUInt32LE(record.points, 12);
  bytes.writeUInt32LE(record.payload.length, 16);
  bytes.writeDoubleLE(record.appendedAtMs, 20);
  bytes.set(record.payload, HEADER_BYTES);
  bytes.writeUInt32LE(checksum(bytes, record.payload), CRC_AT);
  return bytes;
}

/** The header at the beginning of `bytes`, or undefined where none can be. Its checksum is not verified. */
export function decodeHeader(bytes: Uint8Array): RecordHeader | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const seq = Number(view.readBigUInt64LE(4));
  const payloadBytes = view.readUInt32LE(16);
  const isFrame =
    view.readUInt32LE(0) === MAGIC &&
    Number.isSafeInteger(seq) &&
    seq > 0 &&
    payloadBytes <= PAYLOAD_BYTES_MAX;
  if (!isFrame) return undefined;
  return {
    seq,
    points: view.readUInt32LE(12),
    payloadBytes,
    appendedAtMs: view.readDoubleLE(20),
    crc: view.readUInt32LE(CRC_AT),
  };
}

/** True when `payload` and the header bytes before it are what was written. */
export function isIntact(headerBytes: Uint8Array, payload: Uint8Array): boolean {
  return decodeHeader(headerBytes)?.crc === checksum(headerBytes, payload);
}

function checksum(headerBytes: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(headerBytes.subarray(0, CRC_AT)));
}

export interface Frame extends RecordHeader {
  /** Span of the whole record in the segment. */
  readonly start: number;
  readonly end: number;
}

export interface SegmentScan {
  /** Intact records with rising sequence numbers, in order. */
  readonly frames: readonly Frame[];
  /** Where the unbroken run of records from the beginning of the segment ends. */
  readonly soundBytes: number;
  /** Records in that run. */
  readonly soundFrames: number;
}

/** Finds every intact record of a segment; behind damage it looks for the next place where one begins. */
export function scanSegment(segment: Uint8Array): SegmentScan {
  const frames: Frame[] = [];
  let at = 0;
  let soundBytes = -1;
  let soundFrames = 0;
  let lastSeq = 0;
  while (at < segment.length) {
    const frame = frameAt(segment, at);
    if (frame !== undefined && frame.seq > lastSeq) {
      frames.push(frame);
      lastSeq = frame.seq;
      at = frame.end;
      continue;
    }
    if (soundBytes === -1) {
      soundBytes = at;
      soundFrames = frames.length;
    }
    at = nextMagic(segment, at + 1);
  }
  if (soundBytes === -1) return { frames, soundBytes: segment.length, soundFrames: frames.length };
  return { frames, soundBytes, soundFrames };
}

function frameAt(segment: Uint8Array, start: number): Frame | undefined {
  const header = decodeHeader(segment.subarray(start));
  if (header === undefined) return undefined;
  const end = start + HEADER_BYTES + header.payloadBytes;
  if (end > segment.length) return undefined;
  const payload = segment.subarray(start + HEADER_BYTES, end);
  const isSound = isIntact(segment.subarray(start, start + HEADER_BYTES), payload);
  return isSound ? { ...header, start, end } : undefined;
}

function nextMagic(segment: Uint8Array, from: number): number {
  const magic = Buffer.allocUnsafe(4);
  magic.writeUInt32LE(MAGIC);
  const at = Buffer.from(segment.buffer, segment.byteOffset, segment.length).indexOf(magic, from);
  return at === -1 ? segment.length : at;
}
