import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig, readEnvironment } from '../../../src/config/config.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

const V1 = { INFLUX_URL: 'http://influx:8086', INFLUX_DB: 'nginx' };
const V2 = { INFLUX_URL: 'https://influx/base/', INFLUX_BUCKET: 'nginx' };

function messageOf(environment: Readonly<Record<string, string>>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return assert.fail('it was accepted');
}

test('INFLUX_DB means InfluxDB 1', () => {
  const { influx } = loadConfig({ ...V1, INFLUX_USER: 'u', INFLUX_PASSWORD: 'p' });
  assert.ok(influx?.version === 1);
  assert.equal(influx.url, 'http://influx:8086');
  assert.equal(influx.database, 'nginx');
  assert.equal(influx.user, 'u');
  assert.equal(influx.password?.reveal(), 'p');
});

test('INFLUX_BUCKET means InfluxDB 2, and the base path stays', () => {
  const { influx } = loadConfig({ ...V2, INFLUX_ORG: 'o', INFLUX_TOKEN: 't' });
  assert.ok(influx?.version === 2);
  assert.equal(influx.url, 'https://influx/base');
  assert.equal(influx.org, 'o');
  assert.equal(influx.bucket, 'nginx');
  assert.equal(influx.token?.reveal(), 't');
});

test('INFLUX_DB with INFLUX_TOKEN means InfluxDB 3', () => {
  const { influx } = loadConfig({ ...V1, INFLUX_TOKEN: 't' });
  assert.ok(influx?.version === 3);
  assert.equal(influx.database, 'nginx');
});

test('INFLUX_VERSION=3 takes the database from either name', () => {
  for (const target of [V1, V2]) {
    const { influx } = loadConfig({ ...target, INFLUX_VERSION: '3', INFLUX_TOKEN: 't' });
    assert.ok(influx?.version === 3);
    assert.equal(influx.database, 'nginx');
  }
});

const contradictions: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  [
    'a URL alone',
    { INFLUX_URL: 'http://i:8086' },
    /INFLUX_URL is set without INFLUX_DB or INFLUX_BUCKET/,
  ],
  ['a database without a URL', { INFLUX_DB: 'nginx' }, /INFLUX_DB is set, but INFLUX_URL is not/],
  [
    '1 mixed with 2',
    { ...V1, INFLUX_BUCKET: 'b', INFLUX_TOKEN: 't' },
    /INFLUX_BUCKET, INFLUX_TOKEN do not go with InfluxDB 1, which INFLUX_DB stands for/,
  ],
  ['2 with a user', { ...V2, INFLUX_USER: 'u' }, /INFLUX_USER does not go with InfluxDB 2/],
  [
    'a token of 2 without its organisation',
    { ...V2, INFLUX_TOKEN: 't' },
    /INFLUX_TOKEN is set without INFLUX_ORG, so InfluxDB 2 would take no point/,
  ],
  [
    'a token of 2 in a file without its organisation',
    { ...V2, INFLUX_TOKEN_FILE: import.meta.filename },
    /without INFLUX_ORG/,
  ],
  [
    'a password without a user',
    { ...V1, INFLUX_PASSWORD: 'p' },
    /INFLUX_PASSWORD is set without INFLUX_USER/,
  ],
  [
    'version 2 without a bucket',
    { ...V1, INFLUX_VERSION: '2' },
    /INFLUX_VERSION=2 needs INFLUX_BUCKET/,
  ],
  [
    'version 1 without a database',
    { ...V2, INFLUX_VERSION: '1' },
    /INFLUX_VERSION=1 needs INFLUX_DB/,
  ],
  ['another protocol', { ...V1, INFLUX_URL: 'udp://influx:8089' }, /neither http nor https/],
  ['no protocol', { ...V1, INFLUX_URL: 'influx:8086' }, /Try: http:\/\/influx:8086/],
  [
    'the whole write URL',
    { ...V1, INFLUX_URL: 'http://i:8086/write' },
    /Try: http:\/\/i:8086, and INFLUX_DB/,
  ],
];
for (const [situation, environment, message] of contradictions) {
  test(`${situation} is refused with the remedy`, () => {
    assert.match(messageOf(environment), message);
    assert.match(messageOf(environment), /Try: \S/);
  });
}

test('credentials in the URL are refused and not printed', () => {
  for (const url of [
    'http://joe:hunter2@i:8086',
    'http://i:8086/write?u=joe&p=hunter2',
    'joe:hunter2@i',
  ]) {
    const message = messageOf({ ...V1, INFLUX_URL: url });
    assert.equal(message.includes('hunter2'), false, message);
  }
  assert.match(
    messageOf({ ...V1, INFLUX_URL: 'http://joe:x@i:8086' }),
    /INFLUX_USER and INFLUX_PASSWORD/,
  );
});

test('a secret comes from its file, without the line end', (t) => {
  const path = join(temporaryFolder(t), 'password');
  writeFileSync(path, ' pass word \r\n');
  const { influx } = loadConfig({ ...V1, INFLUX_USER: 'u', INFLUX_PASSWORD_FILE: path });
  assert.ok(influx?.version === 1);
  assert.equal(influx.password?.reveal(), ' pass word ');
});

test('a token that no request can carry is refused by the name of its setting', (t) => {
  const path = join(temporaryFolder(t), 'token');
  writeFileSync(path, 'hunter2\n\n');
  for (const [settings, name, problem] of [
    [{ INFLUX_TOKEN: 'hunter2\n' }, 'INFLUX_TOKEN', 'has a line break in it'],
    [{ INFLUX_TOKEN: 'hunter2\u20ac' }, 'INFLUX_TOKEN', 'has a character in it'],
    [{ INFLUX_TOKEN: 'hunter2\u0007' }, 'INFLUX_TOKEN', 'has a control character in it'],
    [{ INFLUX_TOKEN_FILE: path }, 'INFLUX_TOKEN_FILE', 'has a line break in it'],
  ] as const) {
    const message = messageOf({ ...V2, ...settings });
    assert.ok(message.includes(`  ${name} ${problem}`), message);
    assert.equal(message.includes('hunter2'), false, message);
  }
  assert.match(messageOf({ ...V1, INFLUX_USER: 'a:b' }), /INFLUX_USER=a:b has a colon in it/);
});

test('a secret in the path of INFLUX_URL, or in the place of a path of a file, is not shown', () => {
  for (const url of ['http://i:8086/hunter2/write?db=x', 'http://i:8086/hunter2/api/v2/write']) {
    const message = messageOf({ ...V1, INFLUX_URL: url });
    assert.equal(message.includes('hunter2'), false, message);
  }
  const { shown } = loadConfig({ ...V1, INFLUX_URL: 'http://i:8086/hunter2' });
  const url = shown.find(({ name }) => name === 'INFLUX_URL')?.value;
  assert.equal(url, 'http://i:8086/[redacted]');
  for (const text of ['hunter2', 'http://joe:hunter2@i/x', '/hunter2/x==', 'hunter2/x']) {
    const message = messageOf({ ...V2, INFLUX_TOKEN_FILE: text });
    assert.match(message, /INFLUX_TOKEN_FILE names a file that does not exist/);
    assert.equal(message.includes('hunter2'), false, message);
  }
});

test('a secret that was changed in its file is read again', async (t) => {
  const path = join(temporaryFolder(t), 'token');
  writeFileSync(path, 'one\n');
  const { influx } = loadConfig({ ...V2, INFLUX_ORG: 'o', INFLUX_TOKEN_FILE: path });
  assert.ok(influx?.version === 2);
  assert.equal(await influx.token?.refresh(), 'same');
  writeFileSync(path, 'two\n');
  assert.equal(await influx.token?.refresh(), 'changed');
  writeFileSync(path, 'two\nlines\n');
  assert.equal(await influx.token?.refresh(), 'unusable');
  assert.equal(influx.token?.reveal(), 'two');
});

test('a secret and its file together are a fault that shows neither', (t) => {
  const path = join(temporaryFolder(t), 'token');
  writeFileSync(path, 'hunter2');
  const message = messageOf({ ...V2, INFLUX_TOKEN: 'hunter3', INFLUX_TOKEN_FILE: path });
  assert.match(message, /INFLUX_TOKEN and INFLUX_TOKEN_FILE are both set/);
  assert.equal(/hunter[23]/.test(message), false);
});

test('a secret file that is missing, empty or a folder is a fault with its path', (t) => {
  const folder = temporaryFolder(t);
  const empty = join(folder, 'empty');
  writeFileSync(empty, '\n');
  const missing = join(folder, 'missing');
  const faults: readonly (readonly [string, string])[] = [
    [missing, 'names a file that does not exist'],
    [empty, 'names an empty file'],
    [folder, 'names a folder'],
  ];
  for (const [path, problem] of faults) {
    const message = messageOf({ ...V2, INFLUX_TOKEN_FILE: path });
    assert.ok(message.includes(`INFLUX_TOKEN_FILE=${path} ${problem}.`), message);
  }
});

test('.env completes the environment and does not override it', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(
    join(folder, '.env'),
    `WINDOW=30s\nPATH=/nowhere\nLOG_FORMAT="log_format x '$remote_addr '\n '$status';"\n`,
  );
  const environment = readEnvironment(folder);
  assert.equal(environment['WINDOW'], '30s');
  assert.equal(environment['LOG_FORMAT'], `log_format x '$remote_addr '\n '$status';`);
  assert.equal(environment['PATH'], process.env['PATH']);
  assert.equal(process.env['WINDOW'], undefined);
});

test('a folder without .env is fine, a .env that cannot be read is a fault', (t) => {
  const folder = temporaryFolder(t);
  assert.equal(readEnvironment(folder)['PATH'], process.env['PATH']);
  const path = join(folder, '.env');
  mkdirSync(path);
  const faultOf = (text: string) => (error: Error) =>
    error.message.includes(text) && !error.message.includes('secret');
  assert.throws(() => readEnvironment(folder), faultOf(`  ${path} is a folder, not a file.\n`));
  assert.throws(() => readEnvironment(folder), faultOf('Docker makes such a folder'));
  rmdirSync(path);
  symlinkSync('.env', path);
  assert.throws(() => readEnvironment(folder), faultOf(`  ${path} cannot be read (ELOOP).\n`));
});

test('a .env that may not be read is a fault that says for whom to mend it', {
  skip: process.getuid?.() === 0 && 'root may read everything',
}, (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, '.env'), 'WINDOW=30s\n', { mode: 0o000 });
  assert.throws(() => readEnvironment(folder), {
    message: new RegExp(
      `\\.env may not be read\\.\\n.*\\n.*make it readable for user ${process.getuid?.()}$`,
    ),
  });
});
