import { nearestWord } from '../text/nearest-word.ts';

/**
 * Warnings about variables that were probably meant for the meter and would otherwise be ignored in
 * silence. The environment is full of other programs' variables, so a name must be close to one of
 * ours, or begin with a word that only ours begin with.
 */

/** First words that hardly any other program uses for its variables. */
const OWN_FIRST_WORDS = ['INFLUX', 'SPOOL', 'LOG', 'LATENESS', 'REWRITE'];

/** Settings that had another name before the first version. */
const RENAMED: Readonly<Record<string, string>> = { DETAIL_WINDOW: 'DIMENSION_WINDOW' };

/** Our settings have no prefix; people add one all the same. */
const PREFIX = 'NGINX_METER_';

/** Other programs' variables that stand near ours. */
const FOREIGN = new Set([
  'LOGNAME',
  'HOST',
  'HOSTNAME',
  'HOSTTYPE',
  'WINDOWID',
  'LISTEN_FDS',
  'LISTEN_PID',
  'LISTEN_FDNAMES',
  'LISTEN_PIDFDID',
  'PAGER',
  'PAGES',
  'LOGDIR',
  'LOGFILE',
  'STATE_DIRECTORY',
  'LOGS_DIRECTORY',
  'TAG',
  'INFLUX_CONFIGS_PATH',
  'INFLUX_ACTIVE_CONFIG',
  'INFLUX_SKIP_VERIFY',
  'INFLUX_HTTP_DEBUG',
]);

/** What Kubernetes and `docker --link` set for a service called `influx`, `log` or `nginx-meter`. */
const SERVICE_LINK = /(?:_SERVICE_(?:HOST|PORT)(?:_\w+)?|_PORT(?:_\d+_(?:TCP|UDP)(?:_\w+)?)?)$/;

/** Read by the official InfluxDB image, so it may share an environment file with the meter. */
const INFLUX_IMAGE =
  /^INFLUXDB_(?:DB|DB_\w+|USER|USER_\w+|ADMIN_\w+|READ_\w+|WRITE_\w+|HTTP_\w+|DATA_\w+|META_\w+|REPORTING_\w+|INIT_\w+|CONFIG_\w+)$/;

function probablyMeant(name: string, known: readonly string[]): string | undefined {
  const upper = name.toUpperCase();
  if (SERVICE_LINK.test(upper)) return undefined;
  if (upper.startsWith(PREFIX)) {
    const rest = upper.slice(PREFIX.length);
    return nearestWord(rest, known, Math.max(2, Math.floor(rest.length / 2))) ?? '';
  }
  const renamed = RENAMED[upper];
  if (renamed !== undefined) return renamed;
  if (FOREIGN.has(upper) || INFLUX_IMAGE.test(upper)) return undefined;
  // A short name has too many neighbours for two slips.
  const close = nearestWord(upper, known, upper.length <= 5 ? 1 : 2);
  if (close !== undefined) return close;
  const firstWord = (upper.split('_', 1)[0] ?? '').replace(/^INFLUXDB$/, 'INFLUX');
  if (!upper.includes('_') || !OWN_FIRST_WORDS.includes(firstWord)) return undefined;
  const relatives = known.filter((candidate) => candidate.startsWith(`${firstWord}_`));
  const rest = upper.slice(upper.indexOf('_'));
  return nearestWord(`${firstWord}${rest}`, relatives, 64) ?? '';
}

/** One sentence for each name in `names` that is unknown but close to one of `known`. */
export function warnAboutUnknown(names: readonly string[], known: readonly string[]): string[] {
  const warnings: string[] = [];
  for (const name of [...names].sort()) {
    if (known.includes(name)) continue;
    const meant = probablyMeant(name, known);
    if (meant === undefined) continue;
    const advice =
      meant === '' ? 'See `nginx-meter --help` for the settings' : `Did you mean ${meant}?`;
    warnings.push(`${name} is no setting and was ignored. ${advice}`);
  }
  return warnings;
}
