import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BATCH_BYTES_MAX,
  BATCH_POINTS_MAX,
  LineProtocolBuffer,
  seriesKey,
} from '../../../../src/deliver/line-protocol/buffer.ts';

function textOf(buffer: LineProtocolBuffer): string {
  return [...buffer.batches()].map(({ bytes }) => Buffer.from(bytes).toString()).join('');
}

function onePoint(write: (buffer: LineProtocolBuffer) => void, timestampS = 1): string {
  const buffer = new LineProtocolBuffer();
  buffer.beginPoint('m', { t: 'v' });
  write(buffer);
  buffer.endPoint(timestampS);
  return textOf(buffer);
}

test('a point is key, fields and seconds on one line', () => {
  const line = onePoint((b) => {
    b.integer('count', 500);
    b.float('error_rate', 0.126);
    b.string('key', 'a "b" \\c');
  }, 1_795_374_000);
  assert.equal(line, 'm,t=v count=500i,error_rate=0.126,key="a \\"b\\" \\\\c" 1795374000\n');
});

test('numbers that InfluxDB would refuse are bounded', () => {
  const line = onePoint((b) => {
    b.integer('nan', NaN);
    b.integer('inf', Infinity);
    b.integer('low', -Infinity);
    b.integer('half', 2.9);
    b.integer('minus', -0);
    b.integer('large', 1e300);
    b.float('fnan', NaN);
    b.float('finf', Infinity);
    b.float('fminus', -0);
    b.float('small', 1e-7);
  });
  assert.equal(
    line,
    'm,t=v nan=0i,inf=9007199254740991i,low=-9007199254740991i,half=2i,minus=0i,' +
      'large=9007199254740991i,fnan=0,finf=0,fminus=0,small=1e-7 1\n',
  );
});

test("timestamps are whole seconds within InfluxDB's time", () => {
  const stamps = [1.9, NaN, Infinity, -Infinity, -5].map((s) =>
    onePoint((b) => b.integer('n', 1), s)
      .split(' ')
      .at(-1),
  );
  assert.deepEqual(stamps, ['1\n', '0\n', '9223372036\n', '-9223372036\n', '-5\n']);
});

test('a point without fields is left out, and so is one that was not ended', () => {
  const buffer = new LineProtocolBuffer();
  buffer.beginPoint('empty', {});
  buffer.endPoint(1);
  buffer.beginPoint('unended', {});
  buffer.integer('n', 1);
  buffer.beginPoint('m', {});
  buffer.integer('n', 2);
  buffer.endPoint(1);
  assert.equal(textOf(buffer), 'm n=2i 1\n');
  assert.equal(buffer.points, 1);
});

test('tags are sorted by name, escaped, and our own win over those of TAGS', () => {
  const key = seriesKey(
    'access_log',
    { site: 'a b', host: 'web,1', log: 'x=y' },
    { zone: 'eu', host: 'forged', 'a b': '' },
  );
  assert.equal(
    Buffer.from(key).toString(),
    'access_log,a\\ b=-,host=web\\,1,log=x\\=y,site=a\\ b,zone=eu',
  );
});

test('batches hold at most 5 000 points', () => {
  const buffer = new LineProtocolBuffer();
  for (let i = 0; i < BATCH_POINTS_MAX + 1; i++) {
    buffer.beginPoint('m', {});
    buffer.integer('n', i);
    buffer.endPoint(1);
  }
  const batches = [...buffer.batches()];
  assert.deepEqual(
    batches.map((b) => b.points),
    [5_000, 1],
  );
  assert.equal(Buffer.from(batches[1]!.bytes).toString(), 'm n=5000i 1\n');
});

test('batches hold at most 1 MB, whole lines only', () => {
  const buffer = new LineProtocolBuffer();
  for (let i = 0; i < 2_600; i++) {
    buffer.beginPoint('m', {});
    buffer.string('s', 'x'.repeat(1_000));
    buffer.endPoint(1);
  }
  const batches = [...buffer.batches()];
  assert.equal(batches.length, 3);
  for (const { bytes } of batches) {
    assert.ok(bytes.length <= BATCH_BYTES_MAX);
    assert.equal(bytes.at(-1), 0x0a);
  }
  assert.equal(
    batches.reduce((n, b) => n + b.points, 0),
    2_600,
  );
  buffer.clear();
  assert.deepEqual([...buffer.batches()], []);
});

test('the buffer does not grow without bound', () => {
  const buffer = new LineProtocolBuffer();
  assert.throws(() => {
    for (let i = 0; i < 100_000; i++) {
      buffer.beginPoint('m', {});
      buffer.string('s', 'x'.repeat(1_000));
      buffer.endPoint(1);
    }
  }, RangeError);
});
