import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../../support/property.ts';
import { SyslogFraming } from '../../../../src/source/syslog/framing.ts';

const MAX = 200;

class Framed {
  readonly messages: string[] = [];
  readonly tooLong: string[] = [];
  room = Infinity;
  readonly framing = new SyslogFraming(
    MAX,
    (bytes, start, end) => {
      if (this.messages.length >= this.room) return 'full';
      this.messages.push(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
      return 'stored';
    },
    (head) => this.tooLong.push(Buffer.from(head).toString('latin1')),
  );

  add(text: string): string {
    return this.framing.add(Buffer.from(text, 'latin1'));
  }
}

const counted = (message: string): string => `${message.length} ${message}`;

test('one message per line, octet counting, and both on one connection', () => {
  const framed = new Framed();
  const withLineFeed = '<190>with\na line feed';
  framed.add(`<1>a\n<2>b\r\n${counted('<3>c')}${counted(withLineFeed)}\n<4>d\n\n\0<5>e`);
  assert.deepEqual(framed.messages, ['<1>a', '<2>b\r', '<3>c', withLineFeed, '<4>d']);
  assert.equal(framed.framing.heldBytes, '<5>e'.length);
});

test('however the bytes come, the same messages come out', () => {
  const message = fc.string({ maxLength: 40 }).map((text) => `<1>${text.replaceAll('\n', '')}`);
  const framing = fc.constantFrom('line', 'count');
  const stream = fc.array(fc.tuple(message, framing), { maxLength: 12 });
  const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(stream, cuts, (sent, sizes) => {
      const bytes = sent
        .map(([text, kind]) => (kind === 'line' ? `${text}\n` : counted(text)))
        .join('');
      const framed = new Framed();
      for (let at = 0, n = 0; at < bytes.length; n += 1) {
        const size = sizes[n % sizes.length] ?? 1;
        assert.equal(framed.add(bytes.slice(at, at + size)), 'taken');
        at += size;
      }
      assert.deepEqual(
        framed.messages,
        sent.map(([text]) => text),
      );
    }),
  );
});

test('a line that is too long is passed over, whether or not it comes in pieces', () => {
  const framed = new Framed();
  const long = `<1>${'x'.repeat(MAX)}`;
  framed.add(`${long}\n<2>b\n`);
  framed.add(`${long}${'y'.repeat(1000)}`);
  for (let n = 0; n < 50; n += 1) framed.add('z'.repeat(1000));
  assert.equal(framed.framing.heldBytes, 0, 'nothing of it is kept');
  framed.add('\n<3>c\n');
  assert.deepEqual(framed.messages, ['<2>b', '<3>c']);
  assert.equal(framed.tooLong.length, 2);
});

test('a count that is too great, or none, ends the connection', () => {
  assert.equal(new Framed().add(`${MAX + 1} <1>`), 'lost');
  assert.equal(new Framed().add('123456789 <1>'), 'lost');
  assert.equal(new Framed().add('12x <1>a'), 'lost');
  assert.equal(new Framed().add('12'), 'taken');
});

test('a message without room is offered again and is not lost', () => {
  const framed = new Framed();
  framed.room = 2;
  assert.equal(framed.add(`<1>a\n${counted('<2>b')}${counted('<3>c')}<4>d\n<5>`), 'full');
  assert.equal(framed.framing.resume(), 'full');
  framed.room = 3;
  assert.equal(framed.framing.resume(), 'full');
  framed.room = Infinity;
  assert.equal(framed.framing.resume(), 'taken');
  framed.add('e\n');
  assert.deepEqual(framed.messages, ['<1>a', '<2>b', '<3>c', '<4>d', '<5>e']);
});
