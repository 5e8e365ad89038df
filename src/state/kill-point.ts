/**
 * A place at which the fault tests end the process, to see that nothing is lost or doubled there.
 * Called with the name of the place; production passes none.
 */
export type KillPoint = (name: KillPointName) => void;

type KillPointName =
  | 'checkpoint-before-forget'
  | 'checkpoint-after-forget'
  | 'checkpoint-before-write'
  | 'checkpoint-before-fsync'
  | 'checkpoint-before-rename'
  | 'checkpoint-after-rename'
  | 'checkpoint-after-fsync'
  | 'spool-before-append'
  | 'spool-after-append'
  | 'spool-before-fsync'
  | 'spool-after-fsync'
  | 'spool-before-delete'
  | 'spool-after-delete'
  | 'spool-before-set-aside'
  | 'spool-after-set-aside'
  | 'write-before-send'
  | 'write-after-send'
  | 'write-before-ack'
  | 'write-after-ack';
