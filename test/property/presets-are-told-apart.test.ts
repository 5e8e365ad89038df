import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, runsOfSlow } from '../support/property.ts';
import { ADVISED_FORMATS } from '../../src/parse/advice/advised-formats.ts';
import { createParser } from '../../src/parse/parser.ts';
import { PRESETS } from '../../src/parse/format/presets.ts';
import { createScanner } from '../../src/parse/line/scanner.ts';
import { record } from '../support/arbitrary-record.ts';
import { renderLine } from '../support/nginx-log-line.ts';
import { parseBytes, toBytes } from '../support/parsed-rows.ts';
import { strictFit } from '../support/strict-fit.ts';

const scanner = createScanner({ readBufferBytes: 1 << 16 });
const FORMATS = [...PRESETS, ...ADVISED_FORMATS];
const json = createParser({ format: 'json', scanner });
const forms = FORMATS.map(({ name }) => ({ name, fits: strictFit(name) }));
/** What tells client from site. */
const isClear = ({ host, server_name: server }: Readonly<Record<string, string | undefined>>) =>
  ![host, server].some((name) => /^[\d.]*$|[:/]|^-$/.test(name ?? ''));

for (const { name, text } of FORMATS) {
  test(`a line of ${name} has the form of no other format, whatever clients send`, () => {
    fc.assert(
      fc.property(record, (one) => {
        // Never `-`; and no address, which would leave the choice to the lines around.
        const values: Record<string, string> = { ...one.values };
        values['request_time'] = one.values['request_time_ms'] ?? '';
        // Without quotes around it a client can make of this whatever it likes.
        if (name.startsWith('seafile')) values['http_x_forwarded_for'] = '10.0.0.9, 10.0.0.8';
        // nginx leaves the spaces and brackets of a user name as they are: one that holds
        // ` [time]` makes two readings of a line of APISIX, and auto rightly takes neither.
        if (name.startsWith('apisix')) values['remote_user'] = '-';
        fc.pre(isClear(values));
        const line = renderLine(text, values);
        const taken = forms.filter(({ fits }) => fits(toBytes(line))).map((form) => form.name);
        assert.deepEqual(taken, [name]);
        const bytes = toBytes(`${line}\n`);
        assert.equal(parseBytes(json, bytes)[0]?.reason === 'parsed', false);
        const auto = createParser({ format: 'auto', scanner });
        parseBytes(auto, bytes);
        assert.equal(auto.formatName, name);
      }),
      // Each of dozens of formats is held against all of them.
      { numRuns: runsOfSlow(10) },
    );
  });
}
