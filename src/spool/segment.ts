/** One segment of the spool as it is known in memory; the totals spare a look into the file. */
export interface Segment {
  readonly name: string;
  lastSeq: number;
  /** Length of its valid records; what lies beyond in the file means nothing. */
  bytes: number;
  records: number;
  points: number;
  ackedBytes: number;
  ackedRecords: number;
  ackedPoints: number;
  /** When its oldest record without acknowledgement was appended, epoch milliseconds. */
  oldestAtMs: number;
}

const NAME = /^(\d{16})\.seg$/;

/** The name of a segment is the sequence number of its first record, so names sort in order. */
export function segmentName(firstSeq: number): string {
  return `${String(firstSeq).padStart(16, '0')}.seg`;
}

/** The number in a segment's name, or undefined for a file that is none. */
export function firstSeqOf(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function emptySegment(name: string, lastSeq: number): Segment {
  return {
    name,
    lastSeq,
    bytes: 0,
    records: 0,
    points: 0,
    ackedBytes: 0,
    ackedRecords: 0,
    ackedPoints: 0,
    oldestAtMs: 0,
  };
}

/** What a reading of the spool could not find intact any more. */
export interface Damage {
  /** Path of the segment, or of the copy that was set aside. */
  readonly path: string;
  /** Records that were lost, where it can be told; at least one otherwise. */
  readonly lostRecords: number;
  readonly lostPoints: number;
}
