import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { runMeter } from '../support/cli.ts';
import { decodeLines } from '../support/line-protocol-decoder.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

function logLine(second: number): string {
  const moment = new Date(Date.UTC(2024, 2, 14) + second * 1000).toISOString().slice(11, 19);
  const request = `"GET /${Math.sin(second)} HTTP/1.1"`;
  return `192.0.2.7 - - [14/Mar/2024:${moment} +0000] ${request} 200 1 "-" "curl/8.0"\n`;
}

test('a cut .gz is exit code 1, and all that could be read is written', async (t) => {
  const dir = temporaryFolder(t);
  const lines = Array.from({ length: 3000 }, (_, second) => logLine(second));
  const whole = gzipSync(lines.join(''));
  writeFileSync(join(dir, 'access.log.1.gz'), whole.subarray(0, whole.length / 2));
  writeFileSync(join(dir, 'access.log'), logLine(5000) + logLine(5001));
  const words = ['backfill', '--stdout', 'access.log', 'access.log.1.gz'];
  const done = await runMeter(words, { cwd: dir });
  assert.equal(done.code, 1, done.stderr);
  assert.match(done.stderr, /access\.log\.1\.gz is incomplete or damaged/);
  const counts = decodeLines(Buffer.from(done.stdout))
    .filter((point) => point.measurement === 'access_log')
    .map(({ timestamp, fields }) => {
      return { at: Number(timestamp), count: Number(new Map(fields).get('count')?.value ?? 0) };
    });
  const laterS = Date.UTC(2024, 2, 14) / 1000 + 5000;
  const sum = (some: typeof counts) => some.reduce((total, { count }) => total + count, 0);
  assert.ok(sum(counts.filter(({ at }) => at < laterS)) > 1000);
  assert.equal(sum(counts.filter(({ at }) => at >= laterS)), 2);
});
