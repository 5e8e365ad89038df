import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runMeter } from '../support/cli.ts';
import { decodeLines } from '../support/line-protocol-decoder.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

test('every window of a day between two lines is written, whatever is handed over at once', async (t) => {
  const dir = temporaryFolder(t);
  const line = (moment: string) =>
    `192.0.2.7 - - [${moment} +0000] "GET / HTTP/1.1" 200 1 "-" "curl/8.0"\n`;
  const text = line('14/Mar/2024:00:00:05') + line('14/Mar/2024:23:59:55');
  writeFileSync(join(dir, 'access.log'), text);
  const done = await runMeter(['backfill', '--stdout', 'access.log'], { cwd: dir });
  assert.equal(done.code, 0, done.stderr);
  const points = decodeLines(Buffer.from(done.stdout));
  for (const measurement of ['access_log', 'access_log_lines']) {
    const times = points
      .filter((point) => point.measurement === measurement)
      .map((point) => Number(point.timestamp));
    const startS = Date.UTC(2024, 2, 14) / 1000;
    assert.deepEqual(
      times,
      Array.from({ length: 8640 }, (_, index) => startS + index * 10),
    );
  }
});
