/** What is said about rotations: what happened, what may be lost, and what to do. */
import type { Notice } from '../../notice/notice.ts';
import type { Generation } from './generation.ts';

export function rotatedNotice(path: string): Notice {
  return {
    code: 'file-rotated',
    subject: path,
    message: `${path} is a new file now; the old one is read to its end as well.`,
  };
}

export function truncatedNotice(path: string): Notice {
  return {
    code: 'file-truncated',
    subject: path,
    message:
      `${path} was truncated (copytruncate), or is another file with the same inode: what it ` +
      'held before and had not been read yet is looked for in the rotated files.',
  };
}

export function lostNotice(path: string, generation: Generation): Notice {
  const unread = Math.max(0, generation.sizeBytes - generation.position);
  const known = generation.isGzip ? '' : ` At the last look ${unread} bytes were unread.`;
  if (generation.isDisplaced) {
    return {
      code: 'copy-not-found',
      subject: path,
      message:
        `No copy of what ${path} held before it was truncated is to be found beside it: lines written ` +
        `between the last read and the truncation are lost, if there were any.${known} ` +
        'With logrotate, use `create` and `nginx -s reopen` instead of `copytruncate`.',
      details: { position: generation.position },
    };
  }
  return {
    code: 'rotated-file-not-found',
    subject: path,
    message:
      `The file last seen at ${generation.path} is no longer to be found: what was written to it after ` +
      `the last read is lost.${known} Keep rotated files at least as long as the meter may be stopped, ` +
      'beside the log: another folder (`olddir` of logrotate) is not searched.',
    details: { position: generation.position },
  };
}

export function unreadableGenerationNotice(path: string, reason: string): Notice {
  return {
    code: 'rotated-file-unreadable',
    subject: path,
    message: `${path} belongs to the log and cannot be read: ${reason}. It is tried again.`,
  };
}

export function damagedNotice(generation: Generation, damage: string): Notice {
  return {
    code: 'gzip-damaged',
    subject: generation.path,
    message:
      `${generation.path} is incomplete or damaged (${damage}): its lines up to there were read, ` +
      'the rest is lost unless the file grows.',
    details: { position: generation.position },
  };
}
