import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { DATASOURCE } from '../../scripts/dashboards/panel.ts';
import { provisioning } from '../support/committed-dashboards.ts';
import { PROJECT_ROOT } from '../support/project.ts';

test('the data source has the uid that dashboards and alert rules refer to', () => {
  const { datasources } = provisioning('datasources/influxdb.yml') as {
    datasources: { uid: string; type: string; access: string; jsonData: { httpMode: string } }[];
  };
  assert.deepEqual(
    datasources.map(({ uid, type }) => ({ uid, type })),
    [DATASOURCE],
  );
  // Grafana's plugin refuses browser access, and a percentile query does not fit into a URL.
  assert.equal(datasources[0]?.access, 'proxy');
  assert.equal(datasources[0]?.jsonData.httpMode, 'POST');
});

test('no address, name or password of one installation stands in the provisioning files', () => {
  const text = readFileSync(
    join(PROJECT_ROOT, 'grafana/provisioning/datasources/influxdb.yml'),
    'utf8',
  );
  const values = parse(text) as { datasources: Record<string, unknown>[] };
  const [source] = values.datasources;
  assert.equal(source?.['url'], '${INFLUX_URL}');
  assert.equal(source?.['user'], '${INFLUX_READ_USER}');
  assert.deepEqual(source?.['secureJsonData'], { password: '${INFLUX_READ_PASSWORD}' });
  assert.match(text, /\n      dbName: \$\{INFLUX_DB\}\n/);
});

test('the provider reads dashboards by polling and keeps the browser from changing them', () => {
  const { providers } = provisioning('dashboards/nginx.yml') as {
    providers: { updateIntervalSeconds: number; allowUiUpdates: boolean; type: string }[];
  };
  assert.equal(providers.length, 1);
  assert.equal(providers[0]?.type, 'file');
  assert.equal(providers[0]?.allowUiUpdates, false);
  assert.ok((providers[0]?.updateIntervalSeconds ?? 0) > 10);
});

test('dashboards and alert rules share one folder, by its title alone', () => {
  const { providers } = provisioning('dashboards/nginx.yml') as {
    providers: { folder: string; folderUid?: string }[];
  };
  const { groups } = provisioning('alerting/nginx-rules.yml') as { groups: { folder: string }[] };
  const titles = [...providers, ...groups].map(({ folder }) => folder);
  assert.deepEqual([...new Set(titles)], ['nginx']);
  for (const { folderUid } of providers) assert.equal(folderUid, undefined);
});

test('every folder that Grafana looks for is there, so that its start reports no error', () => {
  const folders = readdirSync(join(PROJECT_ROOT, 'grafana/provisioning')).toSorted();
  assert.deepEqual(folders, ['alerting', 'dashboards', 'datasources', 'plugins']);
});

test('the stack gives Grafana its address and every switch of the alert rules', () => {
  const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), 'utf8');
  const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
    services: { grafana: { environment: Record<string, string> } };
  };
  const { environment } = services.grafana;
  assert.match(environment['GF_SERVER_ROOT_URL'] ?? '', /^\$\{GRAFANA_URL:-http/);
  const rules = read('grafana/provisioning/alerting/nginx-rules.yml');
  const switches = new Set(
    [...rules.matchAll(/condition: .*\$\{(\w+)\}/g)].map(([, name]) => name),
  );
  assert.equal(switches.size, 2);
  for (const name of switches) assert.match(environment[name ?? ''] ?? '', /:-(?:on|off)\}$/);
});

test('contact points are an example outside the folder that Grafana reads', () => {
  const alerting = readdirSync(join(PROJECT_ROOT, 'grafana/provisioning/alerting'));
  assert.deepEqual(alerting, ['nginx-rules.yml']);
  const example = parse(
    readFileSync(join(PROJECT_ROOT, 'grafana/examples/contact-points.yml'), 'utf8'),
  ) as { contactPoints: { name: string }[]; policies: { receiver: string }[] };
  assert.equal(example.policies[0]?.receiver, example.contactPoints[0]?.name);
});

test('the rollups are one statement a line', () => {
  const text = readFileSync(
    join(PROJECT_ROOT, 'influxdb/init/10-retention-and-rollups.iql'),
    'utf8',
  );
  for (const line of text.trimEnd().split('\n'))
    assert.match(
      line,
      /^(--|CREATE DATABASE |(ALTER|CREATE) RETENTION POLICY |CREATE CONTINUOUS QUERY .* END$)/,
    );
});

test('the rebuilding of rollups ends each statement, for the shell takes all of it as one text', () => {
  const text = readFileSync(join(PROJECT_ROOT, 'influxdb/rebuild-rollups.iql'), 'utf8');
  for (const line of text.trimEnd().split('\n')) assert.match(line, /^(--|SELECT .*;$)/);
});
