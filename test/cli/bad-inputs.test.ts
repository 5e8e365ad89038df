import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { COMMAND_NAMES } from '../../src/cli/command-line.ts';
import { StateLock } from '../../src/state/state-lock.ts';
import { runMeter } from '../support/cli.ts';
import { BAD_INPUTS } from '../support/bad-inputs.ts';
import { dispatched, type Dispatched } from '../support/dispatched.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { freePort } from '../support/ports.ts';
import { type Answer, startStandInDatabase } from '../support/stand-in-database.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/**
 * What a person gets wrong, and what they read then: a row for each, kept as bad-inputs.md. A row that
 * changes is read aloud before it is taken over: what happened, where, what to do.
 * `UPDATE_GOLDEN=1 node --test test/cli/bad-inputs.test.ts` rewrites the table.
 */
const TABLE = join(PROJECT_ROOT, 'test/cli/bad-inputs.md');
const LINE = '192.0.2.7 - - [14/Mar/2024:00:00:05 +0000] "GET / HTTP/1.1" 200 1 "-" "curl/8.0"\n';
const ROW_LIMIT_MS = 10_000;

/** Words and settings may hold these; `prepare()` puts what they stand for in their place. */
const PLACES = { DIR: '', PORT: '', CLOSED: '', TAKEN: '' };

/** The sentences of an answer: of JSON the messages, else the text; with what differs from run to run replaced. */
function messageOf({ stdout, stderr: errors }: Dispatched): string {
  // The log of a run is on standard output.
  const isLog = stdout.startsWith('{"level"');
  const [out, stderr] = isLog ? ['', stdout] : [stdout, errors];
  const records = stderr.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return /^[A-Z][a-z]+ {2,}/.test(line) ? [] : [line];
    const { level, msg } = JSON.parse(line) as { level: string; msg: string };
    return isLog && level !== 'fatal' ? [] : [msg];
  });
  if (out.startsWith('{')) {
    const { problems, notes } = JSON.parse(out) as { problems: string[]; notes: string[] };
    records.push(...problems, ...notes.map((note) => `Note: ${note}`));
  }
  const text = [...new Set(records)].join(' ').replace(/\s+/g, ' ').trim();
  const named = Object.entries(PLACES)
    .sort(([, a], [, b]) => b.length - a.length)
    .reduce((all, [name, value]) => all.replaceAll(value, name), text);
  return named
    .replaceAll('x'.repeat(300), 'xxx…')
    .replaceAll(COMMAND_NAMES.join(', '), 'COMMANDS')
    .replace(/Known are .*?, and the text/, 'Known are PRESETS, and the text')
    .replace(/a preset \([^)]*\)/, 'a preset (PRESETS)')
    .replaceAll(String(process.pid), 'PID')
    .replace(/process PID \([^)]*\)/g, 'process PID (node)')
    .replace(/user \d+/g, 'user UID')
    .replace(/\(pid \d+\)/g, '(pid PID)')
    .replaceAll('|', '\\|');
}

function prepare(dir: string): void {
  PLACES.DIR = dir;
  mkdirSync(join(dir, 'used'));
  const write = (name: string, content: string | Buffer) => writeFileSync(join(dir, name), content);
  write('access.log', LINE.repeat(5));
  write('other.log', 'this is no access log\n'.repeat(3));
  write('mixed.log', LINE.repeat(50) + 'odd\n'.repeat(3));
  write('error.log', '2026/11/30 10:00:00 [error] 123#123: *4 open() failed\n'.repeat(3));
  write('cut.conf', 'http { access_log /a.log');
  write('access.log.xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 1, 2]));
  write('access.log.bz2', Buffer.from('BZh91AY'));
  const lines = Array.from({ length: 2000 }, (_, i) => LINE.replace('GET /', `GET /${i * 7919}`));
  const gzipped = gzipSync(lines.join(''));
  write('cut.log.gz', gzipped.subarray(0, gzipped.length / 2));
  const packed = zstdCompressSync(lines.join(''));
  write('cut.log.zst', packed.subarray(0, packed.length / 2));
  symlinkSync('nowhere', join(dir, 'dangling'));
  symlinkSync('circle', join(dir, 'circle'));
  execFileSync('mkfifo', [join(dir, 'pipe')]);
}

function placed(text: string): string {
  return Object.entries(PLACES).reduce((all, [name, value]) => all.replaceAll(name, value), text);
}

suite('bad inputs', () => {
  const rows: string[] = [];
  let taken: Server | undefined;

  before(async () => {
    taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken?.listen(0, '127.0.0.1', () => {
        const address = taken?.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    PLACES.TAKEN = String(port);
    PLACES.CLOSED = String(await freePort());
  });

  after(() => {
    taken?.close();
  });

  test('each has its exit code and its sentence, as the table has them', async (t) => {
    prepare(temporaryFolder(t));
    const lock = await StateLock.acquire(join(PLACES.DIR, 'used'), () => {});
    let answer: Answer = { status: 204 };
    const database = await startStandInDatabase(t, () => answer);
    PLACES.PORT = new URL(database.url).port;
    for (const [title, group] of BAD_INPUTS) {
      rows.push(
        '',
        `## ${title}`,
        '',
        '| command | what is wrong | code | message |',
        '|---|---|---|---|',
      );
      for (const row of group) {
        answer = row.answer ?? { status: 204 };
        const isServer = title.startsWith('Servers');
        const given = {
          HOST_TAG: 'h',
          LOG_PATHS: 'DIR/access.log',
          STATE_DIR: 'DIR/state',
          ...(isServer ? { INFLUX_URL: 'http://127.0.0.1:PORT' } : {}),
          ...row.settings,
        };
        const settings = Object.fromEntries(
          Object.entries({
            ...given,
            ...(isServer && given['INFLUX_URL'] !== '' ? { INFLUX_DB: 'meter' } : {}),
          }).map(([name, value]) => [name, placed(value)]),
        );
        const startedMs = performance.now();
        const { stdin, signal } = row;
        const words = row.words.map(placed);
        const done =
          row.isSpawned === true
            ? await runMeter(words, { cwd: PLACES.DIR, env: settings })
            : await dispatched(words, settings, {
                ...(stdin === undefined ? {} : { stdin }),
                ...(signal === undefined ? {} : { signal }),
              });
        const label = `${row.words.join(' ')} ${row.about}`;
        assert.ok(performance.now() - startedMs < ROW_LIMIT_MS, `${label} takes too long`);
        assert.equal(done.code, row.code, `${label}\n${done.stdout}\n${done.stderr}`);
        const message = messageOf(done);
        assert.doesNotMatch(
          message,
          /\bE[A-Z]{4,}\b(?![^(]*\))/,
          `${label}: a bare errno: ${message}`,
        );
        const named = row.words.filter((word) => !['--json', '--offline'].includes(word)).join(' ');
        const shown = named.replaceAll('x'.repeat(300), 'xxx…');
        rows.push(`| \`${shown}\` | ${row.about} | ${done.code} | ${message} |`);
      }
    }
    await lock.release();
    const count = rows.filter((row) => row.startsWith('| `')).length;
    assert.ok(count >= 60, `${count} rows`);
    const text = `# What goes wrong, and what is said\n\nMade by bad-inputs.test.ts: ${count} rows.\n${rows.join('\n')}\n`;
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(TABLE, text);
    assert.ok(existsSync(TABLE), 'the table is missing');
    assert.deepEqual(text.split('\n'), readFileSync(TABLE, 'utf8').split('\n'));
  });
});
