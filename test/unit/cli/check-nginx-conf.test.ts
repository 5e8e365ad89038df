import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkCommand } from '../../../src/cli/check.ts';
import { loadConfig } from '../../../src/config/config.ts';
import { asNobody, lockFolder } from '../../support/as-nobody.ts';
import { copySample } from '../../support/nginx-conf-samples.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

async function check(environment: Record<string, string>) {
  let text = '';
  const output = { write: (part: string) => (text += part) };
  const code = await checkCommand(undefined, loadConfig(environment), output, {
    isOffline: true,
  });
  return { code, text };
}

test('the logs of the configuration, what is not followed, and the format of each', async (t) => {
  const dir = temporaryFolder(t);
  const conf = copySample('debian', dir);
  mkdirSync(join(dir, 'var'));
  const json = '{"time":"2026-11-22T10:00:00+00:00","status":200,"uri":"/","rt":"0.1"}\n';
  writeFileSync(join(dir, 'logs/shop.log'), json);
  for (const name of ['access', 'shop-errors', 'posts', 'odd']) {
    writeFileSync(join(dir, 'logs', `${name}.log`), '');
  }
  const { code, text } = await check({ NGINX_CONF: conf, STATE_DIR: join(dir, 'var') });
  assert.equal(code, 0, text);
  const lines = text.replaceAll(dir, '').split('\n');
  const has = (line: RegExp) =>
    assert.ok(
      lines.some((one) => line.test(one)),
      `${line}\n${text}`,
    );
  has(/^ {2}\/logs\/shop\.log: log shop\.example, format shop, buffer=32k flush=5s \(.*:5\)$/);
  has(/^ {2}\/logs\/shop-bytes\.log: not followed, format bytes \(/);
  has(
    /Note: .*shop-bytes\.log is not followed, for its format "bytes": The log format has no time/,
  );
  has(/Note: .*api\.log is not followed: its path has variables/);
  has(/^ {2}shop\.example: \/logs\/shop\.log, 71 bytes, format custom\.$/);
  has(/Format shop has no \$request_length \(bytes received\), \$server_name/);
  has(/"upstream_addr":"\$upstream_addr"/);
});

test('what several formats lack is said by their names, to be pasted one beside the other', async (t) => {
  const dir = temporaryFolder(t);
  const conf = join(dir, 'nginx.conf');
  writeFileSync(
    conf,
    `http {
      log_format one '$msec $status "$request"';
      log_format two '$status $msec "$request"';
      access_log ${dir}/one.log one;
      server { server_name a; }
      server { server_name b; access_log ${dir}/two.log two; }
      server { server_name c; access_log ${dir}/more.log two; }
      server { server_name d; access_log ${dir}/last.log; }
    }`,
  );
  for (const name of ['one', 'two', 'more', 'last']) writeFileSync(join(dir, `${name}.log`), '');
  const { code, text } = await check({ NGINX_CONF: conf, STATE_DIR: dir });
  assert.equal(code, 0, text);
  const shown = text.replaceAll(dir, '');
  assert.equal(shown.includes('Format custom'), false, shown);
  const blocks =
    /Format (\S+) has no .*\n\n {4}log_format (\S+)\n(?: {8}.*\n)+ {4}(access_log .*)\n/g;
  assert.deepEqual(
    Array.from(shown.matchAll(blocks), ([, ...found]) => found),
    [
      ['one', 'meter', 'access_log /one.log meter;'],
      ['two', 'meter2', 'access_log /two.log meter2; # and so for 1 more'],
      ['combined', 'meter3', 'access_log /last.log meter3;'],
    ],
  );
});

test('CLIENT_IP_FROM with formats in nginx.conf that do not have it, each by its name', async (t) => {
  const dir = temporaryFolder(t);
  const conf = join(dir, 'nginx.conf');
  const config = `http {
    log_format with '$msec $status $http_x_real_ip';
    log_format without '$msec $status';
    server { server_name a; access_log ${dir}/a.log with; }
    server { server_name b; access_log ${dir}/b.log with; access_log ${dir}/b.log without; }
    server { server_name c; access_log ${dir}/c.log; }
  }`;
  writeFileSync(conf, config);
  for (const name of ['a', 'b', 'c']) writeFileSync(join(dir, `${name}.log`), '');
  const environment = { NGINX_CONF: conf, STATE_DIR: dir, CLIENT_IP_FROM: '$http_x_real_ip' };
  const { code, text } = await check(environment);
  assert.equal(code, 1);
  assert.deepEqual(text.match(/^The format .* has no \$http_x_real_ip/gm), [
    'The format without of the log b has no $http_x_real_ip',
    'The format combined of the log c has no $http_x_real_ip',
  ]);
});

test('a log that LOG_PATHS sees in another folder is named as nginx names it', async (t) => {
  const dir = temporaryFolder(t);
  const conf = join(dir, 'nginx.conf');
  writeFileSync(conf, 'http { server { access_log /var/log/nginx/shop.log; } }');
  const log = join(dir, 'shop.log');
  writeFileSync(log, '');
  const { text } = await check({ NGINX_CONF: conf, LOG_PATHS: log, STATE_DIR: dir });
  assert.match(text, /\n {4}access_log \/var\/log\/nginx\/shop\.log meter;\n/);
  const alone = await check({ LOG_FORMAT: 'combined', LOG_PATHS: log, STATE_DIR: dir });
  assert.ok(alone.text.includes(`\n    access_log ${log} meter;\n`), alone.text);
});

test('a configuration that cannot be read is a wrong setting, as it is for the run', async (t) => {
  const dir = temporaryFolder(t);
  const environment = { NGINX_CONF: join(dir, 'nginx.conf'), STATE_DIR: dir };
  const missing = await check(environment);
  assert.equal(missing.code, 2);
  assert.doesNotMatch(missing.text, /^Logs:/m);
  assert.match(missing.text, /nginx\.conf cannot be read \(ENOENT\)\. NGINX_CONF must name/);
  writeFileSync(join(dir, 'nginx.conf'), 'http {\n');
  const broken = await check(environment);
  assert.equal(broken.code, 2);
  assert.match(broken.text, /nginx\.conf:1: there is no \} for the block of "http"/);
  writeFileSync(join(dir, 'nginx.conf'), 'http { access_log off; }\n');
  assert.match((await check(environment)).text, /names no access log that can be followed/);
});

test('a [ in the path of an access_log is a letter, since nginx has no globs there', async (t) => {
  const dir = temporaryFolder(t);
  const conf = join(dir, 'nginx.conf');
  writeFileSync(conf, `http { access_log ${dir}/a[1].log; }\n`);
  writeFileSync(join(dir, 'a[1].log'), '');
  const { code, text } = await check({ NGINX_CONF: conf, STATE_DIR: dir });
  assert.equal(code, 0, text);
  assert.ok(text.includes(`${dir}/a[1].log, 0 bytes, `), text);
});

test('an include of a folder that may not be read is noted, with a glob as without', async (t) => {
  const dir = temporaryFolder(t);
  const locked = join(dir, 'locked');
  mkdirSync(locked);
  writeFileSync(join(locked, 'a.conf'), 'access_log /b.log;\n');
  lockFolder(t, locked);
  const conf = join(dir, 'nginx.conf');
  const includes = 'include locked/*.conf;\ninclude locked/a.conf;\ninclude none/*.conf;\n';
  writeFileSync(conf, `http {\naccess_log ${dir}/a.log;\n${includes}}\n`);
  const { text } = await asNobody(() => check({ NGINX_CONF: conf, STATE_DIR: dir }));
  const notes = text.split('\n').filter((line) => line.startsWith('  Note: '));
  assert.deepEqual(notes, [
    `  Note: ${conf}:3 includes ${locked}/*.conf, but the folder ${locked} cannot be read (EACCES): ` +
      'logs that files in it name are not known.',
    `  Note: ${conf}:4 includes ${locked}/a.conf, which cannot be read (EACCES): ` +
      'logs that it names are not known.',
  ]);
});
