import * as z from 'zod';
import { ALIASES, JSON_PRESET, PRESETS } from '../parse/format/presets.ts';
import { dimensions } from './dimension-settings.ts';
import {
  readFolder,
  readHostNames,
  readHostTag,
  readInfluxUrl,
  readJsonKeys,
  readListen,
  readLogFormat,
  readLogPaths,
  readTags,
  readText,
  readToken,
  readUser,
  readWindowS,
} from './readers.ts';
import { Secret } from './secret.ts';
import {
  durationMs,
  durationOrOff,
  oneOf,
  optional,
  readSwitch,
  setting,
  sizeBytes,
  sizeOrOff,
  wholeNumber,
} from './setting.ts';

/**
 * The one list of settings: names, defaults, limits and texts. The tables of docs/settings.md,
 * `.env.example`, the messages about faults and the type of the configuration follow from it.
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const MIB = 1024 * 1024;

const SIZE_FORM = 'bytes, or a number with KiB, MiB, GiB (1024) or kB, MB, GB (1000)';

const FORMAT_NAMES = [
  ...PRESETS.map(({ name }) => name),
  JSON_PRESET.name,
  ...ALIASES.map(({ alias }) => alias),
];

const logs = {
  LOG_PATHS: setting(
    {
      group: 'Logs',
      text: "The access logs to follow. A name becomes the tag `log`; without one it is the file's base name without its extension, `stdin`, or the tag of the syslog message.",
      allowed:
        'with commas between them: paths or globs, `-` for standard input, `syslog://address:port` for syslog over UDP, each with a name if you like: `shop=/logs/shop/*.log`. Names for syslog tags: `syslog://0.0.0.0:5514?shop=tag1&blog=tag2`',
      default: '/var/log/nginx/access.log',
    },
    readLogPaths,
  ),
  LOG_FORMAT: setting(
    {
      group: 'Logs',
      text: 'How the lines are written. `auto` recognises the format from the first lines.',
      allowed: `\`auto\`, a preset (${FORMAT_NAMES.map((name) => `\`${name}\``).join(', ')}), or the text of nginx's \`log_format\` directive, quotes and line breaks included`,
      default: 'auto',
    },
    readLogFormat,
  ),
  NGINX_CONF: optional(
    {
      group: 'Logs',
      text: "nginx's configuration: every access log that it names is followed, in its format, and changes are taken up. LOG_PATHS, when set, says which logs are followed, and LOG_FORMAT the format of all.",
      allowed:
        'the path of nginx.conf, mounted with all that it includes at the places nginx knows',
      example: '/etc/nginx/nginx.conf',
    },
    readFolder,
  ),
  LOG_JSON_KEYS: setting(
    {
      group: 'Logs',
      text: 'Keys of JSON logs that the meter does not recognise by itself. `request_time` is in seconds, `request_time_ms` and `request_time_us` are for others.',
      allowed:
        '`variable=key` with commas between them, the variable being one of nginx, the key with dots for objects within objects',
      default: '',
      example: 'status=resp.code,request_time_ms=took',
    },
    readJsonKeys,
  ),
  READ_FROM: setting(
    {
      group: 'Logs',
      text: 'Where to begin in a log that was never read before: at the beginning of the file, at its end, or with `all` of its rotated files.',
      allowed: '`beginning`, `end` or `all`',
      default: 'beginning',
    },
    oneOf(['beginning', 'end', 'all']),
  ),
  MAX_LINE_BYTES: setting(
    {
      group: 'Logs',
      text: 'A longer line is counted as unparsed and passed over.',
      allowed: `${SIZE_FORM}; from 4KiB to 16MiB`,
      default: '1MiB',
    },
    sizeBytes({ min: 4096, max: 16 * MIB }),
  ),
  MAX_LOGS: setting(
    {
      group: 'Logs',
      text: 'At most so many files are followed. Where LOG_PATHS matches more, the rest is left out, and the meter is not ready.',
      allowed: 'a whole number from 1 to 100000',
      default: '1000',
    },
    wholeNumber({ min: 1, max: 100_000 }),
  ),
  POLL_INTERVAL: setting(
    {
      group: 'Logs',
      text: 'How often the files are looked at even when the system reports no change.',
      allowed: 'a duration from 100ms to 1m',
      default: '1s',
    },
    durationMs({ min: 100, max: MINUTE }),
  ),
  WATCH_POLLING: setting(
    {
      group: 'Logs',
      text: 'Look at the files once in POLL_INTERVAL and ask the system for no change events; for NFS, Docker Desktop mounts and FUSE.',
      allowed: '`true` or `false`',
      default: 'false',
    },
    readSwitch,
  ),
  ROTATE_AT: setting(
    {
      group: 'Logs',
      text: 'The meter rotates a log itself once it is longer than this and read to its end: it renames the log to `NAME.1`, deletes the `NAME.1` before, and tells nginx to reopen the log. The volume must be writable, and both must share one process namespace (`shareProcessNamespace: true` in Kubernetes).',
      allowed: `\`off\`, or ${SIZE_FORM}; from 64KiB to 1TiB`,
      default: 'off',
    },
    sizeOrOff({ min: 64 * 1024, max: MIB * MIB }),
  ),
  ROTATE_PID_FILE: optional(
    {
      group: 'Logs',
      text: "File with the pid of nginx's master process, for ROTATE_AT.",
      allowed: "the path of the file that nginx's `pid` directive names",
      defaultText: '`/var/run/nginx.pid`, else the only nginx master there is',
      example: '/var/run/nginx.pid',
    },
    readFolder,
  ),
};

const windows = {
  WINDOW: setting(
    {
      group: 'Windows',
      text: 'Length of a window: one point per site and window.',
      allowed:
        'a duration that divides a minute (`1s`, `5s`, `10s`, `15s`, `30s` …) or an hour in whole minutes (`1m`, `5m`, `1h` …)',
      default: '10s',
    },
    readWindowS,
  ),
  LATENESS: setting(
    {
      group: 'Windows',
      text: "How late a line may come and still correct its window (nginx's `buffer=` and `flush=`, long requests). Later ones are counted as late.",
      allowed: 'a duration up to 1h, and at most 720 windows',
      default: '5m',
    },
    durationMs({ min: 0, max: HOUR }),
  ),
  ERROR_STATUS_MIN: setting(
    {
      group: 'Windows',
      text: 'Statuses from here on count as errors in `errors` and `error_rate`.',
      allowed: 'a whole number from 100 to 599',
      default: '400',
    },
    wholeNumber({ min: 100, max: 599 }),
  ),
  MAX_SITES: setting(
    {
      group: 'Windows',
      text: 'At most so many values of the tag `site` per log; the rest is added up as `other`.',
      allowed: 'a whole number from 1 to 1000',
      default: '50',
    },
    wholeNumber({ min: 1, max: 1000 }),
  ),
  HOST_TAG: optional(
    {
      group: 'Windows',
      text: 'Value of the tag `host`. Two meters with the same `host` and `log` overwrite each other.',
      allowed: 'up to 200 bytes without control characters or backslashes',
      defaultText: "the machine's host name",
    },
    readHostTag,
  ),
  TAGS: setting(
    {
      group: 'Windows',
      text: 'Tags that every point carries.',
      allowed:
        '`name=value` with commas between them; not the names that the points use themselves',
      default: '',
      example: 'env=production,region=eu',
    },
    readTags,
  ),
  REWRITE: setting(
    {
      group: 'Windows',
      text: 'Whether a window that a late line changed is written again. `never` holds each window back for LATENESS and writes it once; for InfluxDB 3 and for VictoriaMetrics without deduplication, which do not overwrite reliably.',
      allowed: '`always` or `never`',
      default: 'always',
    },
    oneOf(['always', 'never']),
  ),
};

const influx = {
  INFLUX_URL: optional(
    {
      group: 'InfluxDB',
      text: 'Where to write. Unset: the points stay in STATE_DIR, and are sent once this is set.',
      allowed: 'the base address, http or https, without user, password or query',
      example: 'http://influxdb:8086',
    },
    readInfluxUrl,
  ),
  INFLUX_DB: optional(
    {
      group: 'InfluxDB',
      text: 'Database, for InfluxDB 1 (and 3, and VictoriaMetrics).',
      allowed: 'a name',
      example: 'nginx',
    },
    readText,
  ),
  INFLUX_USER: optional(
    {
      group: 'InfluxDB',
      text: 'User, for InfluxDB 1 with authentication.',
      allowed: 'a name',
    },
    readUser,
  ),
  INFLUX_PASSWORD: optional(
    { group: 'InfluxDB', text: 'Password of INFLUX_USER.', allowed: 'any text', secret: true },
    (text) => new Secret(text),
  ),
  INFLUX_ORG: optional(
    {
      group: 'InfluxDB',
      text: 'Organisation, for InfluxDB 2. Needed with INFLUX_TOKEN.',
      allowed: 'a name or an id',
    },
    readText,
  ),
  INFLUX_BUCKET: optional(
    {
      group: 'InfluxDB',
      text: 'Bucket, for InfluxDB 2.',
      allowed: 'a name',
    },
    readText,
  ),
  INFLUX_TOKEN: optional(
    {
      group: 'InfluxDB',
      text: 'Token, for InfluxDB 2 and 3.',
      allowed: 'a token with the right to write',
      secret: true,
    },
    readToken,
  ),
  INFLUX_VERSION: optional(
    {
      group: 'InfluxDB',
      text: 'Forces the write API. Otherwise it follows from the other settings: INFLUX_DB means 1 (with INFLUX_TOKEN: 3), INFLUX_BUCKET means 2.',
      allowed: '`1`, `2` or `3`',
      example: '3',
    },
    oneOf(['1', '2', '3']),
  ),
};

const running = {
  STATE_DIR: optional(
    {
      group: 'Running',
      text: 'Folder for the checkpoint and the spool. One meter per folder.',
      allowed: 'a folder that the meter may write to; it is made if it does not exist',
      defaultText: '`/var/lib/nginx-meter` where that is a folder to write to, else `./state`',
    },
    readFolder,
  ),
  SPOOL_MAX_BYTES: setting(
    {
      group: 'Running',
      text: 'How much disk the points that wait for the database may take. When that is full, reading stops and the log itself is the buffer. Without INFLUX_URL the oldest points make room.',
      allowed: `${SIZE_FORM}; from 1MiB to 1TiB`,
      default: '256MiB',
    },
    sizeBytes({ min: MIB, max: MIB * MIB }),
  ),
  HISTORY: setting(
    {
      group: 'Running',
      text: 'How long windows are kept in the history, a SQLite file in STATE_DIR that the page and `nginx-meter report --since` show. Older windows are longer: after two hours a minute, and ten minutes for dimensions; after two days ten minutes.',
      allowed: '`off`, or a duration from 1h to 400d',
      default: '7d',
    },
    durationOrOff({ min: HOUR, max: 400 * 24 * HOUR }),
  ),
  HISTORY_MAX_BYTES: setting(
    {
      group: 'Running',
      text: 'How much disk the history may take. When that is full, its oldest windows make room.',
      allowed: `${SIZE_FORM}; from 1MiB to 1TiB`,
      default: '256MiB',
    },
    sizeBytes({ min: MIB, max: MIB * MIB }),
  ),
  LISTEN: setting(
    {
      group: 'Running',
      text: 'Where the page, /healthz, /readyz and /metrics are served.',
      allowed: '`address:port` (`0.0.0.0:9145` and `[::]:9145` mean every address), or `off`',
      default: '127.0.0.1:9145',
    },
    readListen,
  ),
  PAGE: setting(
    {
      group: 'Running',
      text: 'Who sees the traffic at LISTEN where no PAGE_PASSWORD is set: `loopback` is this machine alone, `open` everybody who reaches the port. It shows addresses of clients and URLs.',
      allowed: '`loopback`, `open` or `off`',
      default: 'loopback',
    },
    oneOf(['loopback', 'open', 'off']),
  ),
  PAGE_PASSWORD: optional(
    {
      group: 'Running',
      text: 'Whoever gives it sees the traffic from anywhere (basic authentication, any user name). It travels unencrypted: put a proxy with TLS before it, or a tunnel.',
      allowed: 'any text',
      secret: true,
    },
    (text) => new Secret(text),
  ),
  PAGE_HOSTS: setting(
    {
      group: 'Running',
      text: 'Names by which the page may be asked for, besides IP addresses, `localhost` and the host name. Other names are refused, so that no foreign web page can read it by way of a browser.',
      allowed: 'names of hosts with commas between them, without a port',
      default: '',
      example: 'meter.example.com',
    },
    readHostNames,
  ),
  LOG_LEVEL: setting(
    {
      group: 'Running',
      text: "Least severity that the meter's own log shows.",
      allowed: '`debug`, `info`, `warn` or `error`',
      default: 'info',
    },
    oneOf(['debug', 'info', 'warn', 'error']),
  ),
  LOG_PRETTY: setting(
    {
      group: 'Running',
      text: "Write the meter's own log as text for people instead of JSON. `auto` does so on a terminal.",
      allowed: '`auto`, `true` or `false`',
      default: 'auto',
    },
    oneOf(['auto', 'true', 'false']),
  ),
};

export const settings = z.object({ ...logs, ...windows, ...dimensions, ...influx, ...running });

export type Settings = z.output<typeof settings>;
