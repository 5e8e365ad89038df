import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogFormatError } from '../../../../src/parse/format/log-format-error.ts';
import { compileLogFormat } from '../../../../src/parse/format/log-format.ts';
import { createParser } from '../../../../src/parse/parser.ts';
import { PRESETS } from '../../../../src/parse/format/presets.ts';
import { createScanner } from '../../../../src/parse/line/scanner.ts';

const scanner = createScanner({ readBufferBytes: 16 });

function errorOf(format: string): LogFormatError {
  try {
    createParser({ format, scanner });
  } catch (error) {
    assert.ok(error instanceof LogFormatError);
    return error;
  }
  throw new assert.AssertionError({ message: `accepted: ${format}` });
}

test('an unknown preset: the nearest, and all names', () => {
  const { message } = errorOf('combind');
  assert.match(message, /no log format named "combind"\. Did you mean "combined"\?/);
  for (const { name } of PRESETS) assert.ok(message.includes(name));
  assert.doesNotMatch(errorOf('apache-error').message, /Did you mean/);
  assert.match(errorOf(' ').message, /empty/);
});

test('two variables side by side are both named', () => {
  const error = errorOf('$msec $status $http_referer$host');
  assert.match(error.message, /between \$http_referer and \$host/);
  assert.equal(error.at, 27);
});

test('what is needed is named', () => {
  assert.match(errorOf('$remote_addr "$request" $status').message, /no time.*\$time_local/s);
  assert.match(errorOf('[$time_local] "$request"').message, /no \$status/);
  assert.match(errorOf('just words').message, /no time/);
});

test('a digit after a number', () => {
  const error = errorOf('$msec $status ${body_bytes_sent}0');
  assert.match(error.message, /digit follows \$body_bytes_sent/);
  assert.equal(error.at, 14);
});

test('too many variables', () => {
  const error = errorOf(`$msec $status ${'"$a" '.repeat(300)}`);
  assert.match(error.message, /302 variables; at most 256/);
});

test('presets are accepted with spaces around the name, and have no ambiguity', () => {
  for (const { name, text } of PRESETS) {
    assert.equal(createParser({ format: ` ${name}\n`, scanner }).formatName, name);
    const { ambiguities } = compileLogFormat(name, text);
    // What these write without quotes a client can shift, and whoever checks them is told so.
    const isTold = ['npmplus', 'apisix'].includes(name);
    assert.equal(ambiguities.length, isTold ? 1 : 0, `${name}: ${ambiguities.join(' ')}`);
  }
  assert.equal(createParser({ format: '$msec $status', scanner }).formatName, 'custom');
});

test('formats that a client can shift are told', () => {
  const ambiguous = (format: string) => compileLogFormat('x', format).ambiguities.join('\n');
  for (const format of [
    '$http_a $http_b $status $msec',
    '$remote_user|$host "$request" $status $msec',
    '$remote_user|$status|$server_name $msec',
    '$remote_user $upstream_addr $status $msec',
    '$remote_user, $msec, $upstream_addr $status',
    '$upstream_addr $http_a "$request" $status $msec',
    '$host|$status|$server_name $msec',
  ]) {
    assert.match(ambiguous(format), /what a client sends/i, format);
  }
  for (const format of [
    '$remote_user $host $status $msec',
    '"$http_a" "$http_b" $status $msec',
    '$remote_user [$time_local] $host|$status',
    '$remote_user|$time_local|$server_name $status',
    '$host|$status|$msec',
    '$status $msec $http_a',
  ]) {
    assert.equal(ambiguous(format), '', format);
  }
  assert.match(ambiguous('$msec $upstream_addr, $status'), /where it ends is a guess/);
  assert.match(
    ambiguous('escape=none \'"$request" $status $msec\''),
    /escape=none.*\$request can forge \$status, \$msec/,
  );
  assert.equal(ambiguous("escape=none '$status $msec $request'"), '');
});

test('a format that ends with CR is one for lines that end with CRLF', () => {
  const format = "'$status $msec\\r'";
  assert.equal(compileLogFormat('x', format).program.quoteCount, 0);
  assert.equal(compileLogFormat('x', format).program.literals.includes(0x0d), false);
});
