/**
 * Every notice that the meter can give: its code, its level, what it means, what to do about it, and
 * which conditions it ends. docs/notices.md is made from this table (npm run docs), and a code that is
 * not in it is a type error. The sentence that a person reads is written where the notice is given,
 * because it names the path, the number or the cause.
 *
 * Levels: `error` = data is lost or an operator is needed; `warn` = the meter recovers by itself, or
 * somebody should look at it some day; `info` = life cycle.
 */
export type NoticeLevel = 'info' | 'warn' | 'error';

export interface NoticeKind {
  readonly level: NoticeLevel;
  /** One sentence: what happened. */
  readonly meaning: string;
  /** What to do about it; empty where nothing is to be done. */
  readonly remedy: string;
  /** Codes whose condition on the same subject is over with this notice. */
  readonly ends?: readonly string[];
}

export const NOTICES = {
  'checkpoint-refused': {
    level: 'error',
    meaning: 'The checkpoint is damaged, or belongs to other settings, and is kept aside.',
    remedy: 'Nothing: the logs are read again, and the same points are written again.',
  },
  'client-variable-missing': {
    level: 'warn',
    meaning: 'The log format lacks the variable that CLIENT_IP_FROM names.',
    remedy: 'Put the variable into the log_format of nginx.conf, or take CLIENT_IP_FROM back.',
  },
  'copy-not-found': {
    level: 'error',
    meaning: 'A log was truncated, and no copy of what it held is beside it.',
    remedy: 'Use `create` and `nginx -s reopen` instead of `copytruncate` in logrotate.',
  },
  'credentials-changed': {
    level: 'info',
    meaning: 'The password or token has changed in its file and is used from now on.',
    remedy: '',
    ends: ['credentials-unusable'],
  },
  'credentials-unusable': {
    level: 'warn',
    meaning: 'The file of the password or token cannot be used; what was read before stays in use.',
    remedy: 'Put the password or token alone, on one line, into the file.',
  },
  'dead-letter-unwritable': {
    level: 'error',
    meaning: 'Points that the database refused cannot be kept in the dead-letter file.',
    remedy: 'Give STATE_DIR room and write permission.',
  },
  'descriptors-few': {
    level: 'warn',
    meaning: 'The process may not keep all logs open; some are opened at each look.',
    remedy: 'Raise the limit of open files: LimitNOFILE=, `ulimits` or `ulimit -n`.',
  },
  'error-log-left-out': {
    level: 'info',
    meaning:
      "Lines of nginx's error log stand in what is read; they are left out and counted nowhere.",
    remedy: 'Let LOG_PATHS name the access logs alone, such as /var/log/nginx/*access*.log.',
  },
  'file-rotated': {
    level: 'info',
    meaning: 'The log is a new file now; the old one is read to its end as well.',
    remedy: '',
  },
  'file-truncated': {
    level: 'warn',
    meaning: 'The log was truncated; what was unread is looked for in the rotated files.',
    remedy: '',
  },
  'file-unparsed': {
    level: 'warn',
    meaning: 'Many lines of a file that `backfill` reads do not fit the log format.',
    remedy: 'Run `nginx-meter check FILE`: it shows where such lines stop matching.',
  },
  'folder-readable': {
    level: 'info',
    meaning: 'A folder that could not be read can be read again, or is gone.',
    remedy: '',
    ends: ['folder-unreadable', 'folder-skipped'],
  },
  'folder-skipped': {
    level: 'warn',
    meaning: 'One of the folders that a pattern in LOG_PATHS stands for cannot be read.',
    remedy: 'Give the meter the right to read it, or name the folders one by one.',
  },
  'folder-unreadable': {
    level: 'error',
    meaning: 'A folder of LOG_PATHS cannot be read, so no log in it is found.',
    remedy: 'Give the user of the meter the right to read the folder.',
  },
  'format-lacks-variables': {
    level: 'info',
    meaning: 'The log format lacks variables that the meter can use.',
    remedy: 'Write the log_format of the message into nginx.conf.',
  },
  'geoip-replaced': {
    level: 'info',
    meaning: 'Another database of countries has taken the place of the one in use.',
    remedy: '',
    ends: ['geoip-unusable'],
  },
  'geoip-unusable': {
    level: 'warn',
    meaning: 'The file of GEOIP_DB cannot be used; the database from before stays in use.',
    remedy: 'Put a whole database there.',
  },
  'gzip-damaged': {
    level: 'error',
    meaning: 'A compressed file is incomplete or damaged; its lines up to there are read.',
    remedy: 'Look at what compresses the file, and at the room on its disk.',
  },
  'history-set-aside': {
    level: 'warn',
    meaning:
      'The history is damaged, foreign or of another version; it is kept aside, and a new one begins.',
    remedy: '',
  },
  'history-unwritable': {
    level: 'error',
    meaning: 'The history cannot be written: the page and the report lack this time.',
    remedy: 'Give STATE_DIR room and write permission.',
  },
  'history-writable': {
    level: 'info',
    meaning: 'The history is written again.',
    remedy: '',
    ends: ['history-unwritable'],
  },
  'line-unparsed': {
    level: 'warn',
    meaning: 'A line does not fit the log format and counts as unparsed.',
    remedy: 'Run `nginx-meter check FILE`: it shows where such lines stop matching.',
  },
  'log-found': {
    level: 'info',
    meaning: 'The log is being read.',
    remedy: '',
    ends: ['log-missing', 'log-unreadable', 'log-not-a-file', 'log-is-terminal'],
  },
  'log-is-double': {
    level: 'warn',
    meaning: 'Two paths of LOG_PATHS are the same file, which is followed once.',
    remedy: 'Name the file once.',
  },
  'log-is-terminal': {
    level: 'error',
    meaning: 'The log is a link to the standard output of nginx: there is no file to follow.',
    remedy: 'Add a second access_log in nginx.conf that goes to a file on a shared volume.',
  },
  'log-missing': {
    level: 'warn',
    meaning: 'The log does not exist yet; it is followed from its beginning once it appears.',
    remedy: 'Compare LOG_PATHS with the access_log directives of nginx.conf and with the mounts.',
  },
  'log-name-shared': {
    level: 'warn',
    meaning: 'Two logs have one name, and their lines are counted together.',
    remedy: 'Give one of them a name in LOG_PATHS: `name=path`.',
  },
  'log-not-a-file': {
    level: 'error',
    meaning: 'The path is a folder, a pipe, a socket or a device.',
    remedy: 'Set LOG_PATHS to the file that access_log in nginx.conf names.',
  },
  'log-rotated': {
    level: 'info',
    meaning: 'The log has reached ROTATE_AT: the meter renamed it and told nginx to reopen it.',
    remedy: '',
    ends: ['rotation-refused', 'rotation-not-reopened'],
  },
  'log-unreadable': {
    level: 'error',
    meaning: 'The log cannot be read.',
    remedy: 'Give the user of the meter the right to read it; the message names user and group.',
  },
  'points-outside-window': {
    level: 'warn',
    meaning:
      'The database lets points be written only within a time around now, and these lie outside.',
    remedy: 'Look at the PAST LIMIT and FUTURE LIMIT of its retention policy, and at the clocks.',
  },
  'points-rejected': {
    level: 'error',
    meaning: 'The database refuses points for good; they are kept in the dead-letter file.',
    remedy: 'Read the reason in the message; the file has the points.',
  },
  'points-too-old': {
    level: 'warn',
    meaning: 'The database does not keep points of that age any more.',
    remedy: 'Lengthen the retention of the database before a backfill of old logs.',
  },
  'rotated-file-not-found': {
    level: 'error',
    meaning: 'The file that was being read is gone: what was written after the last read is lost.',
    remedy: 'Keep rotated files at least as long as the meter may be stopped.',
  },
  'rotated-file-unreadable': {
    level: 'error',
    meaning: 'A rotated file that belongs to the log cannot be read; it is tried again.',
    remedy: 'Give the user of the meter the right to read it.',
  },
  'rotation-not-reopened': {
    level: 'error',
    meaning: 'nginx has not reopened the log that the meter renamed, and is told again.',
    remedy: 'Look at the error log of nginx, and at ROTATE_PID_FILE.',
  },
  'rotation-refused': {
    level: 'error',
    meaning: 'The log has reached ROTATE_AT and is not rotated.',
    remedy: 'The message names the cause and the remedy.',
  },
  'spool-damaged': {
    level: 'error',
    meaning: 'Records of the spool are damaged or gone; the log is read again for them.',
    remedy: 'Look at the disk of STATE_DIR.',
  },
  'spool-readable': {
    level: 'info',
    meaning: 'The spool can be read again.',
    remedy: '',
    ends: ['spool-unreadable'],
  },
  'spool-undeletable': {
    level: 'warn',
    meaning: 'Segments of the spool that were sent cannot be deleted.',
    remedy: 'Look at the permissions of STATE_DIR.',
  },
  'spool-unreadable': {
    level: 'error',
    meaning: 'The spool cannot be read, so nothing is sent.',
    remedy: 'Look at the disk of STATE_DIR; the meter goes on by itself.',
  },
  'spool-unwritable': {
    level: 'error',
    meaning:
      'The spool cannot be written: points wait in memory, and reading stops when that is full.',
    remedy: 'Give STATE_DIR room and write permission; the meter goes on by itself.',
  },
  'spool-writable': {
    level: 'info',
    meaning: 'The spool is on disk again.',
    remedy: '',
    ends: ['spool-unwritable'],
  },
  'state-unlocked': {
    level: 'warn',
    meaning: 'STATE_DIR cannot be locked.',
    remedy: 'Make sure that no second meter uses this folder.',
  },
  'state-unwritable': {
    level: 'error',
    meaning: 'The state cannot be saved: a crash now means reading the log again.',
    remedy: 'Make STATE_DIR writable, or give it room.',
  },
  'state-writable': {
    level: 'info',
    meaning: 'The state is saved again.',
    remedy: '',
    ends: ['state-unwritable'],
  },
  'stdin-ended': {
    level: 'info',
    meaning: 'Standard input has ended; all of its lines are read.',
    remedy: '',
  },
  'stdin-followed': {
    level: 'info',
    meaning: 'Lines are read from standard input, which cannot be read again after a crash.',
    remedy: '',
  },
  'stdin-unreadable': {
    level: 'error',
    meaning: 'Standard input cannot be read.',
    remedy: 'Start the meter with a pipe, or take `-` out of LOG_PATHS.',
  },
  'syslog-dropped': {
    level: 'error',
    meaning: 'The system dropped datagrams because the receive buffer of the socket was full.',
    remedy: 'Raise net.core.rmem_max, or give the meter more processor time.',
  },
  'syslog-listening': {
    level: 'info',
    meaning: 'Syslog is received; messages that are sent while the meter is stopped are lost.',
    remedy: '',
    ends: ['syslog-not-listening'],
  },
  'syslog-malformed': {
    level: 'warn',
    meaning: 'Messages are no syslog as nginx sends it and were not counted.',
    remedy: 'Find out who else sends to this port.',
  },
  'syslog-not-listening': {
    level: 'error',
    meaning: 'Syslog cannot be received at the address; it is tried again every few seconds.',
    remedy: 'Free the port, or set another one in LOG_PATHS.',
  },
  'syslog-overflow': {
    level: 'error',
    meaning: 'Messages came faster than they could be counted, or while the spool was full.',
    remedy: 'Use a log file on a shared volume, which loses nothing.',
  },
  'syslog-tag-folded': {
    level: 'warn',
    meaning: 'A tag of syslog gets no log of its own and counts in another one.',
    remedy: 'Give tags names in LOG_PATHS: `syslog://address:port?name=tag`.',
  },
  'too-many-logs': {
    level: 'error',
    meaning: 'LOG_PATHS matches more files than are followed.',
    remedy: 'Raise MAX_LOGS, or name fewer files in LOG_PATHS.',
  },
  'watch-failed': {
    level: 'warn',
    meaning: 'A folder cannot be watched; its logs are read at every poll all the same.',
    remedy: 'The message names the limit of the system and how to raise it.',
  },
  'write-uncompressed': {
    level: 'warn',
    meaning: 'Compressed requests are not understood, so points are sent without compression.',
    remedy:
      'Look at what stands between the meter and the database: it takes Content-Encoding away.',
  },
  'write-blocked': {
    level: 'error',
    meaning: 'The database refuses to be written to. Everything is kept and tried again.',
    remedy: 'Look at the setting that the message names.',
  },
  'write-recovered': {
    level: 'info',
    meaning: 'The database takes points again; what waited in the spool is written in order.',
    remedy: '',
    ends: ['write-retrying', 'write-blocked'],
  },
  'write-retrying': {
    level: 'warn',
    meaning: 'The database does not take points at the moment. They wait in the spool.',
    remedy: 'Nothing, unless it lasts: then look at the database.',
  },
} as const satisfies Readonly<Record<string, NoticeKind>>;

export type NoticeCode = keyof typeof NOTICES;

export function levelOf({ code }: { readonly code: NoticeCode }): NoticeLevel {
  return NOTICES[code].level;
}

/** The conditions that are over with this notice. */
export function endsOf({ code }: { readonly code: NoticeCode }): readonly string[] {
  const kind: NoticeKind = NOTICES[code];
  return kind.ends ?? [];
}
