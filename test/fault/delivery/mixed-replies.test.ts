import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { fc, runsOfSlow } from '../../support/property.ts';
import { DeliveryRig } from './delivery-rig.ts';
import { cutReply, reset, says, type Step, writeAll } from './fake-influx.ts';
import { RECORDED, type RecordedReply } from './recorded-replies.ts';

/** What a line is to the database. */
const LINE_KINDS = ['good', 'conflict', 'malformed', 'old'] as const;
type LineKind = (typeof LINE_KINDS)[number];
type Version = '1.12.4' | '2.9.1' | '2.0.3';

const kindOf = (line: string): LineKind =>
  LINE_KINDS.find((kind) => line.includes(`s=${kind}`)) ?? 'good';

const CONFLICT =
  'partial write: field type conflict: input field "v" on measurement "m" is type float, already ' +
  'exists as type integer dropped=';

/** Takes lines as a database of that version does, and says so in its words. */
function database(version: Version): Step {
  const isV1 = version === '1.12.4';
  const refuse = (status: number, message: string): Step =>
    isV1
      ? says(400, { error: message }, { 'x-influxdb-version': version })
      : says(status, { code: 'invalid', message });
  const before = { '1.12.4': '', '2.9.1': 'failure', '2.0.3': 'unexpected error' }[version];
  const partial = (message: string): Step =>
    isV1
      ? refuse(400, message)
      : refuse(version === '2.0.3' ? 500 : 422, `${before} writing points to database: ${message}`);
  return (exchange) => {
    const of = (kind: LineKind) => exchange.lines.filter((line) => kindOf(line) === kind);
    const [malformed, conflicts, old] = [of('malformed'), of('conflict'), of('old')];
    const quoted = `unable to parse '${malformed[0] ?? ''}': missing fields`;
    if (malformed.length > 0 && !isV1) return refuse(400, quoted)(exchange);
    if (malformed.length === exchange.lines.length) return refuse(400, quoted)(exchange);
    exchange.write(of('good'));
    if (conflicts.length > 0) return partial(`${CONFLICT}${conflicts.length}`)(exchange);
    if (malformed.length > 0) return partial(`partial write: ${quoted} dropped=0`)(exchange);
    if (old.length === 0) return writeAll({ ...exchange, lines: of('good') });
    const span = 'outside retention policy of duration 336h0m0s';
    partial(`partial write: dropped ${old.length} points ${span} dropped=${old.length}`)(exchange);
  };
}

/** Replies that say nothing about points: whatever comes in between, it must change nothing. */
const NO_VERDICTS = RECORDED.filter(({ kind }) => kind === 'blocked' || kind === 'retry');

type Trouble = RecordedReply | 'reset' | 'lost-acknowledgement' | 'cut-acknowledgement';

function stepOf(trouble: Trouble, version: Version): Step {
  if (trouble === 'reset') return reset;
  // The points are written, and nobody hears of it.
  if (trouble === 'lost-acknowledgement') {
    return (exchange) => {
      exchange.write(exchange.lines.filter((line) => kindOf(line) === 'good'));
      exchange.request.socket.destroy();
    };
  }
  if (trouble === 'cut-acknowledgement') {
    return (exchange) =>
      version === '1.12.4' && exchange.lines.every((line) => kindOf(line) === 'good')
        ? cutReply(exchange)
        : reset(exchange);
  }
  return says(trouble.status, trouble.body, trouble.headers);
}

const history = fc.record({
  version: fc.constantFrom<Version>('1.12.4', '2.9.1', '2.0.3'),
  records: fc.array(
    fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant<LineKind>('good') },
        { weight: 1, arbitrary: fc.constantFrom<LineKind>('conflict', 'malformed') },
      ),
      { minLength: 1, maxLength: 8 },
    ),
    { minLength: 1, maxLength: 4 },
  ),
  hasOld: fc.boolean(),
  /** Before which request of the history, and what comes instead of an answer of the database. */
  troubles: fc.array(
    fc.option(
      fc.constantFrom<Trouble>(
        ...NO_VERDICTS,
        'reset',
        'lost-acknowledgement',
        'cut-acknowledgement',
      ),
      { freq: 2 },
    ),
    { maxLength: 12 },
  ),
});

type History = typeof history extends fc.Arbitrary<infer T> ? T : never;

async function play(t: TestContext, { version, records, hasOld, troubles }: History) {
  const kinds: LineKind[][] = records.map((record) => [...record]);
  // One that is taken comes first: until then no line is given up. Old ones have a record of their own,
  // because a database that reports a conflict says nothing of them.
  kinds.unshift(['good']);
  if (hasOld) kinds.push(['old', 'good', 'old']);
  const lines = kinds.map((record, r) =>
    record.map((kind, i) => `m,s=${kind}${r}x${i} v=${i}i 10`),
  );
  const all = lines.flat();
  const take = database(version);
  const waiting = [...troubles];
  let isTroubled = false;
  const rig = await DeliveryRig.start(t, lines, (influx) => {
    influx.otherwise = (exchange) => {
      const trouble = waiting.shift() ?? undefined;
      isTroubled = trouble !== undefined;
      (trouble === undefined ? take : stepOf(trouble, version))(exchange);
    };
  });
  rig.onSent = (state) => {
    if (isTroubled) assert.notEqual(state, 'ok', 'it was ready while nothing was taken');
  };
  await rig.untilDrained();
  rig.stop.abort();
  await rig.running;
  const of = (...wanted: LineKind[]) => all.filter((line) => wanted.includes(kindOf(line))).sort();
  assert.deepEqual(rig.storedLines.sort(), of('good'), 'the good points, each once');
  assert.deepEqual(rig.deadLines.sort(), of('conflict', 'malformed'), 'the refused, each once');
  const { counters, state } = rig.writer;
  assert.equal(counters.points + counters.rejectedPoints, all.length);
  assert.equal(counters.rejectedBy.retention, of('old').length);
  assert.equal(counters.rejectedBy.conflict, of('conflict').length);
  assert.equal(counters.rejectedBy.unparsable, of('malformed').length);
  assert.deepEqual(state, { kind: 'ok' });
}

test('any mixture of replies in any order: nothing lost, nothing doubled, nothing ready that is not', async (t) => {
  await fc.assert(
    fc.asyncProperty(history, (one) => play(t, one)),
    { numRuns: runsOfSlow(2) },
  );
});
