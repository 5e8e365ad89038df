import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeRequests, type Site } from '../../../support/made-requests.ts';
import { routeCoverage } from '../../../support/route-coverage.ts';

function cover(site: Site) {
  return routeCoverage(madeRequests(site, { count: 60_000, perSecond: 40, startS: 1_795_374_000 }));
}

for (const site of ['rest-api', 'shop'] as const) {
  test(`50 routes hold 95 % of the requests of a ${site}`, () => {
    const { coverage, series } = cover(site);
    assert.ok(coverage >= 0.95, `${100 * coverage} %`);
    assert.ok(series <= 100);
  });
}

test('a WordPress site under attack keeps its own routes and few others', () => {
  const { coverage, series, templates, routes } = cover('wordpress-under-attack');
  assert.ok(templates > 5000, 'the attack invents thousands of routes');
  assert.ok(series <= 100, `${series} series`);
  assert.ok(coverage >= 0.75, `${100 * coverage} %`);
  const names = routes.slice(0, 12).map(([name]) => name);
  for (const name of ['/', '/wp-login.php', '/xmlrpc.php', '/wp-content/themes/*.css', '/:id']) {
    assert.ok(names.includes(name), `${name} is not in ${names.join(' ')}`);
  }
});
