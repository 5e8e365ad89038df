import type { Answer } from './stand-in-database.ts';

/** What a person gets wrong, for test/cli/bad-inputs.test.ts: a row for each. */
export interface Row {
  readonly about: string;
  readonly words: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  readonly code: number;
  /** What the database of the test answers. */
  readonly answer?: Answer;
  /** The command takes the process for itself, so it gets one. */
  readonly isSpawned?: boolean;
}

const file = (name: string) => `DIR/${name}`;
const stdout = (...words: readonly string[]) => ['backfill', '--stdout', ...words];
const checkFile = (name: string) => ['check', '--json', '--offline', file(name)];
const check = ['check', '--json', '--offline'];
const wrong = (about: string, settings: Readonly<Record<string, string>>): Row => {
  return { about, words: check, settings, code: 2 };
};

const WORDS: readonly Row[] = [
  { about: 'a command with a slip', words: ['bakfill'], code: 2 },
  { about: 'a word that is no command', words: ['frobnicate'], code: 2 },
  { about: 'a file without a command', words: ['/var/log/nginx/access.log'], code: 2 },
  { about: 'an option with a slip', words: ['--hlep'], code: 2 },
  { about: 'an option that there is not', words: ['-x'], code: 2 },
  { about: 'an option of another command', words: ['check', '--stdout'], code: 2 },
  { about: 'an option with a slip before a file', words: ['--stduot', 'access.log'], code: 2 },
  {
    about: 'an option before its command',
    words: ['--from', '2026-11-22', 'backfill', 'a'],
    code: 2,
  },
  { about: 'help about nothing', words: ['help', 'chek'], code: 2 },
  { about: 'two files', words: ['check', 'a', 'b'], code: 2 },
  { about: 'no file', words: ['report'], code: 2 },
  { about: 'no file', words: ['backfill'], code: 2 },
  { about: 'an option without its value', words: ['backfill', 'a', '--from'], code: 2 },
  { about: 'a value that is none', words: ['backfill', 'a', '--stdout=yes'], code: 2 },
  { about: 'a word for a time', words: ['backfill', 'a', '--from', 'yesterday'], code: 2 },
  { about: 'a month that there is not', words: ['backfill', 'a', '--to', '2026-13-01'], code: 2 },
  {
    about: 'a span of nothing',
    words: ['backfill', 'a', '--from', '2026-11-22', '--to', '2026-11-22'],
    code: 2,
  },
  { about: 'a part above all', words: ['backfill', 'a', '--max-unparsed', '200%'], code: 2 },
  { about: 'a duration without a unit', words: ['backfill', 'a', '--retry-for', '10'], code: 2 },
  {
    about: 'two things on standard output',
    words: ['backfill', 'a', '--stdout', '--json'],
    code: 2,
  },
  { about: 'a shell that is not known', words: ['completion', 'tcsh'], code: 2 },
  { about: 'no shell', words: ['completion'], code: 2 },
  { about: 'a word too many', words: ['healthcheck', 'now'], code: 2 },
  { about: 'no time at all', words: ['demo', '--seconds', '0'], code: 2 },
  { about: 'a rate that is no whole number', words: ['demo', '--rate', '1e3'], code: 2 },
];

const SETTINGS: readonly Row[] = [
  wrong('a duration without a unit', { WINDOW: '10' }),
  wrong('a window that is too long', { WINDOW: '2d' }),
  wrong('no port', { LISTEN: '127.0.0.1' }),
  wrong('a word with a slip', { LISTEN: 'of' }),
  wrong('a folder for a log', { LOG_PATHS: '/var/log/nginx/' }),
  wrong('one log twice', { LOG_PATHS: '/a.log,/a.log' }),
  wrong('two logs of one name', { LOG_PATHS: '/a/access.log,/b/access.log' }),
  wrong('a syslog address without a port', { LOG_PATHS: 'syslog://0.0.0.0' }),
  wrong('a preset with a slip', { LOG_FORMAT: 'combned' }),
  wrong('a format without a time', { LOG_FORMAT: '$remote_addr "$request" $status' }),
  wrong('a format without a status', { LOG_FORMAT: '$remote_addr [$time_local] "$request"' }),
  wrong('a format of Apache', { LOG_FORMAT: '%h %l %u %t "%r" %>s %b' }),
  wrong('a format of Apache with agents', {
    LOG_FORMAT: '%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"',
  }),
  wrong('a database without an address', { INFLUX_DB: 'meter' }),
  wrong('an address without a database', { INFLUX_URL: 'http://influxdb:8086' }),
  wrong('an address without http', { INFLUX_URL: 'influxdb:8086', INFLUX_DB: 'meter' }),
  wrong('a password in the address', {
    INFLUX_URL: 'http://u:p@influxdb:8086',
    INFLUX_DB: 'meter',
  }),
  wrong('a bucket and a database', {
    INFLUX_URL: 'http://influxdb:8086',
    INFLUX_DB: 'meter',
    INFLUX_BUCKET: 'meter',
  }),
  wrong('a password file that is missing', {
    INFLUX_URL: 'http://influxdb:8086',
    INFLUX_DB: 'meter',
    INFLUX_PASSWORD_FILE: 'DIR/none',
  }),
  wrong('a size that is none', { SPOOL_MAX_BYTES: 'much' }),
  wrong('a truth that is none', { WATCH_POLLING: 'perhaps' }),
  wrong('a misspelled name beside a wrong value', { INFLUX_UR: 'http://a', WINDOW: '10' }),
  wrong('an nginx.conf that is missing', { NGINX_CONF: 'DIR/none.conf' }),
  wrong('an nginx.conf that is cut off', { NGINX_CONF: 'DIR/cut.conf' }),
  wrong('countries that are no database', { GEOIP_DB: 'DIR/access.log' }),
  { about: 'nowhere to write to', words: ['backfill', file('access.log')], code: 2 },
  { about: 'a duration without a unit', words: ['run'], settings: { WINDOW: '10' }, code: 2 },
  { about: 'a wrong setting', words: ['demo'], settings: { MAX_SITES: 'many' }, code: 2 },
  {
    about: 'an nginx.conf that is missing',
    words: ['run'],
    settings: { NGINX_CONF: 'DIR/none.conf', LISTEN: 'off' },
    code: 2,
    isSpawned: true,
  },
  { about: 'nobody to ask', words: ['healthcheck'], settings: { LISTEN: 'off' }, code: 1 },
  { about: 'a wrong setting', words: ['healthcheck'], settings: { WINDOW: '10' }, code: 1 },
];

const FILES: readonly Row[] = [
  { about: 'a file with a slip', words: stdout(file('acess.log')), code: 1 },
  { about: 'a folder that is missing', words: stdout(file('none/deep/access.log')), code: 1 },
  { about: 'a file for a folder', words: stdout(file('access.log/a.log')), code: 1 },
  { about: 'a folder', words: stdout('DIR'), code: 1 },
  { about: 'a pipe', words: stdout(file('pipe')), code: 1 },
  { about: 'a device', words: stdout('/dev/null'), code: 1 },
  { about: 'a link to nothing', words: stdout(file('dangling')), code: 1 },
  { about: 'a link to itself', words: stdout(file('circle')), code: 1 },
  { about: 'a name that is too long', words: stdout(`DIR/${'x'.repeat(300)}`), code: 1 },
  { about: 'two that are missing', words: stdout(file('none.1'), file('none.2')), code: 1 },
  { about: 'a log without a file', words: stdout('shop='), code: 2 },
  { about: 'a name that is none', words: stdout('my shop=DIR/access.log'), code: 2 },
  { about: 'xz', words: stdout(file('access.log.xz')), code: 1 },
  { about: 'bzip2', words: stdout(file('access.log.bz2')), code: 1 },
  { about: 'a cut .gz', words: stdout(file('cut.log.gz')), code: 1 },
  { about: 'a cut .zst', words: stdout(file('cut.log.zst')), code: 1 },
  { about: 'a log of another kind', words: stdout(file('other.log')), code: 1 },
  { about: 'too many odd lines', words: stdout(file('mixed.log')), code: 1 },
  {
    about: 'lines of another format',
    words: stdout(file('access.log')),
    settings: { LOG_FORMAT: 'vhost' },
    code: 1,
  },
  {
    about: 'a time without lines',
    words: stdout('--from', '2030-01-01', file('access.log')),
    code: 0,
  },
  { about: 'one file twice', words: stdout(file('access.log'), 'DIR/./access.log'), code: 0 },
  { about: 'nothing on standard input', words: stdout('-'), code: 0 },
  { about: 'a file that is missing', words: ['report', file('none.log')], code: 1 },
  { about: 'a folder', words: ['report', 'DIR'], code: 1 },
  { about: 'a file that is missing', words: checkFile('none.log'), code: 1 },
  { about: 'a folder', words: ['check', '--json', '--offline', 'DIR'], code: 1 },
  { about: 'xz', words: checkFile('access.log.xz'), code: 1 },
  { about: 'a log of another kind', words: checkFile('other.log'), code: 1 },
  { about: "nginx's error log", words: checkFile('error.log'), code: 0 },
  {
    about: 'lines of another format',
    words: checkFile('access.log'),
    settings: { LOG_FORMAT: 'vhost' },
    code: 1,
  },
  {
    about: 'a misspelled variable',
    words: checkFile('access.log'),
    settings: {
      LOG_FORMAT:
        '$remote_adr - - [$time_local] "$request" $status $bytes_snt "-" "$http_user_agnet"',
    },
    code: 1,
  },
  { about: 'no such log', words: check, settings: { LOG_PATHS: 'DIR/none.log' }, code: 1 },
  {
    about: 'a pattern that fits nothing',
    words: check,
    settings: { LOG_PATHS: 'DIR/*.none' },
    code: 1,
  },
  {
    about: 'an error log in a pattern',
    words: check,
    settings: { LOG_PATHS: 'DIR/err*.log' },
    code: 0,
  },
  {
    about: 'a state folder that is a file',
    words: check,
    settings: { STATE_DIR: 'DIR/access.log' },
    code: 1,
  },
  {
    about: 'a state folder in a file',
    words: check,
    settings: { STATE_DIR: 'DIR/access.log/state' },
    code: 1,
  },
  { about: 'a state folder in use', words: check, settings: { STATE_DIR: 'DIR/used' }, code: 0 },
  {
    about: 'a state folder in use',
    words: ['run'],
    settings: { STATE_DIR: 'DIR/used', LISTEN: 'off' },
    code: 1,
    isSpawned: true,
  },
  {
    about: 'a state folder that is a file',
    words: ['run'],
    settings: { STATE_DIR: 'DIR/access.log', LISTEN: 'off' },
    code: 1,
    isSpawned: true,
  },
  { about: 'a misspelled setting', words: check, settings: { LATENES: '5m' }, code: 0 },
];

const SERVERS: readonly Row[] = [
  ...[
    ['check', '--json', file('access.log')],
    ['backfill', file('access.log')],
  ].flatMap((words) => [
    {
      about: 'a wrong password',
      words,
      answer: { status: 401, body: '{"error":"authorization failed"}' },
      settings: { INFLUX_USER: 'u', INFLUX_PASSWORD: 'p' },
      code: 1,
    },
    {
      about: 'a database that is missing',
      words,
      answer: { status: 404, body: '{"error":"database not found: \\"meter\\""}' },
      code: 1,
    },
    {
      about: 'a user without the right to write',
      words,
      answer: {
        status: 403,
        body: '{"error":"\\"u\\" user is not authorized to write to database \\"meter\\""}',
      },
      code: 1,
    },
    { about: 'another address', words, answer: { status: 301 }, code: 1 },
    { about: 'a server that hangs up', words, answer: 'gone' as const, code: 1 },
    { about: 'a server in trouble', words, answer: { status: 503, body: 'no' }, code: 1 },
    { about: 'a closed port', words, settings: { INFLUX_URL: 'http://127.0.0.1:CLOSED' }, code: 1 },
    {
      about: 'TLS on a plain port',
      words,
      settings: { INFLUX_URL: 'https://127.0.0.1:PORT' },
      code: 1,
    },
    {
      about: 'a name that there is not',
      words,
      settings: { INFLUX_URL: 'http://database.invalid:8086' },
      code: 1,
    },
  ]),
  {
    about: 'a port that is taken',
    words: ['check', '--json'],
    settings: { LISTEN: '127.0.0.1:TAKEN', LOG_PATHS: 'DIR/access.log', INFLUX_URL: '' },
    code: 1,
  },
  {
    about: 'an address of another machine',
    words: ['check', '--json'],
    settings: { LISTEN: '192.0.2.1:9145', LOG_PATHS: 'DIR/access.log', INFLUX_URL: '' },
    code: 1,
  },
  {
    about: 'a port that is taken',
    words: ['run'],
    settings: { LISTEN: '127.0.0.1:TAKEN', INFLUX_URL: '' },
    code: 1,
    isSpawned: true,
  },
  {
    about: 'nobody there',
    words: ['healthcheck'],
    settings: { LISTEN: '127.0.0.1:CLOSED', INFLUX_URL: '' },
    code: 1,
  },
  {
    about: 'a signal in the middle',
    words: stdout(file('access.log')),
    settings: { INFLUX_URL: '' },
    signal: AbortSignal.abort(),
    code: 1,
  },
];

/** DIR, PORT, CLOSED and TAKEN stand for a folder and for ports. */
export const BAD_INPUTS: readonly (readonly [title: string, rows: readonly Row[]])[] = [
  ['Words', WORDS],
  ['Settings', SETTINGS],
  ['Files, formats and folders', FILES],
  ['Servers, ports and signals', SERVERS],
];
