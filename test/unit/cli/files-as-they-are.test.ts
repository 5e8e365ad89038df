import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { completionScript } from '../../../src/cli/completion.ts';
import { dispatched } from '../../support/dispatched.ts';
import { temporaryFolder } from '../../support/temp-folder.ts';

const LINE = '192.0.2.7 - - [14/Mar/2024:00:00:05 +0000] "GET / HTTP/1.1" 200 1 "-" "curl/8.0"\n';
const JSON_LINE = '{"time":"2024-10-10T12:00:01Z","status":200,"request":"GET / HTTP/1.1"}\n';
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

test('plain, gzip, zstd in one frame and in several, and standard input give the same points', async (t) => {
  const folder = temporaryFolder(t);
  const text = LINE.repeat(3000);
  const frames = [zstdCompressSync(text.slice(0, 1000)), zstdCompressSync(text.slice(1000))];
  const contents: Readonly<Record<string, string | Buffer>> = {
    'access.log': text,
    'access.log.gz': gzipSync(text),
    'access.log.zst': zstdCompressSync(text),
    'access.log.1.zst': Buffer.concat(frames),
  };
  const environment = { HOST_TAG: 'h', STATE_DIR: join(folder, 'state') };
  const seen: string[] = [];
  for (const [name, content] of Object.entries(contents)) {
    writeFileSync(join(folder, name), content);
    const done = await dispatched(['backfill', '--stdout', join(folder, name)], environment);
    assert.equal(done.code, 0, done.stderr);
    seen.push(done.stdout);
  }
  const piped = await dispatched(['backfill', '--stdout', 'access=-'], environment, {
    stdin: text,
  });
  seen.push(piped.stdout);
  assert.match(seen[0] ?? '', /count=3000i/);
  assert.deepEqual(new Set(seen).size, 1);
});

test('a byte order mark is no part of the first line', async (t) => {
  const folder = temporaryFolder(t);
  const environment = { HOST_TAG: 'h', STATE_DIR: join(folder, 'state') };
  for (const [name, line] of [
    ['combined.log', LINE],
    ['json.log', JSON_LINE],
  ] as const) {
    const path = join(folder, name);
    writeFileSync(path, Buffer.concat([MARK, Buffer.from(line.repeat(2))]));
    const done = await dispatched(['backfill', '--stdout', path], environment);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /lines=2i,counted=2i,unparsed=0i/, name);
    assert.doesNotMatch(done.stdout, /\ufeff/, name);
    const checked = await dispatched(['check', '--offline', path], environment);
    assert.match(checked.stdout, /2 lines, 2 can be read/, name);
  }
});

test('a file whose name has = in it is that file, and NAME=FILE names the log of another', async (t) => {
  const folder = temporaryFolder(t);
  const environment = { HOST_TAG: 'h', STATE_DIR: join(folder, 'state') };
  writeFileSync(join(folder, 'a=b.log'), LINE);
  writeFileSync(join(folder, 'b.log'), LINE);
  const own = await dispatched(['backfill', '--stdout', join(folder, 'a=b.log')], environment);
  assert.match(own.stdout, /log=a\\=b,/, own.stderr);
  const named = await dispatched(
    ['backfill', '--stdout', `shop=${join(folder, 'b.log')}`],
    environment,
  );
  assert.match(named.stdout, /log=shop,/, named.stderr);
});

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  test(`the completion for ${shell} names every command and option, and the shell can read it`, (t) => {
    const script = completionScript(shell);
    for (const word of ['backfill', 'check', 'completion', 'settings', 'max-unparsed', 'offline']) {
      assert.ok(script.includes(word), word);
    }
    const path = join(temporaryFolder(t), 'script');
    writeFileSync(path, script);
    if (shell === 'bash') {
      execFileSync('bash', ['-n', path]);
      const complete =
        'COMP_WORDS=(nginx-meter backfill --max); COMP_CWORD=2; _nginx_meter; echo "${COMPREPLY[@]}"';
      const found = execFileSync('bash', ['-c', `. ${path}; ${complete}`], { encoding: 'utf8' });
      assert.equal(found, '--max-unparsed\n');
    }
  });
}
