import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { logNameOf } from '../../../../src/source/disk/rotated-name.ts';
import { findAccessLogs } from '../../../../src/nginx/conf/access-logs.ts';
import { readNginxConfiguration } from '../../../../src/nginx/conf/configuration.ts';
import { nameLogs } from '../../../../src/nginx/conf/log-names.ts';
import { NginxConfError, readDirectives } from '../../../../src/nginx/conf/tokenizer.ts';
import { chooseFormats } from '../../../../src/parse/format-choice.ts';
import { copySample, type NginxConfSample } from '../../../support/nginx-conf-samples.ts';
import { temporaryFolder } from '../../../support/temp-folder.ts';

async function sample(t: TestContext, name: NginxConfSample) {
  const dir = temporaryFolder(t);
  const { directives, findings } = await readNginxConfiguration(copySample(name, dir));
  const { logs, findings: more } = findAccessLogs(directives, dir);
  const names = nameLogs(logs, logNameOf);
  const shown = (text: string) => text.replaceAll(dir, '').replace(/:\d+/, '');
  return {
    logs: logs.map(
      ({ path, formats, parameters }) =>
        [names.get(path), shown(path), formats.map((one) => one.name), parameters] as const,
    ),
    texts: logs.flatMap(({ formats }) => formats.map(({ text }) => text)),
    findings: [...findings, ...more].map(shown),
  };
}

test("the official image's", async (t) => {
  const { logs, texts, findings } = await sample(t, 'official');
  assert.deepEqual(logs, [['access', '/logs/access.log', ['main'], []]]);
  const [format] = chooseFormats(texts[0] ?? '');
  const [main] = chooseFormats('main');
  assert.ok(format?.kind === 'text' && main?.kind === 'text');
  assert.deepEqual(format.program, main.program);
  assert.deepEqual(findings, []);
});

test("Debian's, with sites of their own", async (t) => {
  const { logs, texts, findings } = await sample(t, 'debian');
  assert.deepEqual(logs, [
    ['access', '/logs/access.log', ['combined'], []],
    ['shop.example', '/logs/shop.log', ['shop'], ['buffer=32k', 'flush=5s']],
    ['shop.example-shop-errors', '/logs/shop-errors.log', ['combined'], ['if=$loggable']],
    ['shop.example-shop-bytes', '/logs/shop-bytes.log', ['bytes'], []],
    ['shop.example-posts', '/logs/posts.log', ['combined'], ['gzip', 'flush=1m']],
    ['shop.example-odd', '/logs/odd.log', ['combined'], []],
  ]);
  const json = texts.find((text) => text.includes('escape=json'));
  assert.equal(chooseFormats(json ?? '')[0]?.kind, 'json');
  assert.deepEqual(
    findings.map((finding) => finding.replace(/^\S+ /, '').slice(0, 60)),
    [
      'access_log syslog:server=127.0.0.1:5514,tag=shop is not foll',
      'access_log /logs/${day}-api.log is not followed: its path ha',
      "access_log logs/odd.log is relative to nginx's prefix;  is t",
      'access_log /dev/null is not followed: it is a device and no ',
    ],
  );
});

test("what the Kubernetes controller generates, Lua left out and stream's log named apart", async (t) => {
  const { logs, texts, findings } = await sample(t, 'ingress');
  assert.deepEqual(logs, [['access', '/logs/access.log', ['upstreaminfo'], ['if=$loggable']]]);
  const [format] = chooseFormats(texts[0] ?? '');
  const [preset] = chooseFormats('ingress-nginx');
  assert.ok(format?.kind === 'text' && preset?.kind === 'text');
  assert.deepEqual(format.program, preset.program);
  assert.deepEqual(findings, [
    '/nginx.conf: access_log /logs/access-stream.log stands in a stream block. It tells of ' +
      'connections, not of requests, and is not followed.',
  ]);
});

test('one file in two formats, and a file by the name of its server', async (t) => {
  const { logs } = await sample(t, 'proxy-manager');
  assert.deepEqual(logs, [
    ['files.example', '/logs/proxy-host-1_access.log', ['proxy'], []],
    ['redirected.example', '/logs/fallback_http_access.log', ['standard'], []],
  ]);
});

const logsOf = (http: string) => findAccessLogs(readDirectives(`http { ${http} }`, 'n'), '/p');

test('what a whole server inherits is said of the server alone', () => {
  const { findings } = logsOf(`
    server { listen 80; location / { return 200; } location /b { if ($arg_x) { return 404; } } }
    server { access_log /b.log nosuch; location / { return 200; } location /b { return 200; } }
  `);
  assert.equal(findings.filter((one) => one.startsWith('There is no access_log')).length, 1);
  assert.equal(findings.filter((one) => one.includes('"nosuch"')).length, 1);
});

test('a format that no log_format defines is named once', () => {
  const { logs } = logsOf(
    'server { access_log /b.log nosuch; location / { access_log /b.log nosuch; } }',
  );
  assert.deepEqual(
    logs.map(({ formats }) => formats.map(({ name }) => name)),
    [['nosuch']],
  );
});

test('what a variable of a map means follows from what the map is given', () => {
  const { logs } = logsOf(`
    map $request $hidden { default $request; "~^(?<a>.*api_key=)[^&]*(?<b>.*)$" "$a***$b"; }
    map "$time_iso8601 # $msec" $clock { "~(^[^+]+)\\+" $1; }
    map $request_uri $kind { default page; ~^/api api; }
    log_format f '$remote_addr [$clock] "$hidden" $status $kind';
    server { access_log /a.log f; }
  `);
  const [format] = chooseFormats(logs[0]?.formats[0]?.text ?? '');
  assert.ok(format?.kind === 'text');
  assert.deepEqual(
    format.variables.map(({ name, kind }) => `${name} ${kind}`),
    [
      'remote_addr address',
      'mapped_timestamp time-any',
      'request free',
      'status status',
      'kind free',
    ],
  );
});

for (const [tool, line] of [
  ['Jinja', '{% for site in sites %}'],
  ['Jinja or Go', 'server_name {{ .Values.host }};'],
  ['ERB', '<%= @listen %>'],
  ['envsubst', 'listen ${NGINX_PORT};'],
] as const) {
  test(`a template for ${tool} is named as one`, async (t) => {
    const path = join(temporaryFolder(t), 'nginx.conf');
    writeFileSync(path, `http {\n  ${line}\n}\n`);
    await assert.rejects(readNginxConfiguration(path), (error) => {
      assert.ok(error instanceof NginxConfError);
      assert.match(error.message, new RegExp(`nginx\\.conf:2 is a template for ${tool},`));
      return true;
    });
  });
}

test('inheritance: an inner access_log replaces all outer ones', () => {
  const { logs } = logsOf(`
    access_log /a; access_log /b;
    server { location / { access_log /c; location /d { } location /e { access_log off; } } }
    server { access_log off; location /f { access_log /f; } }
    server { }`);
  assert.deepEqual(
    logs.map(({ path }) => path),
    ['/a', '/b', '/c', '/f'],
  );
});

test('a level that says nothing at all: the path nginx was compiled with', () => {
  const { logs, findings } = logsOf('server { server_name a; } server { access_log off; }');
  assert.deepEqual(
    logs.map(({ path, formats }) => [path, formats[0]?.name]),
    [['/var/log/nginx/access.log', 'combined']],
  );
  assert.match(findings.join(), /no access_log for server at n:1.*--http-log-path/);
  assert.deepEqual(logsOf('access_log off; server { }').logs, []);
});

test('a format that nothing defines is left to auto', () => {
  const { logs, findings } = logsOf('access_log /a odd; server { }');
  assert.deepEqual(logs[0]?.formats, [{ name: 'odd', text: 'auto' }]);
  assert.match(findings.join(), /"odd", which no log_format/);
});

test('parameters without a format', () => {
  const { logs } = logsOf('access_log /a if=$x; access_log /b buffer=1k; server { }');
  assert.deepEqual(
    logs.map(({ formats, parameters }) => [formats[0]?.name, ...parameters]),
    [
      ['combined', 'if=$x'],
      ['combined', 'buffer=1k'],
    ],
  );
});

test('strings of a format are quoted again so that they mean the same', () => {
  const { logs } = logsOf(
    String.raw`log_format x '$msec\t' "it's \"\\d\" " '$status'; access_log /a x; server { }`,
  );
  assert.deepEqual(
    logs[0]?.formats[0]?.text,
    String.raw`log_format given '$msec\t' 'it\'s "\\d" ' '$status';`,
  );
});

test('names of logs: what may be one, and no name twice', () => {
  const log = (path: string, ...servers: string[]) => ({ path, servers });
  const names = nameLogs(
    [
      log('/x/a.log', 'one'),
      log('/x/b.log', 'one'),
      log('/y/b.log', 'one'),
      log('/z/b.log', 'one'),
      log('/x/one.log', 'two', 'three'),
      log('/x/ä.log'),
      log('/x/_w.log', '*.example.com'),
      log(`/x/${'l'.repeat(100)}.log`),
      log(`/y/${'l'.repeat(100)}.log`),
    ],
    logNameOf,
  );
  assert.deepEqual(
    [...names.values()].map((name) => name.replace(/l{40,}/, 'l…')),
    ['one', 'one-b', 'one-2', 'one-3', 'one-4', '2', 'any.example.com', 'l…', 'l…-2'],
  );
});

test('includes: nested, by pattern, hidden, missing, of themselves', async (t) => {
  const dir = temporaryFolder(t);
  mkdirSync(join(dir, 'sub'));
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text);
  write('nginx.conf', 'a; http { include sub/*.conf; include gone.conf; include nothing/*.x; }');
  write('sub/b.conf', 'b; include sub/c.inc;');
  write('sub/a.conf', 'aa;');
  write('sub/.hidden.conf', 'hidden;');
  write('sub/c.inc', 'c;');
  const main = join(dir, 'nginx.conf');
  const { directives, findings, watched } = await readNginxConfiguration(main);
  assert.deepEqual(
    directives[1]?.block?.map(({ name }) => name),
    ['aa', 'b', 'c'],
  );
  assert.match(findings.join(), /nginx\.conf:1 includes \S+gone\.conf.*ENOENT/);
  assert.ok(watched.includes(join(dir, 'sub/c.inc')) && watched.includes(join(dir, 'sub')));
  write('sub/c.inc', 'include sub/c.inc;');
  await assert.rejects(readNginxConfiguration(main), /includes are more than 20 deep/);
  write('sub/c.inc', 'x {');
  await assert.rejects(readNginxConfiguration(main), /c\.inc:1: there is no }/);
  rmSync(main);
  await assert.rejects(readNginxConfiguration(main), NginxConfError);
});
