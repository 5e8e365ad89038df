import type { Logger } from 'pino';
import type { SealedWindow } from '../../aggregate/sealed-window.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { createLogger, type LogSink } from '../../notice/logger.ts';
import type { Notify } from '../../notice/notice.ts';
import { createNotifier } from '../../notice/notifier.ts';
import type { StatusSnapshot } from '../../status/meter-status.ts';
import { Summary } from './summary.ts';
import { TerminalRegion } from './terminal-region.ts';
import { logWindows } from './window-log.ts';

/**
 * What a running meter shows: on a terminal a summary that is drawn again every second, with the log
 * above it; elsewhere the log alone, with a line per window. Owns the output and the cursor until
 * `close()`, which must be called on every way out.
 */
export interface RunOutput {
  readonly logger: Logger;
  readonly notify: Notify;
  readonly onWindows: (windows: readonly SealedWindow[]) => void;
  /** Begins to draw; does nothing where there is no terminal. */
  readonly show: (snapshot: StatusSnapshot) => void;
  readonly close: () => void;
}

/** `process.stdout`, or what a test puts in its place. */
export interface OutputStream extends LogSink {
  write(text: string): unknown;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

const DRAW_INTERVAL_MS = 1000;

export async function openRunOutput(
  stream: OutputStream,
  config: Config,
  clock: Clock,
): Promise<RunOutput> {
  // LOG_PRETTY=false on a terminal means that a program reads it after all.
  const isLive = stream.isTTY === true && !config.dumbTerminal && config.logPretty !== 'false';
  const region = isLive ? new TerminalRegion(stream) : undefined;
  const sink: LogSink =
    region === undefined ? stream : { isTTY: true, write: (text) => region.print(text) };
  const logger = await createLogger(sink, {
    level: config.logLevel,
    pretty: config.logPretty,
    color: config.color,
  });
  const { notify, flush } = createNotifier(logger, clock);
  const summary = new Summary({ windowS: config.windowS, clock });
  // With a database the windows are there to be seen; a line for each would only be noise.
  const level = config.influx === undefined ? 'info' : 'debug';
  const stop = new AbortController();
  let draw = () => {};
  const close = () => {
    process.off('exit', close);
    stop.abort();
    flush();
    region?.close();
  };
  // Also when a fault ends the process: a terminal without a cursor is a nuisance.
  process.once('exit', close);
  return {
    logger,
    notify,
    onWindows: (windows) => {
      if (region === undefined) return logWindows(logger, level, windows);
      summary.add(windows);
      draw();
    },
    show: (snapshot) => {
      if (region === undefined) return;
      draw = () => region.draw(summary.render(snapshot(), { color: config.color }));
      const timer = setInterval(draw, DRAW_INTERVAL_MS);
      timer.unref();
      stop.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
      draw();
    },
    close,
  };
}
