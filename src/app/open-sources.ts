import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { namesOf } from '../config/log-setting.ts';
import { CombinedSource, type PassingSource } from '../source/combined-source.ts';
import { openFileSource } from '../source/file/file-source.ts';
import type { FollowCheckpoint } from '../source/file/follow-checkpoint.ts';
import type { LineSource } from '../source/line-source.ts';
import type { ReadFrom } from '../source/file/start-position.ts';
import { type InputStream, StdinSource } from '../source/stdin/stdin-source.ts';
import { openSyslogSource } from '../source/syslog/syslog-source.ts';
import type { Notify } from '../notice/notice.ts';

export interface LogSourcesOptions {
  readonly config: Config;
  readonly readFrom: ReadFrom;
  readonly checkpoint: FollowCheckpoint | undefined;
  readonly readBuffer: Uint8Array;
  /** Asked for only when LOG_PATHS has `-`. */
  readonly stdin: () => InputStream;
  readonly clock: Clock;
  readonly notify: Notify;
}

/**
 * Everything that LOG_PATHS names, as one source. The positions of files are kept even where no
 * file is followed, so that nothing is read twice once one is followed again.
 */
export async function openLogSources(
  options: LogSourcesOptions,
): Promise<LineSource<FollowCheckpoint>> {
  const { config, checkpoint, readBuffer, clock, notify } = options;
  const { maxLineBytes } = config;
  const paths = config.logs.filter((log) => log.kind === 'file');
  const files = await openFileSource({
    paths,
    readFrom: options.readFrom,
    checkpoint,
    readBuffer,
    maxLineBytes,
    pollIntervalMs: config.pollIntervalMs,
    watchPolling: config.watchPolling,
    clock,
    notify,
  });
  const passing: PassingSource[] = [];
  const common = { readBuffer, maxLineBytes, clock, notify };
  const isTaken = (log: string) =>
    config.logs.some((one) => namesOf(one).includes(log)) ||
    files.status().some((one) => one.log === log);
  for (const log of config.logs) {
    if (log.kind === 'stdin') {
      passing.push(new StdinSource({ ...common, input: options.stdin(), log: log.name }));
    } else if (log.kind === 'syslog') {
      const { host, port, tags, name } = log;
      // The tags' names are in the path too, and say nothing about where it listens.
      const address = log.path.replace(/\/?(?:\?.*)?$/, '');
      const known = checkpoint?.received ?? [];
      const naming = { tags, log: name, known, isTaken };
      passing.push(await openSyslogSource({ ...common, address, host, port, ...naming }));
    }
  }
  if (passing.length === 0) return files;
  return new CombinedSource({ files, hasFiles: paths.length > 0, passing });
}
