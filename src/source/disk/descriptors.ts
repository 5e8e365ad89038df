/** How many files this process may keep open, and how many of them logs may take. */
import { readFileSync } from 'node:fs';
import type { Notice } from '../../notice/notice.ts';

/** For the state, the database, the status port, and looks that open a file for a moment. */
const RESERVE = 64;
/** A log in the middle of a rotation keeps more than one file open. */
const PER_LOG = 2;
const LOGS_MIN = 8;

/** The limit of the system for this process; Infinity where it does not tell. */
export function descriptorLimit(): number {
  try {
    const text = readFileSync('/proc/self/limits', 'latin1');
    return Number(/^Max open files\s+(\d+)/m.exec(text)?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}

/** So many logs may keep their files open between two looks. */
export function logsKeptOpen(limit: number): number {
  return Math.max(LOGS_MIN, Math.floor((limit - RESERVE) / PER_LOG));
}

export function fewDescriptorsNotice(limit: number, kept: number): Notice {
  return {
    code: 'descriptors-few',
    message:
      `This process may keep ${limit} files open, so of its logs only ${kept} stay open; the others are ` +
      'opened at each look, and what is deleted between two looks is lost. Raise the limit: ' +
      'LimitNOFILE= of the service, `ulimits` in compose, or `ulimit -n`.',
    details: { limit, kept },
  };
}
