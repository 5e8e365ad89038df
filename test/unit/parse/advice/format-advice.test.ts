import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADVISED_FORMATS } from '../../../../src/parse/advice/advised-formats.ts';
import { adviseOn } from '../../../../src/parse/advice/format-advice.ts';
import { readFormatText } from '../../../../src/parse/format/format-text.ts';
import { createParser } from '../../../../src/parse/parser.ts';
import { PRESETS } from '../../../../src/parse/format/presets.ts';
import { createScanner } from '../../../../src/parse/line/scanner.ts';

const scanner = createScanner({ readBufferBytes: 64 });
const ALL = 1 | 2 | 4;

function adviceFor(setting: string) {
  const { formatName, families } = createParser({ format: setting, scanner });
  return adviseOn(setting, formatName, families);
}

test('combined: the exact directive', () => {
  const advice = adviceFor('combined');
  assert.deepEqual(advice?.missing, [
    '$request_time (latency)',
    '$request_length (bytes received)',
    '$server_name (which site)',
    '$upstream_addr (upstreams)',
    '$upstream_status (their errors)',
    '$upstream_response_time (their latency)',
  ]);
  assert.equal(
    advice.directive.join('\n'),
    `log_format meter
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "'
    '$http_referer" "$http_user_agent" rt=$request_time len=$request_length'
    ' site="$server_name" ua="$upstream_addr" us="$upstream_status"'
    ' ut="$upstream_response_time"';`,
  );
});

const settings = [
  ...PRESETS.map(({ name }) => name),
  'json',
  'log_format x escape=json \'{"s":$status,"t":"$msec","l":"$request_length"}\';',
  "log_format x '${msec}s\\t$status it\\'s \\\\ $host';",
  'log_format n escape=none \'$status $msec "$request"\';',
  '$msec $status',
];
for (const setting of settings) {
  test(`what is advised for ${setting} is a format that lacks nothing`, () => {
    const advice = adviceFor(setting);
    assert.ok(advice);
    const text = advice.directive.join('\n');
    assert.ok(text.startsWith('log_format meter') && text.endsWith("';"));
    assert.equal(adviceFor(text), undefined, text);
    assert.equal(createParser({ format: text, scanner }).families, ALL);
  });
}

for (const { name } of PRESETS) {
  test(`auto knows what is advised for ${name}`, () => {
    const text = adviceFor(name)?.directive.join('\n') ?? '';
    const { elements } = readFormatText(text);
    const plain = elements.map((one) => (one.kind === 'literal' ? one.text : `$${one.name}`));
    const known = ADVISED_FORMATS.map((format) => format.text.replaceAll(/\$\{(\w+)\}/gu, '$$$1'));
    assert.ok(known.includes(plain.join('')));
  });
}

test('nothing is advised for a format that has all, or is not known', () => {
  const all = `$msec $status $host $request_time $request_length "$upstream_addr" "$upstream_status" "$upstream_response_time"`;
  assert.equal(adviceFor(all), undefined);
  assert.equal(adviceFor('auto'), undefined);
  assert.equal(adviseOn('json', 'json', ALL), undefined);
  assert.deepEqual(adviseOn('auto', 'json', 2 | 4)?.missing, ['$request_time (latency)']);
});
