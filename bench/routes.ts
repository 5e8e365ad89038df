/**
 * What 50 routes hold of the requests: three made-up sites, and the logs given as arguments (combined
 * format, plain or .gz). Use: node bench/routes.ts [access.log.gz …]
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { madeRequests, type Site } from '../test/support/made-requests.ts';
import { routeCoverage, type RouteCoverage } from '../test/support/route-coverage.ts';

const SITES: readonly Site[] = ['rest-api', 'shop', 'wordpress-under-attack'];
const SHOWN = Number(process.env['SHOW'] ?? 8);

function* requestsOf(path: string): Generator<{ timeS: number; target: string }> {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
  for (const line of text.split('\n')) {
    const found = /\[(\d+)\/(\w+)\/(\d+):([\d:]+) ([^\]]+)\] "\S+ (\S+)/u.exec(line);
    if (found === null) continue;
    const [, day, month, year, time, zone, target] = found;
    const timeS = Date.parse(`${day} ${month} ${year} ${time} ${zone}`) / 1000;
    yield { timeS, target: target ?? '' };
  }
}

function show(name: string, result: RouteCoverage): void {
  const share = (100 * result.coverage).toFixed(1);
  console.log(
    `${name}: ${share} % of ${result.requests} requests in ${result.series} routes ` +
      `(${result.paths} paths, ${result.templates} templates)`,
  );
  for (const [route, requests] of result.routes.slice(0, SHOWN)) {
    console.log(`  ${String(requests).padStart(8)} ${route}`);
  }
}

for (const site of SITES) {
  const options = { count: 300_000, perSecond: 40, startS: 1_795_374_000 };
  show(site, routeCoverage(madeRequests(site, options)));
}
for (const path of process.argv.slice(2))
  show(path, routeCoverage([...requestsOf(path)].sort((a, b) => a.timeS - b.timeS)));
