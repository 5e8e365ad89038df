import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../support/property.ts';
import { explainLine } from '../../src/parse/advice/explain.ts';
import { createParser } from '../../src/parse/parser.ts';
import { createScanner } from '../../src/parse/line/scanner.ts';
import { rawClientText, record } from '../support/arbitrary-record.ts';
import { parseBytes, toBytes } from '../support/parsed-rows.ts';

const scanner = createScanner({ readBufferBytes: 1 << 16 });
const SPANS = ['request', 'http_user_agent', 'http_referer', 'remote_addr', 'upstream_addr'];
const spaces = fc.constantFrom('', ' ', '\t ');
const anyJson = fc.jsonValue({ maxDepth: 3 });

/** Latin-1 in strings as bytes, so that the texts stay what they were. */
const json = (value: unknown) => JSON.stringify(value).replace(/[^\0-\xff]/g, '?');

test('any JSON object with the known keys in any order is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(
      record,
      fc.record({ request: rawClientText, agent: rawClientText }),
      fc.array(fc.tuple(fc.stringMatching(/^[A-Z"\\]{1,6}$/), anyJson), { maxLength: 6 }),
      fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
      spaces,
      (given, texts, unknown, order, space) => {
        const { values } = given;
        const entries: [string, unknown][] = [
          ['time_iso8601', values['time_iso8601']],
          ['status', given.status],
          ['body_bytes_sent', given.bytes],
          ['request_length', given.bytesIn === null ? '-' : String(given.bytesIn)],
          ['request_time', given.milliseconds === null ? null : given.milliseconds / 1000],
          ['request', texts.request],
          ['http', { user_agent: texts.agent, status: 1 }],
          ['remote_addr', given.address],
          ['upstream', { addr: values['upstream_addr'] }],
          ['server_name', values['server_name']],
          ...unknown,
        ];
        const parts = entries
          .map(([key, value], i) => ({ text: `${json(key)}${space}:${space}${json(value)}`, i }))
          .sort((one, other) => (order[one.i] ?? 0) - (order[other.i] ?? 0))
          .map(({ text }) => text);
        const line = `{${space}${parts.join(`${space},${space}`)}${space}}`;
        const parser = createParser({ format: 'auto', scanner });
        const [row] = parseBytes(parser, toBytes(`${line}\n`), { spans: SPANS });
        assert.equal(row?.reason, 'parsed', JSON.stringify(explainLine('json', toBytes(line))));
        assert.equal(parser.formatName, 'json');
        assert.equal(row.timeS, given.seconds);
        assert.equal(row.status, given.status);
        assert.equal(row.bytesOut, given.bytes ?? 0);
        assert.equal(row.bytesIn, given.bytesIn ?? 0);
        const ms = given.milliseconds;
        assert.equal(row.requestMs, ms === null ? undefined : Math.min(ms, 2 ** 31 - 1));
        const site = values['server_name'];
        assert.equal(row.site, site === '-' ? undefined : site?.replace(/^([^:]+):\d+$/u, '$1'));
        const parsed = (name: string) => {
          const span = row.spans[name];
          return span === undefined ? undefined : (JSON.parse(`"${span}"`) as string);
        };
        const present = (text: string) => (text === '' || text === '-' ? undefined : text);
        assert.equal(parsed('request'), present(texts.request));
        assert.equal(parsed('http_user_agent'), present(texts.agent));
        assert.equal(parsed('remote_addr'), given.address);
        assert.equal(parsed('upstream_addr'), values['upstream_addr']);
      },
    ),
  );
});

test('a line cut or changed anywhere is a row, never an exception, and is explained', () => {
  const line =
    '{"time_iso8601":"2026-11-22T10:00:00+00:00","status":200,"http":{"a":[1,"\\\\\\""]},"b":null}';
  fc.assert(
    fc.property(fc.nat(line.length), fc.nat(255), fc.boolean(), (at, byte, isCut) => {
      const changed = line.slice(0, at) + String.fromCharCode(byte) + line.slice(at + 1);
      const text = (isCut ? line.slice(0, at) : changed).replaceAll(/[\n\0]/g, ' ');
      const parser = createParser({ format: 'json', scanner });
      const [row] = parseBytes(parser, toBytes(`${text}\n`));
      const explanation = explainLine('json', toBytes(text));
      assert.equal(row?.reason, explanation?.reason ?? 'parsed', text);
      assert.ok((explanation?.atByte ?? 0) <= text.length);
    }),
  );
});
