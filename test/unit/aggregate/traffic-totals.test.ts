import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SealedDimensions } from '../../../src/aggregate/dimension/sealed-dimensions.ts';
import type { SiteTotals } from '../../../src/aggregate/sealed-window.ts';
import { TrafficTotals } from '../../../src/aggregate/traffic-totals.ts';

function site(name: string, changes: Partial<SiteTotals> = {}): SiteTotals {
  return {
    site: name,
    count: 1,
    traffic: 10,
    bytesIn: undefined,
    errors: 0,
    classes: [0, 1, 0, 0, 0],
    c499: 0,
    latency: undefined,
    ...changes,
  };
}

function routes(...counts: readonly (readonly [route: string, count: number])[]): SealedDimensions {
  return {
    log: 'access',
    startS: 0,
    routes: counts.map(([route, count]) => ({
      site: 'a',
      route,
      count,
      traffic: 0,
      errors: 0,
      classes: [count, 0, 0, 0],
      latency: undefined,
    })),
    upstreams: [],
    properties: [],
    tops: [],
    uniques: [],
  };
}

test('a status outside of the classes is counted as well', () => {
  const totals = new TrafficTotals();
  totals.addSite(site('a', { count: 3, classes: [0, 1, 0, 0, 1] }));
  assert.deepEqual(totals.sites[0]?.classes, [1, 0, 1, 0, 0, 1]);
});

test('a route that comes out of other and goes back there takes nothing from it', () => {
  const totals = new TrafficTotals();
  totals.addDimensions(routes(['other', 5]));
  totals.addDimensions(routes(['/a', 3], ['other', 1]));
  totals.addDimensions(routes(['other', 2]));
  assert.deepEqual(
    totals.routes.map(({ value, count }) => [value, count]),
    [
      ['other', 8],
      ['/a', 3],
    ],
  );
});

test('beyond the bound new labels share other, and those that are kept go on, also after a restart', () => {
  const totals = new TrafficTotals();
  for (let i = 0; i < 1000; i++) totals.addSite(site(`site-${i}`));
  const kept = totals.sites.length;
  assert.ok(kept < 300, `${kept} sites`);
  const again = new TrafficTotals();
  again.restore(totals.snapshot());
  again.addSite(site('site-0'));
  again.addSite(site('site-999'));
  const count = (name: string) =>
    again.sites.find((one) => one.site === name)?.classes.reduce((sum, n) => sum + n, 0);
  assert.equal(count('site-0'), 2);
  assert.equal(count('site-999'), undefined);
  assert.equal(count('other'), 1000 - (kept - 1) + 1);
  assert.equal(again.sites.length, kept);
});
