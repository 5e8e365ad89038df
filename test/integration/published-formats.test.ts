import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createParser } from '../../src/parse/parser.ts';
import { createScanner } from '../../src/parse/line/scanner.ts';
import { httpRequest } from '../support/http.ts';
import { startNginx } from '../support/nginx.ts';
import { parseBytes } from '../support/parsed-rows.ts';
import {
  PUBLISHED_FORMATS,
  PUBLISHED_MAPS,
  type PublishedFormat,
} from '../support/published-formats.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/** A real nginx writes each request in every format; what is read back is what the first one says. */

const REQUESTS = [
  '/status/200',
  '/status/404?a=b',
  '/app/one',
  '/flaky/two',
  '/dead',
  '/bytes/1000',
];
const SPANS = ['request', 'request_method', 'request_uri', 'uri', 'remote_addr', 'http_user_agent'];
const TRUTH =
  /^(\S+) \[(\d+)\.\d+\] "(\S+) (\S+) [^"]*" (\d{3}) (\d+) (\d+) "([^"]*)" (\d+\.\d{3}) (\S+)$/;

const quoted = (text: string) =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;

function directive({ text, escape }: PublishedFormat, name: string): string {
  return `log_format ${name}${escape === undefined ? '' : ` escape=${escape}`} ${quoted(text)};`;
}

test('formats that are published, as a real nginx writes them', async (t) => {
  const dir = temporaryFolder(t);
  const pathOf = (i: number) => join(dir, `logs/format-${i}.log`);
  const formats = PUBLISHED_FORMATS.map(
    (format, i) => `  ${directive(format, `f${i}`)}\n  access_log ${pathOf(i)} f${i};`,
  );
  const nginx = await startNginx({
    dir,
    logFormat:
      '$remote_addr [$msec] "$request" $status $body_bytes_sent $bytes_sent "$http_user_agent" $request_time $host',
    extraHttp: `variables_hash_max_size 4096;\n${PUBLISHED_MAPS}\n${formats.join('\n')}`,
  });
  for (const path of REQUESTS) {
    await httpRequest(`${nginx.url}${path}`, {
      headers: {
        host: `Alpha.test:${nginx.port}`,
        'user-agent': 'probe/1.0 (x; y)',
        referer: 'http://r/',
      },
    });
  }
  await nginx.stop();
  const truth = readFileSync(nginx.accessLogPath, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => TRUTH.exec(line) ?? assert.fail(line));
  assert.equal(truth.length, REQUESTS.length);

  const scanner = createScanner({ readBufferBytes: 1 << 16 });
  const wrong: string[] = [];
  for (const [i, format] of PUBLISHED_FORMATS.entries()) {
    const bytes = Uint8Array.from(readFileSync(pathOf(i)));
    const settings = [directive(format, 'given'), ...(format.escape === 'json' ? ['auto'] : [])];
    for (const setting of settings) {
      const rows = parseBytes(createParser({ format: setting, scanner }), bytes, { spans: SPANS });
      const has = (name: string) => new RegExp(`\\$${name}\\b`).test(format.text);
      const expected = truth.map(
        ([, address, , , target = '', status, body, sent, agent, time]) => ({
          reason: 'parsed',
          status: Number(status),
          isNear: true,
          bytes: has('body_bytes_sent') ? Number(body) : has('bytes_sent') ? Number(sent) : 0,
          address: has('remote_addr') ? address : undefined,
          agent: has('http_user_agent') ? agent : undefined,
          ms: has('request_time') ? Math.round(1000 * Number(time)) : undefined,
          site: /\$(?:host|http_host|server_name)\b/.test(format.text) ? 'alpha.test' : undefined,
          target: targetOf(format.text, target),
        }),
      );
      const actual = rows.map((row) => ({
        reason: row.reason,
        status: row.status,
        isNear: Math.abs((row.timeS ?? 0) - Number(truth[0]?.[2])) <= 10,
        bytes: row.bytesOut,
        address: row.spans['remote_addr'],
        agent: row.spans['http_user_agent'],
        ms: row.requestMs,
        site: row.site,
        target: row.spans['request']?.split(' ')[1] ?? row.spans['request_uri'] ?? row.spans['uri'],
      }));
      try {
        // Two workers write, each file in an order of its own.
        assert.deepEqual(sorted(actual), sorted(expected));
      } catch (error) {
        const how = setting === 'auto' ? 'by its keys' : 'by its text';
        wrong.push(`${format.name}, ${how}: ${error instanceof Error ? error.message : ''}`);
      }
    }
  }
  assert.equal(wrong.length, 0, `${wrong.length} wrong:\n${wrong.join('\n')}`);
});

function sorted(values: readonly object[]): object[] {
  return values.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

/** The target as the format has it: whole, or the path alone. */
function targetOf(text: string, target: string): string | undefined {
  const isWhole = /\$(?:request|request_line|secretfilter|request_uri|filtered_uri|args)\b/.test(
    text,
  );
  if (isWhole) return target;
  return /\$uri\b/.test(text) ? target.split('?')[0] : undefined;
}
