import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../support/property.ts';
import { ADVISED_FORMATS } from '../../src/parse/advice/advised-formats.ts';
import { createParser } from '../../src/parse/parser.ts';
import { PRESETS } from '../../src/parse/format/presets.ts';
import { createScanner } from '../../src/parse/line/scanner.ts';
import { record } from '../support/arbitrary-record.ts';
import { renderLine } from '../support/nginx-log-line.ts';
import { parseBytes, toBytes } from '../support/parsed-rows.ts';

const scanner = createScanner({ readBufferBytes: 1 << 16 });
const FORMATS = [...PRESETS, ...ADVISED_FORMATS];
const SETTINGS = [...FORMATS.map(({ name }) => name), 'json'];
const parsers = SETTINGS.map((format) => ({ format, parser: createParser({ format, scanner }) }));

for (const { name, text } of FORMATS) {
  test(`a line of ${name} has the form of no other format, whatever clients send`, () => {
    fc.assert(
      fc.property(record, ({ values }) => {
        const bytes = toBytes(`${renderLine(text, values)}\n`);
        const taken = parsers.filter(
          ({ parser }) => parseBytes(parser, bytes)[0]?.reason === 'parsed',
        );
        assert.deepEqual(
          taken.map(({ format }) => format),
          [name],
        );
        const auto = createParser({ format: 'auto', scanner });
        parseBytes(auto, bytes);
        assert.equal(auto.formatName, name);
      }),
    );
  });
}
