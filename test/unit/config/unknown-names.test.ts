import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/config.ts';

/** What a container, a login shell, Kubernetes, systemd and npm put into an environment. */
const REALISTIC =
  `PATH HOME HOSTNAME HOST HOSTTYPE LOGNAME USER SHELL TERM LANG LC_ALL PWD OLDPWD SHLVL
  TZ DISPLAY WINDOWID EDITOR PAGER LESS LS_COLORS MAIL MANPATH SSH_AUTH_SOCK SSH_CONNECTION TMPDIR
  XDG_RUNTIME_DIR XDG_SESSION_ID DBUS_SESSION_BUS_ADDRESS COLORTERM NO_COLOR CI DEBIAN_FRONTEND _
  NODE_VERSION NODE_ENV NODE_OPTIONS NODE_COMPILE_CACHE YARN_VERSION NPM_CONFIG_LOGLEVEL INIT_CWD COLOR
  npm_config_loglevel npm_package_name npm_lifecycle_event npm_execpath npm_node_execpath
  PAGER LISTEN_FDS LISTEN_PID LISTEN_FDNAMES STATE_DIRECTORY LOGS_DIRECTORY CACHE_DIRECTORY INVOCATION_ID
  JOURNAL_STREAM NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID SYSTEMD_EXEC_PID MAINPID
  KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_PORT_443_TCP_ADDR
  INFLUX_SERVICE_HOST INFLUX_SERVICE_PORT INFLUX_SERVICE_PORT_HTTP INFLUX_PORT INFLUX_PORT_8086_TCP
  INFLUX_PORT_8086_TCP_ADDR NGINX_METER_SERVICE_HOST NGINX_METER_PORT_9145_TCP LOG_SERVICE_HOST
  INFLUXDB_DB INFLUXDB_ADMIN_USER INFLUXDB_ADMIN_PASSWORD INFLUXDB_WRITE_USER
  INFLUXDB_WRITE_USER_PASSWORD INFLUXDB_HTTP_AUTH_ENABLED INFLUXDB_DATA_INDEX_VERSION
  DOCKER_INFLUXDB_INIT_MODE DOCKER_INFLUXDB_INIT_BUCKET GF_SECURITY_ADMIN_PASSWORD NGINX_VERSION
  HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy JAVA_HOME GOPATH PYTHONPATH VIRTUAL_ENV PS1 IFS ARGS
  POSTGRES_DB MYSQL_HOST REDIS_URL AWS_REGION GIT_AUTHOR_NAME BASH_ENV FORCE_COLOR TAG PAGES CFLAGS`
    .split(/\s+/)
    .filter((name) => name !== '');

function warningsFor(...names: readonly string[]): readonly string[] {
  return loadConfig(Object.fromEntries(names.map((name) => [name, 'x']))).warnings;
}

test('a realistic environment gives no warning', () => {
  assert.deepEqual(warningsFor(...REALISTIC), []);
});

test('the environment of this test run gives no warning', () => {
  const names = Object.keys(process.env);
  assert.ok(names.length > 5);
  assert.deepEqual(warningsFor(...names), []);
});

const meant: readonly (readonly [string, string])[] = [
  ['LOG_PATH', 'LOG_PATHS'],
  ['DETAIL_WINDOW', 'DIMENSION_WINDOW'],
  ['LOGPATHS', 'LOG_PATHS'],
  ['LOG_FROMAT', 'LOG_FORMAT'],
  ['INFLUX_DATABASE', 'INFLUX_DB'],
  ['INFLUX_USERNAME', 'INFLUX_USER'],
  ['INFLUXDB_URL', 'INFLUX_URL'],
  ['INFLUXDB_TOKEN', 'INFLUX_TOKEN'],
  ['INFLUX_TOKEN_FLIE', 'INFLUX_TOKEN_FILE'],
  ['SPOOL_MAX_SIZE', 'SPOOL_MAX_BYTES'],
  ['influx_url', 'INFLUX_URL'],
  ['NGINX_METER_WINDOW', 'WINDOW'],
  ['NGINX_METER_LOG_PATH', 'LOG_PATHS'],
  ['WINDOWS', 'WINDOW'],
  ['LATENES', 'LATENESS'],
  ['LISTNE', 'LISTEN'],
  ['STATE_DIRS', 'STATE_DIR'],
];
for (const [name, nearest] of meant) {
  test(`${name} was probably meant as ${nearest}`, () => {
    assert.deepEqual(warningsFor(name), [
      `${name} is no setting and was ignored. Did you mean ${nearest}?`,
    ]);
  });
}

test('a name with our prefix that is near nothing is told where the settings are', () => {
  assert.match(warningsFor('NGINX_METER_COLOUR_OF_THE_SKY')[0] ?? '', /--help/);
});

test('a secret file is a known name', () => {
  assert.deepEqual(warningsFor(), []);
  const { warnings } = loadConfig({ INFLUX_TOKEN_FILE: '' });
  assert.deepEqual(warnings, []);
});
