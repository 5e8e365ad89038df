import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { loadConfig } from '../../../src/config/config.ts';
import { ConfigError, type Fault } from '../../../src/config/config-error.ts';

function faultsOf(environment: Readonly<Record<string, string>>): readonly Fault[] {
  try {
    loadConfig(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults;
  }
  return [];
}

test('an empty environment gives the defaults', () => {
  const config = loadConfig({});
  assert.deepEqual(config.logs, [
    { kind: 'file', name: 'access', path: '/var/log/nginx/access.log', isGlob: false },
  ]);
  assert.equal(config.logFormat, 'auto');
  assert.equal(config.readFrom, 'beginning');
  assert.equal(config.windowS, 10);
  assert.equal(config.windowMs, 10_000);
  assert.equal(config.latenessMs, 300_000);
  assert.equal(config.errorStatusMin, 400);
  assert.equal(config.maxSites, 50);
  assert.equal(config.hostTag, hostname());
  assert.deepEqual(config.tags, {});
  assert.equal(config.rewrite, 'always');
  assert.equal(config.influx, undefined);
  assert.equal(config.spoolMaxBytes, 256 * 1024 * 1024);
  assert.equal(config.maxLineBytes, 1024 * 1024);
  assert.equal(config.pollIntervalMs, 1000);
  assert.equal(config.watchPolling, false);
  assert.equal(config.rotateAtBytes, undefined);
  assert.deepEqual(config.listen, { host: '127.0.0.1', port: 9145 });
  assert.equal(config.logLevel, 'info');
  assert.equal(config.logPretty, 'auto');
  assert.deepEqual(config.warnings, []);
});

test('an invalid rule is said in sentences with one full stop', () => {
  for (const name of ['IGNORE', 'ROUTES']) {
    assert.throws(() => loadConfig({ [name]: 'foo' }), {
      message: /has an invalid rule: .*[^.]\.\n/,
    });
  }
});

test('keys of JSON logs', () => {
  const keysOf = (text: string) => [...loadConfig({ LOG_JSON_KEYS: text }).logJsonKeys];
  assert.deepEqual(keysOf(''), []);
  assert.deepEqual(keysOf(' status=resp.code, $request_time_ms = took ,'), [
    ['status', 'resp.code'],
    ['request_time_ms', 'took'],
  ]);
  const refused: [text: string, problem: RegExp][] = [
    ['status', /has "status" without a key/],
    ['status=', /without a key/],
    ['=x', /has "", which is no variable/],
    ['a b=x', /has "a b", which is no variable/],
    ['status=a,status=b', /names \$status twice/],
    ['status=a"b', /quote/],
    ['nope=foo', /names \$nope, which the meter does not read; it reads \$time_iso8601, \$status,/],
    ['staus=st', /names \$staus, which the meter does not read/],
    [Array.from({ length: 101 }, (_, i) => `v${i}=k`).join(), /more than 100/],
  ];
  for (const [text, problem] of refused) {
    const [fault] = faultsOf({ LOG_JSON_KEYS: text });
    assert.equal(fault?.name, 'LOG_JSON_KEYS', text);
    assert.match(fault.problem, problem);
  }
  assert.equal(faultsOf({ LOG_JSON_KEYS: 'staus=st' })[0]?.hint, 'status=st');
  // Each of the times is read, and whatever tells the client.
  assert.deepEqual(keysOf('msec=t,time_local=u'), [
    ['msec', 't'],
    ['time_local', 'u'],
  ]);
  const client = { LOG_JSON_KEYS: 'http_true_client=c', CLIENT_IP_FROM: '$http_true_client' };
  assert.deepEqual([...loadConfig(client).logJsonKeys], [['http_true_client', 'c']]);
});

test('an empty variable counts as unset', () => {
  const config = loadConfig({ WINDOW: '', INFLUX_URL: '', INFLUX_PASSWORD_FILE: '', HOST_TAG: '' });
  assert.equal(config.windowS, 10);
  assert.equal(config.hostTag, hostname());
});

test('every setting is taken over, in its unit', () => {
  const config = loadConfig({
    LOG_PATHS: 'shop=/logs/{a,b}/*.log, /x/api.log,/y/*.log,',
    LOG_FORMAT: 'combined-time',
    READ_FROM: 'ALL',
    WINDOW: '1m',
    LATENESS: '90s',
    ERROR_STATUS_MIN: '300',
    MAX_SITES: '7',
    HOST_TAG: 'web-1',
    TAGS: 'region=eu, env = prod',
    REWRITE: 'never',
    STATE_DIR: 'some/where',
    SPOOL_MAX_BYTES: '10MB',
    MAX_LINE_BYTES: '65536',
    POLL_INTERVAL: '250ms',
    WATCH_POLLING: 'yes',
    ROTATE_AT: '100MiB',
    ROTATE_PID_FILE: '/run/nginx/nginx.pid',
    LISTEN: '[::]:80',
    PAGE: 'open',
    PAGE_HOSTS: 'Meter.example.com, meter',
    LOG_LEVEL: 'warn',
    LOG_PRETTY: 'false',
  });
  assert.deepEqual(config.logs, [
    { kind: 'file', name: 'shop', path: '/logs/{a,b}/*.log', isGlob: true },
    { kind: 'file', name: 'api', path: '/x/api.log', isGlob: false },
    { kind: 'file', name: undefined, path: '/y/*.log', isGlob: true },
  ]);
  assert.equal(config.logFormat, 'combined-time');
  assert.equal(config.readFrom, 'all');
  assert.equal(config.windowS, 60);
  assert.equal(config.latenessMs, 90_000);
  assert.equal(config.errorStatusMin, 300);
  assert.equal(config.maxSites, 7);
  assert.equal(config.hostTag, 'web-1');
  assert.deepEqual(Object.entries(config.tags), [
    ['env', 'prod'],
    ['region', 'eu'],
  ]);
  assert.equal(config.rewrite, 'never');
  assert.equal(config.stateDir, resolve('some/where'));
  assert.equal(config.spoolMaxBytes, 10_000_000);
  assert.equal(config.maxLineBytes, 65_536);
  assert.equal(config.pollIntervalMs, 250);
  assert.equal(config.watchPolling, true);
  assert.equal(config.rotateAtBytes, 100 * 1024 * 1024);
  assert.equal(config.rotatePidFile, '/run/nginx/nginx.pid');
  assert.deepEqual(config.listen, { host: '::', port: 80 });
  assert.equal(config.page, 'open');
  assert.deepEqual(config.pageHosts, ['meter.example.com', 'meter']);
  assert.equal(config.logLevel, 'warn');
  assert.equal(config.logPretty, 'false');
});

test('the configuration cannot be changed', () => {
  const config = loadConfig({ TAGS: 'a=b' });
  assert.throws(() => Object.assign(config, { windowS: 1 }), TypeError);
  assert.throws(() => Object.assign(config.tags, { c: 'd' }), TypeError);
  assert.throws(() => Object.assign(config.logs[0] ?? {}, { path: '/' }), TypeError);
});

test('all faults are listed at once, each with its name, value, what is allowed and a hint', () => {
  const faults = faultsOf({
    WINDOW: '7s',
    READ_FROM: 'begining',
    LATENESS: '10',
    SPOOL_MAX_BYTES: '256M',
    LISTEN: '9145',
    MAX_SITES: '0',
    WATCH_POLLING: 'ture',
  });
  const hints = Object.fromEntries(faults.map((fault) => [fault.name, fault.hint]));
  assert.deepEqual(hints, {
    WINDOW: '6s',
    READ_FROM: 'beginning',
    LATENESS: '10s',
    SPOOL_MAX_BYTES: '256MiB (powers of 1024)',
    LISTEN: '127.0.0.1:9145',
    MAX_SITES: '1',
    WATCH_POLLING: 'true',
  });
  for (const fault of faults) assert.ok((fault.allowed ?? '').length > 5, fault.name);
});

test('the message reads as sentences', () => {
  assert.throws(() => loadConfig({ WINDOW: '7s' }), {
    name: 'ConfigError',
    message:
      'One setting is wrong:\n\n' +
      '  WINDOW=7s divides neither a minute nor an hour.\n' +
      '    Allowed: a duration that divides a minute (1s, 5s, 10s, 15s, 30s …) or an hour in whole minutes (1m, 5m, 1h …).\n' +
      '    Try: 6s',
  });
});

const refused: readonly (readonly [string, string])[] = [
  ['WINDOW', '0s'],
  ['WINDOW', '1500ms'],
  ['WINDOW', '90s'],
  ['WINDOW', '2h'],
  ['WINDOW', 'ten'],
  ['LATENESS', '-1s'],
  ['LATENESS', '61m'],
  ['LATENESS', '1e3s'],
  ['ERROR_STATUS_MIN', '99'],
  ['ERROR_STATUS_MIN', '4xx'],
  ['MAX_LINE_BYTES', '1KiB'],
  ['SPOOL_MAX_BYTES', '1 potato'],
  ['POLL_INTERVAL', '1ms'],
  ['ROTATE_AT', '1KiB'],
  ['ROTATE_AT', 'daily'],
  ['LOG_LEVEL', 'loud'],
  ['REWRITE', 'maybe'],
  ['LISTEN', ':9145'],
  ['LISTEN', '::1:9145'],
  ['LISTEN', 'http://localhost:9145'],
  ['LISTEN', '127.0.0.1:99999'],
  ['LISTEN', 'localhost'],
  ['PAGE', 'public'],
  ['PAGE_HOSTS', 'https://meter.example.com/'],
  ['PAGE_HOSTS', 'a b'],
  ['LOG_PATHS', ','],
  ['LOG_PATHS', 'a='],
  ['LOG_PATHS', '-,-'],
  ['LOG_PATHS', '-,x=-'],
  ['LOG_PATHS', '/var/log/nginx/'],
  ['LOG_PATHS', '/a/access.log,/b/access.log'],
  ['LOG_PATHS', '/a/access.log,b=/a/access.log'],
  ['LOG_PATHS', 'a b=/a/access.log'],
  ['LOG_FORMAT', 'combind'],
  ['LOG_FORMAT', '$remote_addr$status'],
  ['TAGS', 'alone'],
  ['TAGS', 'host=a'],
  ['TAGS', 'time=a'],
  ['TAGS', '_measurement=a'],
  ['TAGS', 'rt_p50=a'],
  ['TAGS', 'a='],
  ['TAGS', 'a=b,a=c'],
  ['TAGS', 'a=b\nc'],
  ['TAGS', 'a=b\\'],
  ['TAGS', 'a b=c'],
  ['HOST_TAG', 'a\tb'],
  ['HOST_TAG', 'x'.repeat(201)],
  ['STATE_DIR', '/a\0b'],
];
for (const [name, value] of refused) {
  test(`${name}=${JSON.stringify(value).slice(0, 60)} is refused`, () => {
    assert.deepEqual(
      faultsOf({ [name]: value }).map((fault) => fault.name),
      [name],
    );
  });
}

test('a LOG_FORMAT over several lines is taken as nginx writes it', () => {
  const text = `log_format timed '$remote_addr - $remote_user [$time_local] "$request" '
                 '$status $body_bytes_sent $request_time';`;
  assert.equal(loadConfig({ LOG_FORMAT: text }).logFormat, text);
});

test('a fault in a LOG_FORMAT is shown with a caret under the place', () => {
  assert.throws(
    () => loadConfig({ LOG_FORMAT: '$remote_addr$status' }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      const lines = error.message.split('\n');
      const at = lines.findIndex((line) => line.trim() === '^');
      assert.equal(lines[at]?.indexOf('^'), lines[at - 1]?.indexOf('$status'));
      return true;
    },
  );
});

test('more open windows than fit into memory are refused', () => {
  assert.deepEqual(loadConfig({ WINDOW: '1s', LATENESS: '12m' }).latenessMs, 720_000);
  const [fault] = faultsOf({ WINDOW: '1s', LATENESS: '13m' });
  assert.equal(fault?.name, 'LATENESS');
  assert.equal(fault?.problem, 'spans more than 720 windows of 1s');
});

test('control characters of a value do not reach the message', () => {
  const [fault] = faultsOf({ READ_FROM: 'x\u001b[2J\u009b\u202e\n' });
  assert.equal(fault?.value, 'x\\x1b[2J\\x9b\\u202e\\x0a');
});

test('colours are off with NO_COLOR and on a dumb terminal', () => {
  assert.equal(loadConfig({}).color, true);
  assert.equal(loadConfig({ NO_COLOR: '1' }).color, false);
  assert.equal(loadConfig({ NO_COLOR: '' }).color, true);
  assert.equal(loadConfig({ TERM: 'dumb' }).color, false);
});

test('the settings in force are shown without secrets', () => {
  const config = loadConfig({
    INFLUX_URL: 'http://influx:8086',
    INFLUX_DB: 'nginx',
    INFLUX_USER: 'writer',
    INFLUX_PASSWORD: 'hunter2-secret',
  });
  const shown = new Map(config.shown.map((setting) => [setting.name, setting.value]));
  assert.equal(shown.get('INFLUX_PASSWORD'), '[redacted]');
  assert.equal(shown.get('INFLUX_USER'), 'writer');
  assert.equal(shown.get('HOST_TAG'), hostname());
  const everywhere = [
    JSON.stringify(config),
    inspect(config, { depth: 9 }),
    String(config.influx?.version === 1 && config.influx.password),
  ];
  for (const text of everywhere) assert.equal(text.includes('hunter2'), false);
});

test('DIMENSION_WINDOW=off leaves the dimensions out, and IGNORE is taken all the same', () => {
  assert.equal(loadConfig({ DIMENSION_WINDOW: 'off' }).dimensionWindowS, undefined);
  assert.equal(loadConfig({ DIMENSION_WINDOW: 'off', IGNORE: '/healthz' }).ignore.paths.length, 1);
});
