/**
 * What an opening does with the segments it finds, and what happens to a damaged one.
 *
 * The checkpoint says which records belong to it (`committedSeq`). Later ones are cut off: they are
 * computed again from the log. Earlier ones that are not settled (settled-mark.ts) must be there and
 * intact, because they were fsynced before the checkpoint was written. If some are gone, the log must
 * be read again; if a segment has lost a part, it is damaged: a copy is kept beside it as
 * `<name>.damaged`, its intact records stay in place, and the log must be read again for the rest.
 * A segment ends where the next one begins: what an earlier one holds beyond is left over from a
 * failed write.
 */
import { join } from 'node:path';
import { emptySegment, firstSeqOf, type Segment } from './segment.ts';
import type { KillPoint } from '../state/kill-point.ts';
import type { SpoolFileSystem } from './spool-file-system.ts';
import { type Frame, scanSegment } from './spool-record.ts';
import { errorCode } from '../text/error-code.ts';

/** Copies of damaged segments that are kept to be looked at; the oldest go first. */
const DAMAGED_KEPT_MAX = 4;

/** A cut that must be made before anything new is written to the folder. */
export interface PendingCut {
  readonly name: string;
  readonly lengthBytes: number;
}

export interface Recovered {
  readonly segments: readonly Segment[];
  readonly cuts: readonly PendingCut[];
  /** Records that belong to the checkpoint, and of whose segments there is no trace. */
  readonly gone: SequenceSpan | undefined;
  /** Names of segments with intact records and damage between them, or of which records are missing. */
  readonly damaged: readonly string[];
  /** Intact records beyond `committedSeq`. */
  readonly cutRecords: number;
}

/** From the first to the last number. */
export interface SequenceSpan {
  readonly from: number;
  readonly to: number;
}

export interface RecoveryOptions {
  readonly committedSeq: number | undefined;
  readonly ackedSeq: number;
  readonly settledSeq: number;
  /** See SpoolOptions. */
  readonly beforeLoss: () => Promise<void>;
  readonly killPoint: KillPoint;
}

/**
 * Looks at every segment in `dir`; changes nothing on disk but the setting aside of damaged ones.
 * Rejects when a file cannot be read, or when a damaged one cannot be set aside.
 */
export async function recoverSegments(
  fileSystem: SpoolFileSystem,
  dir: string,
  { committedSeq, ackedSeq, settledSeq, beforeLoss, killPoint }: RecoveryOptions,
): Promise<Recovered> {
  const names = (await fileSystem.list(dir)).filter((name) => firstSeqOf(name) !== undefined);
  names.sort();
  const segments: Segment[] = [];
  const cuts: PendingCut[] = [];
  const damaged: string[] = [];
  const kept: number[] = [];
  let cutRecords = 0;
  for (const [i, name] of names.entries()) {
    const next = names[i + 1];
    const limits: Limits = {
      firstSeq: firstSeqOf(name) ?? 0,
      nextSeq: next === undefined ? undefined : firstSeqOf(next),
      committedSeq,
      ackedSeq,
    };
    const content = await fileSystem.readWhole(join(dir, name));
    const verdict = judgeSegment(content, limits);
    cutRecords += verdict.cutRecords;
    for (const { seq } of verdict.kept) kept.push(seq);
    if (verdict.isDamaged) {
      if (damaged.length === 0) await beforeLoss();
      damaged.push(name);
      killPoint('spool-before-set-aside');
      await setAside(fileSystem, dir, name, content, verdict.kept);
      killPoint('spool-after-set-aside');
    } else if (verdict.keptBytes < content.length) {
      cuts.push({ name, lengthBytes: verdict.keptBytes });
    }
    if (verdict.kept.length > 0) segments.push(segmentOf(name, verdict.kept, ackedSeq));
    else if (!verdict.isDamaged) cuts.push({ name, lengthBytes: 0 });
  }
  // Without a checkpoint nobody counts on any of them.
  const isUnknown = committedSeq === undefined || damaged.length > 0;
  const after = Math.max(ackedSeq, settledSeq);
  const gone = isUnknown ? undefined : goneOf(kept, after, committedSeq);
  if (gone !== undefined) await beforeLoss();
  return { segments, cuts, damaged, cutRecords, gone };
}

/** The first numbers after `after` and up to `until` that are not among those kept. */
function goneOf(kept: readonly number[], after: number, until: number): SequenceSpan | undefined {
  let last = after;
  for (const seq of kept) {
    if (seq > last + 1) return { from: last + 1, to: seq - 1 };
    last = Math.max(last, seq);
  }
  return last < until ? { from: last + 1, to: until } : undefined;
}

interface Limits {
  readonly firstSeq: number;
  readonly nextSeq: number | undefined;
  readonly committedSeq: number | undefined;
  readonly ackedSeq: number;
}

interface Verdict {
  readonly kept: readonly Frame[];
  readonly keptBytes: number;
  readonly cutRecords: number;
  readonly isDamaged: boolean;
}

function judgeSegment(content: Uint8Array, limits: Limits): Verdict {
  const { frames, soundBytes, soundFrames } = scanSegment(content);
  const committed = limits.committedSeq ?? Infinity;
  const limit = Math.min(committed, (limits.nextSeq ?? Infinity) - 1);
  const wanted = frames.filter((frame) => frame.seq <= limit);
  const cutRecords = frames.filter((frame) => frame.seq > committed).length;
  if (limit <= limits.ackedSeq) return { kept: [], keptBytes: 0, cutRecords, isDamaged: false };

  const sound = wanted.slice(0, soundFrames);
  const soundSeq = sound.at(-1)?.seq ?? limits.firstSeq - 1;
  const isBroken = soundBytes < content.length || frames.length === 0;
  // Without a checkpoint nobody knows how far the last segment should reach: a break at its end is
  // taken for a write that was cut short, one with intact records behind it is damage.
  const expectedSeq = Number.isFinite(limit) ? limit : (wanted.at(-1)?.seq ?? soundSeq);
  const isLast = limits.nextSeq === undefined;
  const isMissing = soundSeq < expectedSeq && expectedSeq > limits.ackedSeq;
  if (isMissing && (isBroken || isLast))
    return { kept: wanted, keptBytes: soundBytes, cutRecords, isDamaged: true };
  return { kept: sound, keptBytes: sound.at(-1)?.end ?? 0, cutRecords, isDamaged: false };
}

function segmentOf(name: string, frames: readonly Frame[], ackedSeq: number): Segment {
  const segment = emptySegment(name, frames.at(-1)?.seq ?? 0);
  segment.oldestAtMs = frames.find((frame) => frame.seq > ackedSeq)?.appendedAtMs ?? 0;
  for (const frame of frames) {
    const bytes = frame.end - frame.start;
    segment.bytes += bytes;
    segment.records++;
    segment.points += frame.points;
    if (frame.seq > ackedSeq) continue;
    segment.ackedBytes += bytes;
    segment.ackedRecords++;
    segment.ackedPoints += frame.points;
  }
  return segment;
}

/**
 * Looks again at a segment that turned out damaged while it was drained. The result is undefined
 * when nothing in it is intact.
 */
export async function salvageSegment(
  fileSystem: SpoolFileSystem,
  dir: string,
  segment: Segment,
  ackedSeq: number,
): Promise<Segment | undefined> {
  const content = await fileSystem.readWhole(join(dir, segment.name));
  const kept = scanSegment(content).frames.filter((frame) => frame.seq <= segment.lastSeq);
  await setAside(fileSystem, dir, segment.name, content, kept);
  return kept.length === 0 ? undefined : segmentOf(segment.name, kept, ackedSeq);
}

/** Keeps a copy as `<name>.damaged` and leaves only the intact records under the name itself. */
async function setAside(
  fileSystem: SpoolFileSystem,
  dir: string,
  name: string,
  content: Uint8Array,
  kept: readonly Frame[],
): Promise<void> {
  const path = join(dir, name);
  const copies = (await fileSystem.list(dir)).filter((other) => other.endsWith('.damaged')).sort();
  for (const old of copies.slice(0, Math.max(0, copies.length - DAMAGED_KEPT_MAX + 1)))
    await fileSystem.unlink(join(dir, old));
  if (kept.length === 0) {
    await fileSystem.rename(path, `${path}.damaged`);
  } else {
    // The copy is for a person to look at; the intact records must not depend on room for it.
    await writeFile(fileSystem, `${path}.damaged`, [content]).catch(() => undefined);
    await writeFile(
      fileSystem,
      `${path}.tmp`,
      kept.map((frame) => content.subarray(frame.start, frame.end)),
    );
    await fileSystem.rename(`${path}.tmp`, path);
  }
  await fileSystem.syncFolder(dir);
}

async function writeFile(
  fileSystem: SpoolFileSystem,
  path: string,
  parts: readonly Uint8Array[],
): Promise<void> {
  await fileSystem.unlink(path).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
  const file = await fileSystem.create(path);
  try {
    let position = 0;
    for (const part of parts) {
      await file.write(part, position);
      position += part.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
