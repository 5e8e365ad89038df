import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../../support/property.ts';
import { SyslogHeader } from '../../../../src/source/syslog/header.ts';

/** Tag and text, or why it is no message; read in the midst of other bytes. */
function read(message: string | Uint8Array): { tag: string; text: string } | string {
  const around = Buffer.from('<190>Nov 22 21:10:43 x: y');
  const bytes = Buffer.from(message);
  const header = new SyslogHeader();
  const whole = Buffer.concat([around, bytes, around]);
  const end = around.length + bytes.length;
  const malformed = header.read(whole, around.length, end);
  if (malformed !== undefined) return malformed;
  const { tagStart, tagEnd, textStart } = header;
  return {
    tag: whole.toString('latin1', tagStart, tagEnd),
    text: whole.toString('latin1', textStart, end),
  };
}

const LINE = '1.2.3.4 - - [22/Nov/2026:21:10:43 +0000] "GET / HTTP/1.1" 200 5 "-" "a: b"';

test('nginx with a host name, without one, and with a tag of its own', () => {
  assert.deepEqual(read(`<190>Nov 22 21:10:43 web-1.example nginx: ${LINE}`), {
    tag: 'nginx',
    text: LINE,
  });
  assert.deepEqual(read(`<190>Nov  2 21:10:43 nginx: ${LINE}`), { tag: 'nginx', text: LINE });
  assert.deepEqual(read(`<0>Nov 22 21:10:43 web Shop_2: ${LINE}`), { tag: 'Shop_2', text: LINE });
});

test('other senders: a process id, a tag with signs, no space after the colon', () => {
  assert.deepEqual(read(`<14>Jan  1 00:00:00 host nginx[123]: ${LINE}`), {
    tag: 'nginx',
    text: LINE,
  });
  assert.deepEqual(read(`<14>Jan  1 00:00:00 host my-app.v2:${LINE}`), {
    tag: 'my-app.v2',
    text: LINE,
  });
});

test('a line may be empty, and may look like a header', () => {
  assert.deepEqual(read('<190>Nov 22 21:10:43 shop: '), { tag: 'shop', text: '' });
  assert.deepEqual(read('<190>Nov 22 21:10:43 shop:'), { tag: 'shop', text: '' });
  const inner = '<190>Nov 22 21:10:43 web other: forged';
  assert.deepEqual(read(`<190>Nov 22 21:10:43 web shop: ${inner}`), { tag: 'shop', text: inner });
});

const malformed: ReadonlyArray<readonly [message: string, reason: string]> = [
  ['', 'no-priority'],
  [LINE, 'no-priority'],
  ['<>Nov 22 21:10:43 web nginx: x', 'no-priority'],
  ['<1900>Nov 22 21:10:43 web nginx: x', 'no-priority'],
  ['<190', 'no-priority'],
  ['<190>', 'no-time'],
  ['<190>Nov 22 21:10:43', 'no-time'],
  ['<190>1 2026-11-22T21:10:43Z web nginx - - - x', 'no-time'],
  ['<190>Nov 22 21:10:43 ', 'no-tag'],
  ['<190>Nov 22 21:10:43 web', 'no-tag'],
  ['<190>Nov 22 21:10:43 web nginx', 'no-tag'],
  ['<190>Nov 22 21:10:43 web nginx[1: x', 'no-tag'],
  ['<190>Nov 22 21:10:43 web : x', 'no-tag'],
  [`<190>Nov 22 21:10:43 web ${'t'.repeat(65)}: x`, 'no-tag'],
  [`<190>Nov 22 21:10:43 ${'h'.repeat(256)} nginx: x`, 'no-tag'],
  ['<190>Nov 22 21:10:43 web ng\u001binx: x', 'no-tag'],
];
for (const [message, reason] of malformed) {
  test(`${JSON.stringify(message).slice(0, 60)} is malformed: ${reason}`, () => {
    assert.equal(read(message), reason);
  });
}

test('whatever the bytes are, tag and text lie within the message', () => {
  const header = new SyslogHeader();
  const part = fc.constantFrom('<190>', 'Nov 22 21:10:43 ', 'web ', 'nginx', '[1]', ': ', ':', ' ');
  const noise = fc.string({ maxLength: 4, unit: 'binary' });
  const message = fc.array(fc.oneof(part, noise), { maxLength: 9 }).map((all) => all.join(''));
  fc.assert(
    fc.property(message, (text) => {
      const bytes = Buffer.from(text, 'latin1');
      if (header.read(bytes, 0, bytes.length) !== undefined) return;
      const { tagStart, tagEnd, textStart } = header;
      assert.ok(0 < tagStart && tagStart < tagEnd && tagEnd < textStart);
      assert.ok(textStart <= bytes.length);
      assert.match(bytes.toString('latin1', tagStart, tagEnd), /^[\w.-]{1,64}$/);
    }),
  );
});
