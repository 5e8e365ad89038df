import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { evaluateRule, calculate } from '../support/alert-evaluation.ts';
import { committedAlertRules } from '../support/committed-dashboards.ts';
import {
  createPolicies,
  DATABASE,
  type KnownStretch,
  pointsOf,
  writePoints,
} from '../support/dashboard-database.ts';
import { defer } from '../support/defer.ts';
import { startInflux } from '../support/influxdb.ts';
import { type KnownRequest, knownAccounts, knownTraffic } from '../support/known-traffic.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

const RULES = committedAlertRules();
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const NOW_S = (() => {
  const nowS = Math.floor(Date.now() / 1000);
  return nowS - (nowS % 60);
})();

interface Situation {
  /** Hours of traffic before now. */
  readonly hours?: number;
  readonly perTenSeconds?: number;
  /** Changes requests by how many seconds before now they are; undefined removes one. */
  readonly change?: (request: KnownRequest, ageS: number) => KnownRequest | undefined;
  /** Added after everything else, so fields of the same point win. */
  readonly extra?: readonly string[];
  /** Requests and points stop so many seconds before now. */
  readonly silentS?: number;
  readonly isEmpty?: boolean;
}

function stretchesOf(situation: Situation): KnownStretch[] {
  if (situation.isEmpty === true) return [];
  const toS = NOW_S - (situation.silentS ?? 0);
  const change = situation.change ?? ((request) => request);
  const parts = [
    { fromS: NOW_S - (situation.hours ?? 2) * HOUR_S, toS },
    { fromS: NOW_S - DAY_S - 1200, toS: NOW_S - DAY_S },
  ].map((range, i) => ({
    ...range,
    hosts: ['web-1'],
    sites: ['shop.example'],
    seed: 7 + i,
    perTenSeconds: situation.perTenSeconds ?? 12,
  }));
  return parts.map((options) => {
    const requests = knownTraffic(options)
      .map((request) => ({ ...request, status: request.status >= 400 ? 200 : request.status }))
      .flatMap((request) => change(request, NOW_S - request.timeS) ?? []);
    const accounts = knownAccounts(requests, options);
    return { requests, accounts: accounts.map((one) => ({ ...one, unparsed: 0, late: 0 })) };
  });
}

let usual: Promise<string[]> | undefined;

/** The meter's own points; many situations begin with the same traffic, which it reads once. */
function pointsIn(situation: Situation): Promise<string[]> {
  const isUsual = Object.keys(situation).every((key) => key === 'fires' || key === 'extra');
  if (!isUsual) return pointsOf(stretchesOf(situation));
  return (usual ??= pointsOf(stretchesOf(situation)));
}

const recent =
  (seconds: number, change: Partial<KnownRequest>, share = 1) =>
  (request: KnownRequest, ageS: number) =>
    ageS <= seconds && (request.bytesOut % 100) / 100 < share ? { ...request, ...change } : request;

/** A field of the agent or of the process in every window of the last twenty minutes. */
function every(measurement: string, tags: string, fields: string): string[] {
  return Array.from(
    { length: 120 },
    (_, i) => `${measurement},${tags} ${fields} ${NOW_S - 10 * (i + 1)}`,
  );
}
const AGENT = 'host=web-1,log=access';
const PROCESS = 'host=web-1';

/** By which labels the policy of the example puts alerts into one notification. */
const { policies } = parse(
  readFileSync(join(PROJECT_ROOT, 'grafana/examples/contact-points.yml'), 'utf8'),
) as { policies: { group_by: string[] }[] };

function notificationGroup(labels: string): string {
  const names = policies[0]?.group_by ?? [];
  return labels
    .split(',')
    .filter((label) => names.some((name) => label.startsWith(`${name}=`)))
    .join();
}

/** What happens, and which rules must fire for it; all the others must keep quiet. */
const SITUATIONS: Readonly<Record<string, Situation & { fires: readonly string[] }>> = {
  'all is well': { fires: [] },
  'one request in ten fails for a quarter of an hour': {
    change: recent(900, { status: 502 }, 0.1),
    fires: [
      'nginx-5xx-ratio-high',
      'nginx-slo-burn-fast',
      'nginx-slo-burn-slow',
      'nginx-upstream-errors',
    ],
  },
  'one in fifty fails for a quarter of an hour': {
    change: recent(900, { status: 500, upstream: undefined }, 0.02),
    hours: 6,
    fires: ['nginx-5xx-ratio-warn'],
  },
  'everything fails on a site with hardly any visitors': {
    perTenSeconds: 0.4,
    change: recent(900, { status: 500 }),
    fires: [],
  },
  'requests take three seconds': {
    change: (request, ageS) =>
      ageS <= 400 && request.upstream !== undefined
        ? { ...request, ms: 3000, upstream: { ...request.upstream, ms: 2900 } }
        : request,
    fires: ['nginx-latency-p95'],
  },
  'visitors take a minute for each video': { change: recent(7200, { ms: 60_000 }), fires: [] },
  'half of the requests are refused': {
    change: recent(700, { status: 403, upstream: undefined }, 0.5),
    fires: ['nginx-4xx-spike'],
  },
  'nobody comes any more': {
    change: (request, ageS) => (ageS <= 700 ? undefined : request),
    fires: ['nginx-traffic-gone', 'nginx-traffic-drop'],
  },
  'one in five comes, against a day ago': {
    change: (request, ageS) => (ageS <= 700 && request.bytesOut % 5 > 0 ? undefined : request),
    fires: ['nginx-traffic-drop'],
  },
  'an upstream fails': {
    perTenSeconds: 24,
    change: (request, ageS) =>
      ageS <= 500 && request.upstream?.address === '10.0.0.1:8080' && request.bytesOut % 5 === 0
        ? { ...request, status: 502 }
        : request,
    fires: ['nginx-5xx-ratio-warn', 'nginx-upstream-errors'],
  },
  'the only meter stops': { silentS: 200, fires: ['meter-silent', 'meter-host-silent'] },
  'the database is empty': { isEmpty: true, fires: ['meter-silent'] },
  'the reader does not keep up': {
    extra: every('access_log_lines', AGENT, 'lag_ms=90000i'),
    fires: ['meter-lag'],
  },
  'every tenth line cannot be parsed': {
    extra: every(
      'access_log_lines',
      AGENT,
      'lines=20i,counted=18i,unparsed=2i,late=0i,filtered=0i',
    ),
    fires: ['meter-unparsed'],
  },
  'every tenth line is late': {
    extra: every(
      'access_log_lines',
      AGENT,
      'lines=20i,counted=18i,unparsed=0i,late=2i,filtered=0i',
    ),
    fires: ['meter-late'],
  },
  'a line is lost': {
    extra: [
      `access_log_lines,${AGENT} lines=20i,counted=19i,unparsed=0i,late=0i,filtered=0i ${NOW_S - 120}`,
    ],
    fires: ['meter-accounting'],
  },
  'a line is counted twice': {
    extra: [
      `access_log_lines,${AGENT} lines=20i,counted=21i,unparsed=0i,late=0i,filtered=0i ${NOW_S - 120}`,
    ],
    fires: ['meter-accounting'],
  },
  'the spool is nearly full': {
    extra: every('access_log_meter', PROCESS, 'spool_bytes=250000000i'),
    fires: ['meter-spool'],
  },
  'points wait for a quarter of an hour': {
    extra: every('access_log_meter', PROCESS, 'spool_age_ms=900000i'),
    fires: ['meter-spool-age'],
  },
  'the database refuses a point': {
    extra: [`access_log_meter,${PROCESS} rejected_points=1i ${NOW_S - 120}`],
    fires: ['meter-rejected'],
  },
  'syslog messages are lost': {
    extra: [`access_log_meter,${PROCESS} lost_messages=3i ${NOW_S - 120}`],
    fires: ['meter-lost-messages'],
  },
  'every fourth write fails': {
    extra: every('access_log_meter', PROCESS, 'writes=3i,write_errors=1i'),
    fires: ['meter-write-errors'],
  },
  'tag values are folded': {
    extra: [`access_log_meter,${PROCESS} folded=4i ${NOW_S - 120}`],
    fires: ['meter-folded'],
  },
};

test('alert rules on a real InfluxDB, one situation after the other', async (t) => {
  const influx = await startInflux({ dir: temporaryFolder(t) });
  defer(t, () => influx.stop());
  for (const [name, situation] of Object.entries(SITUATIONS))
    await t.test(name, async () => {
      await influx.query(`DROP DATABASE "${DATABASE}"`);
      await createPolicies(influx);
      await writePoints(influx, await pointsIn(situation));
      if (situation.extra !== undefined) await influx.write(DATABASE, situation.extra.join('\n'));
      const fired: string[] = [];
      const groups = new Set<string>();
      for (const rule of RULES) {
        const state = await evaluateRule(influx, DATABASE, rule, NOW_S * 1000);
        const isFiring =
          state.firing.length > 0 || (state.isNoData && rule.noDataState === 'Alerting');
        if (isFiring) fired.push(rule.uid);
        for (const labels of state.firing) groups.add(notificationGroup(labels));
      }
      assert.deepEqual(fired.toSorted(), situation.fires.toSorted());
      assert.ok(groups.size <= 1, `several notifications: ${[...groups].join(' and ')}`);
    });

  await t.test('a rule is switched by its variable', async () => {
    await influx.query(`DROP DATABASE "${DATABASE}"`);
    await createPolicies(influx);
    await writePoints(influx, await pointsIn({ change: recent(7200, { status: 502 }, 0.1) }));
    const isFiring = async (uid: string, value: 'on' | 'off' | '') => {
      const rule = RULES.find((one) => one.uid === uid);
      assert.ok(rule !== undefined);
      const state = await evaluateRule(influx, DATABASE, rule, NOW_S * 1000, value);
      return state.firing.length > 0;
    };
    for (const [value, expected] of [
      ['on', true],
      ['off', false],
      ['', false],
    ] as const)
      assert.equal(await isFiring('nginx-slo-burn-fast', value), expected, `at ${value}`);
    await influx.query(`DROP DATABASE "${DATABASE}"`);
    await createPolicies(influx);
    await writePoints(influx, await pointsIn({ silentS: 200 }));
    for (const [value, expected] of [
      ['on', true],
      ['off', false],
      ['', true],
    ] as const)
      assert.equal(await isFiring('meter-host-silent', value), expected, `at ${value}`);
  });

  await t.test('a host that writes is never silent in two evaluations a minute apart', async () => {
    await influx.query(`DROP DATABASE "${DATABASE}"`);
    await createPolicies(influx);
    await writePoints(influx, await pointsIn({}));
    const rule = RULES.find(({ uid }) => uid === 'meter-host-silent');
    assert.ok(rule !== undefined);
    for (let ageS = 0; ageS < 120; ageS += 10) {
      const states = [ageS, ageS + 60].map((s) =>
        evaluateRule(influx, DATABASE, rule, (NOW_S - s) * 1000),
      );
      const [later, earlier] = await Promise.all(states);
      assert.ok(later?.firing.length === 0 || earlier?.firing.length === 0, `${ageS} s ago`);
    }
  });

  const firedByError: string[] = [];
  await t.test('a database without an answer is one alert, and not one of each rule', async () => {
    await influx.stop();
    for (const rule of RULES) {
      await assert.rejects(evaluateRule(influx, DATABASE, rule, NOW_S * 1000));
      if (rule.execErrState === 'Alerting') firedByError.push(rule.uid);
    }
    assert.deepEqual(firedByError, ['database-silent']);
  });

  await t.test('every rule has a situation in which it fires', () => {
    const byData = Object.values(SITUATIONS).flatMap(({ fires }) => fires);
    const all = new Set([...byData, ...firedByError]);
    assert.deepEqual(
      RULES.map(({ uid }) => uid).filter((uid) => !all.has(uid)),
      [],
    );
  });
});

test('the equations are calculated as Grafana does', () => {
  const values: Record<string, number> = { a: 2, b: 300 };
  const of = (expression: string) => calculate(expression, (name) => values[name] ?? Number.NaN);
  assert.equal(of('${a} * (${b} >= 300)'), 2);
  assert.equal(of('${a} * (${b} >= 301)'), 0);
  assert.equal(of('(${a} < 0.3 * ${b}) * (${b} >= 100)'), 1);
  assert.equal(of('(${a} == 2) * (${b} > 100)'), 1);
  assert.throws(() => of('${a} / 2'));
  assert.throws(() => of('(${a}'));
});
