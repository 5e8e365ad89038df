import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { runMeter } from '../support/cli.ts';
import { defer } from '../support/defer.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

test('--version prints the version of package.json', async (t) => {
  const { code, stdout } = await runMeter(['--version'], { cwd: temporaryFolder(t) });
  const text = readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  assert.deepEqual([code, stdout], [0, `${version}\n`]);
});

test('--help lists every command and setting, even with a wrong configuration', async (t) => {
  const env = { WINDOW: 'nonsense' };
  const { code, stdout, stderr } = await runMeter(['--help'], { cwd: temporaryFolder(t), env });
  assert.equal(code, 0, stderr);
  for (const word of [
    'backfill',
    'check',
    'demo',
    'healthcheck',
    'LOG_PATHS',
    'INFLUX_TOKEN_FILE',
  ]) {
    assert.ok(stdout.includes(word), word);
  }
  assert.ok(stdout.split('\n').every((line) => line.length <= 100));
});

test('an unknown word is exit code 2 and names the nearest', async (t) => {
  const { code, stdout, stderr } = await runMeter(['bakfill'], { cwd: temporaryFolder(t) });
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.equal(
    stderr,
    'nginx-meter: "bakfill" is not a command. Did you mean backfill? See nginx-meter --help.\n',
  );
});

for (const words of [[], ['check'], ['backfill', 'x', '--stdout'], ['demo']]) {
  test(`wrong settings are exit code 2 and listed at once: nginx-meter ${words.join(' ')}`, async (t) => {
    const cwd = temporaryFolder(t);
    writeFileSync(join(cwd, '.env'), 'WINDOW=7s\n');
    const { code, stdout, stderr } = await runMeter(words, { cwd, env: { LISTEN: '9145' } });
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^nginx-meter cannot start\. 2 settings are wrong:\n/);
    assert.match(stderr, /WINDOW=7s divides neither a minute nor an hour\./);
    assert.match(stderr, /LISTEN=9145 is a port without an address\./);
  });
}

test('a port in use ends the start with a message that names the setting', async (t) => {
  const cwd = temporaryFolder(t);
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  defer(t, () => {
    other.close();
  });
  const address = other.address();
  assert.ok(typeof address === 'object' && address !== null);
  const env = { LISTEN: `127.0.0.1:${address.port}`, LOG_PATHS: join(cwd, 'access.log') };
  const { code, stdout } = await runMeter([], { cwd, env });
  assert.equal(code, 1, stdout);
  const messages = stdout.split('\n').filter((line) => line.includes('"level":"fatal"'));
  assert.equal(messages.length, 1);
  assert.match(
    messages[0] ?? '',
    /LISTEN=127\.0\.0\.1:\d+ cannot be listened on: the port is in use/,
  );
});

test('a state folder that is a file ends the start, and the message says that it is no folder', async (t) => {
  const cwd = temporaryFolder(t);
  const dir = join(cwd, 'file');
  writeFileSync(dir, '');
  const env = { STATE_DIR: dir, LOG_PATHS: '-', LISTEN: 'off' };
  const { code, stdout } = await runMeter([], { cwd, env });
  assert.equal(code, 1, stdout);
  const [fatal = ''] = stdout.split('\n').filter((line) => line.includes('"level":"fatal"'));
  assert.ok(fatal.includes(`STATE_DIR ${dir} is no folder. Set STATE_DIR to a folder`), stdout);
});

test('healthcheck says why it cannot ask, with the exit code that Docker knows', async (t) => {
  const cwd = temporaryFolder(t);
  const off = await runMeter(['healthcheck'], { cwd, env: { LISTEN: 'off' } });
  assert.deepEqual([off.code, off.stdout], [1, '']);
  assert.match(off.stderr, /LISTEN is off/);
  const wrong = await runMeter(['healthcheck'], { cwd, env: { LISTEN: '9145' } });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /LISTEN=9145/);
});
