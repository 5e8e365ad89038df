import type { Config } from '../config/config.ts';
import { printable } from '../text/printable.ts';

/**
 * The variable that CLIENT_IP_FROM names must be in the format of a log: where it is not,
 * $remote_addr counts, and proxies are taken for clients. The result looks right and is wrong, so a
 * notice says it.
 */

type ClientSettings = Pick<Config, 'clientFrom' | 'clientIp' | 'dimensionWindowS'>;

/** Without `$`; undefined when nothing is asked of it. */
export function clientVariable(config: ClientSettings): string | undefined {
  const { variable } = config.clientFrom;
  const isAsked = config.dimensionWindowS !== undefined && config.clientIp !== 'off';
  return isAsked && variable !== 'remote_addr' ? variable : undefined;
}

const LOGS_MAX = 5;

/** `logs`: those of this format, as far as they are known. Safe to print. */
export function clientVariableMissing(
  variable: string,
  formatName: string,
  logs: readonly string[],
): string {
  const more = logs.length > LOGS_MAX ? ` and ${logs.length - LOGS_MAX} more` : '';
  const names = logs.slice(0, LOGS_MAX).join(', ') + more;
  const where = logs.length === 0 ? '' : ` of the log${logs.length === 1 ? '' : 's'} ${names}`;
  const orKey = formatName === 'json' ? ', or name its key in LOG_JSON_KEYS' : '';
  return printable(
    `The format ${formatName}${where} has no $${variable}, which CLIENT_IP_FROM names: ` +
      '$remote_addr counts as the client, which behind a proxy is the proxy. ' +
      `Put $${variable} into the log_format of nginx.conf (and into LOG_FORMAT, where that is ` +
      `set)${orKey}, or take CLIENT_IP_FROM back.`,
  );
}
