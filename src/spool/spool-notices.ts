/** What the spool tells people: what happened, where, and what to do about it. */
import type { Notice } from '../notice/notice.ts';
import type { Damage } from './segment.ts';
import type { Recovered, SequenceSpan } from './segment-recovery.ts';
import { errorCode } from '../text/error-code.ts';

/** What an opening has to tell. */
export function foundNotices(
  dir: string,
  { damaged, gone }: Pick<Recovered, 'damaged' | 'gone'>,
): Notice[] {
  const notices = damaged.map((name) => damagedAtOpenNotice(dir, name));
  return gone === undefined ? notices : [...notices, goneNotice(dir, gone)];
}

function damagedAtOpenNotice(dir: string, name: string): Notice {
  return {
    code: 'spool-damaged',
    subject: `${dir}/${name}`,
    message:
      'A segment of the spool is damaged or has lost its end. What is intact in it is sent, a ' +
      `copy is kept as ${name}.damaged, and the log is read again for the rest.`,
  };
}

export function goneNotice(dir: string, { from, to }: SequenceSpan): Notice {
  return {
    code: 'spool-damaged',
    subject: dir,
    message:
      `Records ${from} to ${to} of the spool are gone, and the checkpoint counts on them: somebody ` +
      'deleted the folder or a file in it. The log and its rotated files are read again for them.',
  };
}

export function damagedNotice(damage: Damage): Notice {
  const { lostRecords, lostPoints } = damage;
  return {
    code: 'spool-damaged',
    subject: damage.path,
    message:
      `${lostRecords} records of the spool are damaged or gone. What is intact is sent; the log ` +
      'is read again for the rest.',
    details: { lostRecords, lostPoints },
  };
}

export function unwritableNotice(dir: string, error: unknown): Notice {
  return {
    code: 'spool-unwritable',
    subject: dir,
    message:
      `The spool cannot be written (${errorCode(error)}). Points wait in memory, and reading stops ` +
      'when that is full. Give STATE_DIR room and write permission; it goes on by itself.',
  };
}

export function writableNotice(dir: string): Notice {
  return {
    code: 'spool-writable',
    subject: dir,
    message: 'The spool is on disk again.',
  };
}

export function unreadableNotice(dir: string, error: unknown): Notice {
  return {
    code: 'spool-unreadable',
    subject: dir,
    message:
      `The spool cannot be read (${errorCode(error)}), so nothing is sent. Check the disk of ` +
      'STATE_DIR; it goes on by itself.',
  };
}

export function readableNotice(dir: string): Notice {
  return {
    code: 'spool-readable',
    subject: dir,
    message: 'The spool can be read again.',
  };
}

export function undeletableNotice(dir: string, error: unknown): Notice {
  return {
    code: 'spool-undeletable',
    subject: dir,
    message:
      `Segments that have been sent cannot be deleted (${errorCode(error)}). Check the permissions ` +
      'of STATE_DIR.',
  };
}
