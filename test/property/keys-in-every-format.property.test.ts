import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SealedDimensions } from '../../src/aggregate/dimension/sealed-dimensions.ts';
import { DIMENSION_FORMAT, DimensionBench } from '../support/dimension-bench.ts';
import { fc, runsOfSlow } from '../support/property.ts';
import { NOON_S } from '../support/log-rows.ts';

/**
 * One traffic, written down in every way there is: all dimensions must be the same. Texts are latin1,
 * one character for each byte that was sent.
 */

interface Sent {
  readonly host: string;
  readonly path: string;
  readonly referer: string;
  readonly agent: string;
  readonly upstream: string;
  readonly status: number;
}

/** How a writer escapes a value, and what its log format is. */
interface Writer {
  readonly format: string;
  readonly line: (sent: Sent, timeS: number) => string;
}

const iso = (timeS: number) => `${new Date(timeS * 1000).toISOString().slice(0, 19)}+00:00`;

const textLine =
  (escape: (value: string) => string) =>
  ({ host, path, referer, agent, upstream, status }: Sent, timeS: number) =>
    `${escape(host)} 192.0.2.1 [${iso(timeS)}] "GET ${escape(path)} HTTP/1.1" ${status} 7 ` +
    `"${escape(referer)}" "${escape(agent)}" 0.001 "${escape(upstream)}"`;

const jsonLine =
  (escape: (value: string) => string) =>
  ({ host, path, referer, agent, upstream, status }: Sent, timeS: number) =>
    `{"host":"${escape(host)}","remote_addr":"192.0.2.1","time_iso8601":"${iso(timeS)}",` +
    `"request":"${escape(`GET ${path} HTTP/1.1`)}","status":${status},"body_bytes_sent":7,` +
    `"http_referer":"${escape(referer)}","http_user_agent":"${escape(agent)}",` +
    `"request_time":0.001,"upstream_addr":"${escape(upstream)}"}`;

const hex = (character: string, digits: number) =>
  character.charCodeAt(0).toString(16).padStart(digits, '0');
const JSON_FORMAT =
  `log_format j escape=json '{"host":"$host","remote_addr":"$remote_addr",` +
  `"time_iso8601":"$time_iso8601","request":"$request","status":$status,` +
  `"body_bytes_sent":$body_bytes_sent,"http_referer":"$http_referer",` +
  `"http_user_agent":"$http_user_agent","request_time":$request_time,` +
  `"upstream_addr":"$upstream_addr"}';`;

/** ngx_http_log_escape() */
const escapeDefault = (value: string) =>
  value.replaceAll(/["\\]|[^ -~]/g, (one) => `\\x${hex(one, 2).toUpperCase()}`);
/** ngx_escape_json() */
const SHORT: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};
const escapeJson = (value: string) =>
  value.replaceAll(/["\\]|[\u0000-\u001f]/g, (one) =>
    one < ' ' ? (SHORT[one] ?? `\\u${hex(one, 4).toUpperCase()}`) : `\\${one}`,
  );
/** As PHP's json_encode() and others: ASCII alone, slashes escaped, `&` and `?` perhaps too. */
const escapeAscii = (value: string) =>
  JSON.stringify(Buffer.from(value, 'latin1').toString())
    .slice(1, -1)
    .replaceAll(/[&?]|[^ -~]/g, (one) => `\\u${hex(one, 4)}`)
    .replaceAll('/', String.raw`\/`);
const escapeApache = (value: string) =>
  value.replaceAll(/["\\]|[^ -~]/g, (one) =>
    one < ' ' || one > '~' ? (SHORT[one] ?? `\\x${hex(one, 2)}`) : `\\${one}`,
  );

const WRITERS: Readonly<Record<string, Writer>> = {
  json: { format: JSON_FORMAT, line: jsonLine(escapeJson) },
  'json by names': { format: 'json', line: jsonLine(escapeJson) },
  'ASCII json': { format: 'json', line: jsonLine(escapeAscii) },
  apache: { format: DIMENSION_FORMAT, line: textLine(escapeApache) },
  none: {
    format: `log_format n escape=none '${DIMENSION_FORMAT}';`,
    line: textLine((value) => value),
  },
};

function dimensionsOf({ format, line }: Writer, all: readonly Sent[], keepQuery: boolean) {
  const bench = new DimensionBench({ format, keepQuery, sitesMax: 3 });
  const lines = all.map((sent, i) => line(sent, NOON_S + 20 * i));
  // The bench writes UTF-8.
  bench.add(
    lines.map((text) => Buffer.from(text, 'latin1').toString()),
    NOON_S,
  );
  bench.take('last', NOON_S);
  const counted = [...bench.totals.values()].reduce((sum, { agent }) => sum + agent.counted, 0);
  assert.equal(counted, all.length);
  return [...bench.stored.values()].map((detail): SealedDimensions => ({ ...detail, log: '' }));
}

const utf8 = (text: string) => Buffer.from(text).toString('latin1');
/** No piece that escape=none could not write: a quote ends nothing there, but a line feed does. */
const piece = fc.constantFrom(
  ...['a', 'b', 'über', '日本', '🙂', ' ', '\\', '\\x41', '\\n', '\\u0041', '\u0001', '\u007f'],
  ...['\t', '\u009b31m', '\u202e', '&', '=', '?', '%41', '7', 'token=abc', 'q=a@b.example'],
);
const text = (most: number) =>
  fc.array(piece, { maxLength: most }).map((pieces) => utf8(pieces.join('')));
const word = (most: number) => text(most).map((one) => one.replaceAll(' ', '_'));

const sent: fc.Arbitrary<Sent> = fc.record({
  host: word(3).map((one) => `h${one}`),
  path: fc.array(word(3), { maxLength: 3 }).map((words) => `/${words.join('/')}`),
  referer: word(4).map((one) => `https://r/${one}`),
  agent: text(5).map((one) => `x${one}`),
  upstream: word(2).map((one) => `unix:/${one}`),
  status: fc.constantFrom(200, 404),
});

test('keys, routes, sites and upstreams are the same in every format', () => {
  const reference = { format: DIMENSION_FORMAT, line: textLine(escapeDefault) };
  fc.assert(
    fc.property(
      fc.array(sent, { minLength: 1, maxLength: 8 }),
      fc.constantFrom(...Object.keys(WRITERS)),
      fc.boolean(),
      (all, name, keepQuery) => {
        const writer = WRITERS[name] ?? reference;
        assert.deepEqual(
          dimensionsOf(writer, all, keepQuery),
          dimensionsOf(reference, all, keepQuery),
          name,
        );
      },
    ),
    { numRuns: runsOfSlow(4) },
  );
});

test('what is stored alike counts as one, whether its log escapes it or not', () => {
  const one = { host: 'h', path: '/', upstream: 'unix:/', status: 200 };
  const all = [
    { ...one, referer: 'https://r/\u007f', agent: 'x\u007f' },
    { ...one, referer: 'https://r/_', agent: 'x_' },
    { ...one, referer: 'https://r/a', agent: 'xa' },
  ];
  for (const writer of Object.values(WRITERS)) {
    const tops = dimensionsOf(writer, all, true).flatMap((dimensions) => dimensions.tops);
    const counts = (dim: string) =>
      tops.filter((top) => top.dim === dim).map(({ key, count }) => [key, count]);
    for (const [dim, start] of [
      ['referer', 'https://r/'],
      ['ua', 'x'],
    ] as const) {
      const expected = [
        [`${start}_`, 2],
        [`${start}a`, 1],
      ];
      assert.deepEqual(counts(dim), expected, writer.format);
    }
  }
});

test('no text that is handed over holds a control character, a turned direction or a backslash', () => {
  fc.assert(
    fc.property(fc.array(sent, { minLength: 1, maxLength: 8 }), (all) => {
      const reference = { format: DIMENSION_FORMAT, line: textLine(escapeDefault) };
      for (const { tops, routes, upstreams } of dimensionsOf(reference, all, true)) {
        const texts = [
          ...tops.flatMap(({ key, site }) => [key, site]),
          ...routes.map(({ route }) => route),
          ...upstreams.map(({ upstream }) => upstream),
        ];
        for (const one of texts) assert.doesNotMatch(one, /[\p{Cc}\u202a-\u202e\\]/u);
      }
    }),
    { numRuns: runsOfSlow(4) },
  );
});
