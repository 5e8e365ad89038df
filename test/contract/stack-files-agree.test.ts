import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { settings } from '../../src/config/schema.ts';
import { PROJECT_ROOT } from '../support/project.ts';

/** What docker-compose.yml, nginx's configuration and the Kubernetes examples say twice is the same. */

interface ComposeService {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly [field: string]: unknown;
}

const read = (path: string): string => readFileSync(join(PROJECT_ROOT, path), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>;
};
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** The text of a `log_format` directive without its quotes. */
function logFormatOf(nginxConf: string): string {
  const directive = /^\s*log_format \w+ (?<text>[^;]+);/m.exec(nginxConf)?.groups?.['text'] ?? '';
  return [...directive.matchAll(/'([^']*)'/g)].map(([, part]) => part).join('');
}

test('the meter is told the log format that nginx writes', () => {
  const format = logFormatOf(read('nginx/nginx.conf'));
  assert.match(format, /^\$remote_addr .*\$request_time .*\$upstream_response_time/);
  const told = compose.services['meter']?.environment?.['LOG_FORMAT'] ?? '';
  assert.equal(told.replaceAll('$$', '$'), format);
  for (const [patch, conf] of [
    ['overlays/sidecar/log-file.yaml', 'base/nginx/nginx.conf'],
    ['overlays/syslog/syslog.yaml', 'overlays/syslog/nginx.conf'],
  ] as const) {
    assert.ok(oneLine(read(`examples/kubernetes/${patch}`)).includes(format), patch);
    assert.equal(logFormatOf(read(`examples/kubernetes/${conf}`)), format, conf);
  }
});

test('the sample nginx is the same in Kubernetes', () => {
  for (const [here, there] of [
    ['nginx/nginx.conf', 'nginx.conf'],
    ['nginx/start.sh', 'start.sh'],
    ['nginx/sites/shop.conf', 'shop.conf'],
    ['nginx/html/index.html', 'index.html'],
  ] as const) {
    assert.equal(read(`examples/kubernetes/base/nginx/${there}`), read(here), there);
  }
});

test('every setting can be given to the meter of the stack', () => {
  const given = Object.keys(compose.services['meter']?.environment ?? {});
  // The stack has one database and gives passwords as files, its log has one format, and nginx's
  // own container rotates it.
  const others =
    /^(?:INFLUX_(?:PASSWORD|ORG|BUCKET|TOKEN|VERSION)|PAGE_PASSWORD|NGINX_CONF|LOG_JSON_KEYS|ROTATE_\w+)$/;
  const missing = Object.keys(settings.shape).filter(
    (name) => !given.includes(name) && !others.test(name),
  );
  assert.deepEqual(missing, [], 'add each to the meter in docker-compose.yml as NAME: ${NAME:-}');
});

test('every service is confined', () => {
  for (const [name, service] of Object.entries(compose.services)) {
    assert.equal(service['read_only'], true, name);
    assert.equal(service['init'], true, name);
    assert.deepEqual(service['cap_drop'], ['ALL'], name);
    assert.deepEqual(service['security_opt'], ['no-new-privileges:true'], name);
    for (const limit of ['mem_limit', 'cpus', 'pids_limit'])
      assert.ok(service[limit] !== undefined, `${name}: ${limit}`);
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, name);
    assert.doesNotMatch(service.image, /:latest$|^[^:]+$/, name);
    if (name !== 'prepare') assert.equal(service['cap_add'], undefined, name);
  }
});

test('the systemd service runs the command of the package, confined and with time to stop', () => {
  const unit = read('packaging/nginx-meter.service');
  const values = (key: string): string[] =>
    [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
  const { bin } = JSON.parse(read('package.json')) as { readonly bin: Record<string, string> };
  assert.deepEqual(values('ExecStart'), [`/usr/bin/env ${Object.keys(bin)[0]} run`]);
  assert.deepEqual(values('Environment'), [`STATE_DIR=/var/lib/${values('StateDirectory')[0]}`]);
  assert.deepEqual(values('CapabilityBoundingSet'), ['']);
  assert.deepEqual(values('ProtectSystem'), ['strict']);
  assert.ok(
    Number.parseInt(values('TimeoutStopSec')[0] ?? '', 10) > 10,
    'the meter takes up to 10 s',
  );
});
