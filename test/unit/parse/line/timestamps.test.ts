import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLines } from '../../../support/parsed-rows.ts';

const local = (time: string) => `[${time}] 200`;
const iso = (time: string) => `${time} 200`;

function seconds(format: 'local' | 'iso', times: readonly string[]): (number | string)[] {
  const rows =
    format === 'local'
      ? parseLines('[$time_local] $status', times.map(local))
      : parseLines('$time_iso8601 $status', times.map(iso));
  return rows.map(({ timeS, reason }) => timeS ?? reason);
}

test('offsets', () => {
  const noon = Date.UTC(2026, 10, 22, 12) / 1000;
  assert.deepEqual(
    seconds('local', [
      '22/Nov/2026:12:00:00 +0000',
      '22/Nov/2026:12:00:00 -0000',
      '22/Nov/2026:17:30:00 +0530',
      '22/Nov/2026:08:30:00 -0330',
      '23/Nov/2026:02:00:00 +1400',
      '22/Nov/2026:00:00:00 -1200',
    ]),
    Array.from({ length: 6 }, () => noon),
  );
  assert.deepEqual(
    seconds('iso', [
      '2026-11-22T12:00:00+00:00',
      '2026-11-22T17:30:00+05:30',
      '2026-11-22T08:30:00-03:30',
    ]),
    [noon, noon, noon],
  );
});

test('leap days and the leap second', () => {
  assert.deepEqual(
    seconds('local', [
      '29/Feb/2024:23:59:59 +0000',
      '29/Feb/2000:00:00:00 +0000',
      '31/Dec/2016:23:59:60 +0000',
      '29/Feb/2023:00:00:00 +0000',
      '29/Feb/1900:00:00:00 +0000',
      '01/Mar/2023:00:00:00 +0000',
    ]),
    [
      Date.UTC(2024, 1, 29, 23, 59, 59) / 1000,
      Date.UTC(2000, 1, 29) / 1000,
      Date.UTC(2017, 0, 1) / 1000,
      'time',
      'time',
      Date.UTC(2023, 2, 1) / 1000,
    ],
  );
});

test('what is no time does not disturb the next', () => {
  const good = '22/Nov/2026:10:00:00 +0000';
  const wrong = [
    '-',
    '',
    '22/Nov/2026:24:00:00 +0000',
    '22/Nov/2026:10:60:00 +0000',
    '22/Nov/2026:10:00:61 +0000',
    '23/Nov/2026:10:00:99 +0000',
    '31/Nov/2026:10:00:00 +0000',
    '00/Nov/2026:10:00:00 +0000',
    '22/nov/2026:10:00:00 +0000',
    '22/Nox/2026:10:00:00 +0000',
    '22-Nov-2026:10:00:00 +0000',
    '22/Nov/2026 10:00:00 +0000',
    '22/Nov/2026:10.00.00 +0000',
    '22/Nov/2026:10:00:00 00000',
    '22/Nov/2026:10:00:00+00000',
    '22/Nov/2026:10:00:00 +2400',
    '22/Nov/2026:10:00:00 +0060',
    '22/Nov/2026:1a:00:00 +0000',
    '2/Nov/2026:10:00:00 +0000',
    `22/Nov/2026:${'\0'.repeat(8)} +0000`,
    '\0'.repeat(26),
  ];
  assert.deepEqual(seconds('local', [wrong[20] ?? '', ...wrong.flatMap((time) => [time, good])]), [
    'time',
    ...wrong.flatMap(() => ['time', Date.UTC(2026, 10, 22, 10) / 1000]),
  ]);
  assert.deepEqual(
    seconds('iso', [
      '2026-11-22 10:00:00+00:00',
      '2026-13-22T10:00:00+00:00',
      '2026-11-22T10:00:00Z',
      '2026-11-22T10:00:00+0000',
      '2026-11-22T13:00:00.123+03',
    ]),
    [10, undefined, 10, 10, 10].map((hour) =>
      hour === undefined ? 'time' : Date.UTC(2026, 10, 22, hour) / 1000,
    ),
  );
});

test('days around the turn of months and years, in any order, agree with the calendar', () => {
  const days: number[] = [];
  for (let day = Date.UTC(1999, 11, 28); day < Date.UTC(2001, 2, 3); day += 86_400_000)
    days.push(day);
  const shuffled = days.map((_, i) => days[(i * 131) % days.length] ?? 0);
  const months = [
    'Jan',
    'Feb',
    'Mar',
    'Apr',
    'May',
    'Jun',
    'Jul',
    'Aug',
    'Sep',
    'Oct',
    'Nov',
    'Dec',
  ];
  const times = shuffled.map((day, i) => {
    const date = new Date(day);
    const two = (value: number) => String(value).padStart(2, '0');
    return `${two(date.getUTCDate())}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}:${two(i % 24)}:05:09 +0000`;
  });
  assert.deepEqual(
    seconds('local', times),
    shuffled.map((day, i) => day / 1000 + (i % 24) * 3600 + 309),
  );
});
