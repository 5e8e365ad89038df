/** Opening and looking at files that a stranger may replace at any moment: never blocks on a FIFO or a device. */
import { constants, type BigIntStats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { GzipContent, isGzip, PlainContent, type Content } from '../content.ts';
import { HEAD_BYTES } from './fingerprint.ts';
import { isMissing } from '../../text/error-code.ts';

export interface FileIdentity {
  /** Decimal numbers as text: an inode may exceed 2^53. */
  readonly device: string;
  readonly inode: string;
}

export interface FileFacts extends FileIdentity {
  /** Bytes on disk. */
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** When the file was created; 0 where the file system does not say. */
  readonly birthMs: number;
  /** Changes whenever content, name or owner change; nanoseconds since the epoch as text. */
  readonly changed: string;
  readonly links: number;
  readonly isFile: boolean;
}

export interface OpenFile {
  readonly handle: FileHandle;
  readonly facts: FileFacts;
}

export function isSameFile(one: FileIdentity, other: FileIdentity): boolean {
  return one.inode === other.inode && one.device === other.device;
}

export function factsOf(stats: BigIntStats): FileFacts {
  return {
    device: String(stats.dev),
    inode: String(stats.ino),
    sizeBytes: Number(stats.size),
    mtimeMs: Number(stats.mtimeNs) / 1e6,
    birthMs: Number(stats.birthtimeNs) / 1e6,
    changed: `${stats.mtimeNs}:${stats.ctimeNs}`,
    links: Number(stats.nlink),
    isFile: stats.isFile(),
  };
}

/** Facts about what the path leads to; undefined when there is nothing. */
export async function lookAt(path: string): Promise<FileFacts | undefined> {
  try {
    return factsOf(await stat(path, { bigint: true }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Opens a regular file for reading; undefined when it is gone or is something else by now. */
export async function openRegular(path: string): Promise<OpenFile | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const facts = factsOf(await handle.stat({ bigint: true }));
    if (facts.isFile) return { handle, facts };
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/** The first content bytes of an open file, at most HEAD_BYTES, and whether it is compressed. */
export async function readHead(
  handle: FileHandle,
): Promise<{ bytes: Uint8Array; isGzip: boolean; damage: string | undefined }> {
  const bytes = new Uint8Array(HEAD_BYTES);
  const count = await new PlainContent(handle).read(bytes, 0, HEAD_BYTES, 0);
  if (!isGzip(bytes.subarray(0, count))) {
    return { bytes: bytes.subarray(0, count), isGzip: false, damage: undefined };
  }
  const content: Content = new GzipContent(handle);
  const unpacked = await content.read(bytes, 0, HEAD_BYTES, 0);
  content.close();
  return { bytes: bytes.subarray(0, unpacked), isGzip: true, damage: content.damage };
}

/** Uncompressed size modulo 2^32, the last four bytes of a gzip file: RFC 1952, 2.3.1. */
export async function gzipSizeOf(handle: FileHandle, sizeBytes: number): Promise<number> {
  if (sizeBytes < 18) return 0;
  const trailer = Buffer.alloc(4);
  await handle.read(trailer, 0, 4, sizeBytes - 4);
  return trailer.readUInt32LE(0);
}
