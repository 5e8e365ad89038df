/** Text for people in place of JSON lines. */
import { prettyFactory } from 'pino-pretty';

/** Makes text of one line of the log. */
export function prettyPrinter(color: boolean): (line: string) => string {
  return prettyFactory({ colorize: color, translateTime: 'SYS:HH:MM:ss', singleLine: true });
}
