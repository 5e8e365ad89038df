import { pino, type Logger, stdSerializers } from 'pino';
import { printable } from '../text/printable.ts';

/**
 * The meter's own log: JSON, one object a line, written synchronously so that nothing is lost when
 * the process ends (the volume is a few lines a minute). For people pino-pretty makes text of it.
 *
 * Whatever is logged may hold a path, a reply of a server or a piece of the access log, so every
 * string is made printable first: JSON escapes only a part of the control characters, text none.
 */

/** Takes whole lines, each with its line feed. */
export interface LogSink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `auto`: text when the sink is a terminal. */
  readonly pretty: 'auto' | 'true' | 'false';
  readonly color: boolean;
}

export async function createLogger(sink: LogSink, options: LoggerOptions): Promise<Logger> {
  const wantsText = options.pretty === 'true' || (options.pretty === 'auto' && sink.isTTY === true);
  // Loaded only where it is wanted.
  const pretty = wantsText ? await import('./pretty-log.ts') : undefined;
  const toText = pretty?.prettyPrinter(options.color);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: {
        level: (level) => ({ level }),
        log: (object) => Object.fromEntries(Object.entries(object).map(safeEntry)),
      },
      serializers: { err: safeError },
      hooks: {
        logMethod(args, method) {
          const [first, message, ...rest] = args.map((part: unknown) =>
            typeof part === 'string' ? printable(part) : part,
          );
          method.apply(this, [first, typeof message === 'string' ? message : undefined, ...rest]);
        },
      },
    },
    { write: (line) => void sink.write(toText === undefined ? line : toText(line)) },
  );
}

function safeEntry([name, value]: [string, unknown]): [string, unknown] {
  return [printable(name), safeValue(value, 0)];
}

function safeValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return printable(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return safeError(value);
  // Secrets and the like say how they want to be shown.
  if ('toJSON' in value && typeof value.toJSON === 'function') return value;
  if (depth > 4) return '[deep]';
  if (Array.isArray(value)) return value.map((part) => safeValue(part, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [printable(name), safeValue(part, depth + 1)]),
  );
}

/** Keeps the line ends of the stack, whose lines are ours but for the message. */
function safeError(error: Error): Record<string, unknown> {
  const { type, message, stack } = stdSerializers.err(error);
  const lines = (stack ?? '').split('\n').map((line) => printable(line));
  return { type, message: printable(message), stack: lines.join('\n') };
}
