import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { namesOf } from '../config/log-setting.ts';
import type { Notify } from '../notice/notice.ts';
import { CombinedSource } from '../source/combined-source.ts';
import { openFileSource } from '../source/file/file-source.ts';
import {
  type FollowCheckpoint,
  readFollowCheckpoint,
} from '../source/rotation/follow-checkpoint.ts';
import type { ReadFrom } from '../source/rotation/start-position.ts';
import type { LineSource, SourcePositions } from '../source/line-source.ts';
import { type InputStream, StdinSource } from '../source/stdin/stdin-source.ts';
import { readSyslogPositions } from '../source/syslog/positions.ts';
import { openSyslogSource, type SyslogSource } from '../source/syslog/syslog-source.ts';

export interface LogSourcesOptions {
  readonly config: Config;
  readonly readFrom: ReadFrom;
  readonly saved: SourcePositions | undefined;
  readonly readBuffer: Uint8Array;
  /** Asked for only when LOG_PATHS has `-`. */
  readonly stdin: () => InputStream;
  readonly clock: Clock;
  readonly notify: Notify;
}

export interface LogSources {
  readonly source: LineSource<SourcePositions>;
  /** Of the files alone. */
  readonly filePositions: () => FollowCheckpoint;
}

/** Whether the positions have the forms that `openLogSources` reads. */
export function arePositionsKnown({ file, syslog }: SourcePositions): boolean {
  const isFileKnown = file === undefined || readFollowCheckpoint(file) !== undefined;
  return isFileKnown && (syslog === undefined || readSyslogPositions(syslog) !== undefined);
}

/**
 * Everything that LOG_PATHS names, as one source. The positions of files are kept even where no
 * file is followed, so that nothing is read twice once one is followed again.
 */
export async function openLogSources(options: LogSourcesOptions): Promise<LogSources> {
  const { config, saved = {}, readBuffer, clock, notify } = options;
  const { maxLineBytes } = config;
  const common = { readBuffer, maxLineBytes, clock, notify };
  const paths = config.logs.filter((log) => log.kind === 'file');
  const files = await openFileSource({
    ...common,
    paths,
    readFrom: options.readFrom,
    checkpoint: readFollowCheckpoint(saved.file),
    pollIntervalMs: config.pollIntervalMs,
    watchPolling: config.watchPolling,
    logsMax: config.maxLogs,
    holdsNewLogs: true,
  });
  const stdin: StdinSource[] = [];
  const receivers: SyslogSource[] = [];
  const known = readSyslogPositions(saved.syslog)?.received ?? [];
  const isTaken = (log: string) =>
    config.logs.some((one) => namesOf(one).includes(log)) ||
    files.status().some((one) => one.log === log);
  for (const log of config.logs) {
    if (log.kind === 'stdin') {
      stdin.push(new StdinSource({ ...common, input: options.stdin(), log: log.name }));
    } else if (log.kind === 'syslog') {
      const { host, port, tags, name } = log;
      // The tags' names are in the path too, and say nothing about where it listens.
      const address = log.path.replace(/\/?(?:\?.*)?$/, '');
      const naming = { tags, log: name, known, isTaken };
      receivers.push(await openSyslogSource({ ...common, address, host, port, ...naming }));
    }
  }
  const received = () => [...new Set(receivers.flatMap((one) => one.receivedLogs))];
  const source = new CombinedSource({
    saved,
    kinds: {
      // Without any path the files would never end.
      file: { sources: paths.length > 0 ? [files] : [], positions: () => files.checkpoint() },
      stdin: { sources: stdin },
      ...(receivers.length === 0
        ? {}
        : { syslog: { sources: receivers, positions: () => ({ received: received() }) } }),
    },
  });
  return { source, filePositions: () => files.checkpoint() };
}
