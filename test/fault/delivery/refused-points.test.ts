import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DeliveryRig, linesNamed } from './delivery-rig.ts';
import { says, type Step, writeAll } from './fake-influx.ts';

const isPoison = (line: string): boolean => line.includes('poison');
const CONFLICT =
  'field type conflict: input field "v" on measurement "m" is type float, already exists as type integer';

/** 1.x: the good points are written, the reply has a cause and a count. */
const partialWrite: Step = (exchange) => {
  const bad = exchange.lines.filter(isPoison);
  exchange.write(exchange.lines.filter((line) => !isPoison(line)));
  if (bad.length === 0) exchange.response.writeHead(204).end();
  else says(400, { error: `partial write: ${CONFLICT} dropped=${bad.length}` })(exchange);
};

/** 2.x: one line that cannot be parsed and nothing is written. */
const allOrNothing: Step = (exchange) => {
  if (exchange.lines.some(isPoison))
    return says(400, { code: 'invalid', message: "unable to parse 'm': missing fields" })(exchange);
  exchange.write(exchange.lines);
  exchange.response.writeHead(204).end();
};

/** 3.x: the good points are written and the bad lines are named. */
const namedLines: Step = (exchange) => {
  const data = exchange.lines.flatMap((line, i) =>
    isPoison(line)
      ? [
          {
            original_line: line.slice(0, 5),
            line_number: i + 1,
            error_message: 'invalid column type',
          },
        ]
      : [],
  );
  exchange.write(exchange.lines.filter((line) => !isPoison(line)));
  if (data.length === 0) exchange.response.writeHead(204).end();
  else says(400, { error: 'partial write of line protocol occurred', data })(exchange);
};

function poisoned(count: number, at: readonly number[]): string[] {
  return linesNamed('a', count).map((line, i) =>
    at.includes(i) ? line.replace('m,s=', 'm,s=poison') : line,
  );
}

for (const [what, step, requestsMax] of [
  ['a partial write that only counts (1.x)', partialWrite, 60],
  ['a batch refused as a whole (2.x)', allOrNothing, 60],
  ['a reply that names the lines (3.x)', namedLines, 2],
] as const)
  test(`${what}: exactly the refused lines become dead letters, the rest is written`, async (t) => {
    const lines = poisoned(1_000, [3, 4, 700]);
    const after = linesNamed('b', 2);
    const rig = await DeliveryRig.start(t, [lines, after], (influx) => {
      influx.otherwise = step;
    });
    await rig.untilDrained();
    assert.deepEqual(new Set(rig.deadLines), new Set(lines.filter(isPoison)));
    assert.equal(rig.deadLines.length, 3);
    const good = [...lines.filter((line) => !isPoison(line)), ...after];
    assert.deepEqual(new Set(rig.storedLines), new Set(good));
    assert.equal(rig.writer.counters.rejectedPoints, 3);
    assert.equal(rig.writer.counters.points, good.length);
    assert.ok(rig.influx.requests.length <= requestsMax, `${rig.influx.requests.length} requests`);
    assert.ok(rig.rig.codes.includes('points-rejected'));
    assert.deepEqual(rig.writer.state, { kind: 'ok' });
  });

test('the reason stands beside the dead letter', async (t) => {
  const rig = await DeliveryRig.start(t, [poisoned(2, [1])], (influx) => {
    influx.otherwise = partialWrite;
  });
  await rig.untilDrained();
  const text = readFileSync(rig.deadLetter.path, 'utf8');
  assert.match(text, /^# 2026-01-02T03:04:\d\d\.\d{3}Z 400 partial write: field type conflict/);
});

test('points beyond the retention policy are counted, not looked for', async (t) => {
  const lines = linesNamed('a', 100);
  const rig = await DeliveryRig.start(t, [lines], (influx) => {
    influx.script = [
      says(400, { error: 'partial write: points beyond retention policy dropped=40' }),
    ];
  });
  await rig.untilDrained();
  assert.equal(rig.influx.requests.length, 1);
  assert.equal(rig.writer.counters.rejectedPoints, 40);
  assert.equal(rig.writer.counters.points, 60);
  assert.deepEqual(rig.deadLines, []);
  assert.deepEqual(rig.rig.codes, ['points-too-old']);
});

test('a batch of nothing but refused lines needs a bounded number of requests', async (t) => {
  const lines = poisoned(
    2_000,
    Array.from({ length: 2_000 }, (_, i) => i),
  );
  const rig = await DeliveryRig.start(t, [linesNamed('b', 1), lines], (influx) => {
    influx.otherwise = allOrNothing;
  });
  await rig.untilDrained();
  assert.ok(rig.influx.requests.length < 600, `${rig.influx.requests.length} requests`);
  assert.deepEqual(new Set(rig.deadLines), new Set(lines));
  assert.equal(rig.writer.counters.rejectedPoints, 2_000);
  assert.deepEqual(rig.storedLines, linesNamed('b', 1));
});

test("a 400 that is not the database's own gives nothing up", async (t) => {
  const page = says(400, '<html>400 Bad Request', { 'content-type': 'text/html' });
  const rig = await DeliveryRig.start(t, [linesNamed('a', 4)], (influx) => {
    influx.script = [page, page, page, page];
  });
  await rig.untilDrained();
  assert.deepEqual(rig.storedLines, linesNamed('a', 4));
  assert.deepEqual(rig.deadLines, []);
  assert.ok(rig.rig.codes.includes('write-blocked'));
  assert.ok(!rig.rig.codes.includes('write-uncompressed'), 'once may be chance');
});

/** Takes the header away, so that the database finds what was compressed where lines should be. */
const stripsEncoding: Step = (exchange) => {
  if (exchange.request.headers['content-encoding'] === undefined) return writeAll(exchange);
  says(400, { error: "unable to parse '\ufffd\b\ufffd': missing fields" })(exchange);
};

test('a proxy that takes Content-Encoding away: points go without compression, and it is said', async (t) => {
  const records = ['a', 'b', 'c', 'd'].map((name) => linesNamed(name, 3));
  const rig = await DeliveryRig.start(t, records, (influx) => {
    influx.otherwise = stripsEncoding;
  });
  await rig.untilDrained();
  assert.deepEqual(rig.storedLines, records.flat());
  assert.deepEqual(rig.deadLines, []);
  assert.deepEqual(rig.rig.codes, ['write-uncompressed']);
  const { requests } = rig.influx;
  assert.equal(requests.length, 6, 'two are refused, then it knows');
});

test('not one point was ever taken: no way of writing is given up for the points', async (t) => {
  const lines = linesNamed('a', 100);
  const rig = await DeliveryRig.start(t, [lines, linesNamed('b', 2)], (influx) => {
    influx.otherwise = says(400, { error: "unable to parse 'm': missing fields" });
  });
  await rig.until('it is blocked', () => rig.writer.state.kind === 'blocked');
  const requests = rig.influx.requests.length;
  assert.ok(requests < 60, `${requests} requests`);
  await rig.until('it has asked again', () => rig.influx.requests.length > requests + 40);
  assert.deepEqual(rig.deadLines, []);
  assert.equal(rig.spool.records, 2);
  assert.ok(!rig.rig.codes.includes('points-rejected'));
  assert.ok(!rig.rig.codes.includes('write-recovered'));

  rig.influx.otherwise = writeAll;
  await rig.untilDrained();
  assert.deepEqual(rig.storedLines, [...lines, ...linesNamed('b', 2)]);
  assert.deepEqual(rig.deadLines, []);
});

test('write window and retention are counted by their own numbers', async (t) => {
  const message =
    'partial write: dropped 4 points outside retention policy of duration 1h0m0s and 35 points ' +
    'outside write window dropped=39';
  const rig = await DeliveryRig.start(t, [linesNamed('a', 100)], (influx) => {
    influx.script = [says(400, { error: message })];
  });
  await rig.untilDrained();
  assert.equal(rig.writer.counters.rejectedBy['write-window'], 35);
  assert.equal(rig.writer.counters.rejectedBy.retention, 4);
  assert.equal(rig.writer.counters.rejectedPoints, 39);
  assert.equal(rig.writer.counters.points, 61);
  assert.deepEqual(rig.rig.codes, ['points-too-old', 'points-outside-window']);
});

test('a reply cannot refuse more points than were sent', async (t) => {
  const rig = await DeliveryRig.start(t, [linesNamed('a', 4)], (influx) => {
    influx.script = [
      says(400, { error: 'partial write: points beyond retention policy dropped=999' }),
    ];
  });
  await rig.untilDrained();
  assert.equal(rig.writer.counters.rejectedPoints, 4);
  assert.equal(rig.writer.counters.points, 0);
});

test('under a limit of series the part that fits is written', async (t) => {
  const lines = linesNamed('a', 64);
  const rig = await DeliveryRig.start(t, [lines], (influx) => {
    influx.otherwise = (exchange) => {
      const isFull = influx.stored.size + exchange.lines.length > 40;
      if (!isFull) return writeAll(exchange);
      const message = `partial write: max-series-per-database limit exceeded: (40) dropped=${exchange.lines.length}`;
      says(400, { error: message })(exchange);
    };
  });
  await rig.untilDrained();
  assert.equal(rig.storedLines.length, 40);
  assert.equal(rig.writer.counters.rejectedBy.limit, 24);
  assert.equal(rig.deadLines.length, 24);
});
