import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../../src/config/secret.ts';
import { createLogger, type LoggerOptions } from '../../../src/notice/logger.ts';

/** What a stranger can put into a request: a colour, a cleared screen, a forged line, a reversal. */
const HOSTILE = 'a\u001b[31m\u001b[2J\r\n{"level":"error"}\u009b5m\u202ez\u0000\u2028';
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/;

async function logged(
  options: Partial<LoggerOptions>,
  use: (logger: Awaited<ReturnType<typeof createLogger>>) => void,
  isTTY = false,
): Promise<string> {
  let text = '';
  const sink = { write: (part: string) => void (text += part), isTTY };
  use(await createLogger(sink, { level: 'info', pretty: 'auto', color: false, ...options }));
  return text;
}

test('a line is one JSON object with level, time and message', async () => {
  const text = await logged({}, (logger) => logger.warn({ code: 'x', n: 3 }, 'Something.'));
  const line: unknown = JSON.parse(text);
  assert.ok(typeof line === 'object' && line !== null);
  const { time, ...rest } = { time: '', ...line };
  assert.deepEqual(rest, { level: 'warn', code: 'x', n: 3, msg: 'Something.' });
  assert.equal(new Date(time).toISOString(), time);
});

test('the level keeps the rest out', async () => {
  const text = await logged({ level: 'warn' }, (logger) => {
    logger.info('no');
    logger.error('yes');
  });
  assert.equal(text.split('\n').length, 2);
});

for (const pretty of ['true', 'false'] as const) {
  test(`nothing hostile reaches the log unescaped, LOG_PRETTY=${pretty}`, async () => {
    const text = await logged({ pretty }, (logger) => {
      logger.error({ subject: HOSTILE, [HOSTILE]: 1, deep: { list: [HOSTILE] } }, HOSTILE);
      logger.error(HOSTILE);
      logger.error({ err: new Error(HOSTILE) }, 'failed');
      logger.info('%s and %s', HOSTILE, HOSTILE);
    });
    assert.equal(RAW.test(text), false, JSON.stringify(text));
    assert.equal(text.includes('\n{"level":"error"}'), false);
    assert.ok(text.includes('x1b'));
  });
}

test('on a terminal the log is text, elsewhere JSON', async () => {
  const onTerminal = await logged({}, (logger) => logger.info('Hello.'), true);
  assert.match(onTerminal, /INFO/);
  assert.match(onTerminal, /Hello\./);
  assert.throws(() => JSON.parse(onTerminal));
  const elsewhere = await logged({}, (logger) => logger.info('Hello.'));
  assert.doesNotThrow(() => JSON.parse(elsewhere));
});

test('a secret is not logged', async () => {
  const text = await logged({}, (logger) => {
    logger.info({ token: new Secret('hunter2'), deep: { token: new Secret('hunter2') } }, 'x');
  });
  assert.equal(text.includes('hunter2'), false);
  assert.equal(text.split('[redacted]').length, 3);
});
