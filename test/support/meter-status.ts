import type { ReceiverStatus } from '../../src/source/line-source.ts';
import type {
  LogFigures,
  MeterStatus,
  SpoolFigures,
  WriterFigures,
} from '../../src/status/meter-status.ts';

/** A meter that is well: one log, caught up, with a database. Tests change what they are about. */
export function healthyStatus(changes: Partial<MeterStatus> = {}): MeterStatus {
  return {
    version: '1.2.3',
    nowMs: 1_795_374_000_000,
    uptimeMs: 60_000,
    sinceTurnMs: 12,
    logs: [logFigures()],
    traffic: [],
    folders: [],
    receivers: [],
    spool: spoolFigures(),
    writer: writerFigures(),
    stateTrouble: undefined,
    process: { rssBytes: 61_500_000, cpuMs: 310 },
    ...changes,
  };
}

export function receiverStatus(changes: Partial<ReceiverStatus> = {}): ReceiverStatus {
  return {
    address: 'syslog://0.0.0.0:5514',
    messages: 512,
    malformed: 3,
    overflowed: 2,
    dropped: 1,
    ...changes,
  };
}

export function spoolFigures(changes: Partial<SpoolFigures> = {}): SpoolFigures {
  return {
    bytes: 2048,
    maxBytes: 268_435_456,
    records: 31,
    droppedPoints: 0,
    lostPoints: 0,
    ageMs: 900,
    isFull: false,
    ...changes,
  };
}

export function logFigures(changes: Partial<LogFigures> = {}): LogFigures {
  return {
    log: 'access',
    path: '/var/log/nginx/access.log',
    unreadBytes: 0,
    caughtUp: true,
    rotations: 1,
    truncations: 0,
    formatName: 'combined',
    lines: 512,
    counted: 500,
    unparsed: { shape: 7, time: 2 },
    late: 1,
    filtered: 2,
    bytes: 102_400,
    windowsOpen: 30,
    watermarkMs: 1_795_373_999_000,
    lagMs: 812,
    series: 4,
    folded: 0,
    unparsedLike: undefined,
    unparsedExample: undefined,
    ...changes,
  };
}

export function writerFigures(changes: Partial<WriterFigures> = {}): WriterFigures {
  return {
    target: 'http://influxdb:8086',
    isProven: true,
    state: 'idle',
    sinceMs: undefined,
    reason: undefined,
    requests: { written: 3, rejected: 0, retry: 1, split: 0, blocked: 0 },
    points: 93,
    rejectedPoints: 0,
    rejectedBy: {
      ...{ retention: 0, 'write-window': 0, conflict: 0, unparsable: 0, limit: 0, other: 0 },
    },
    writeMs: 12,
    ...changes,
  };
}
