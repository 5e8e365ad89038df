import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'dotenv';
import { generatedDocuments, pathOf } from '../../scripts/generate-docs.ts';
import { loadConfig } from '../../src/config/config.ts';
import { settings } from '../../src/config/schema.ts';

for (const [document, text] of generatedDocuments()) {
  test(`${document} is what the code says (npm run docs writes it)`, () => {
    assert.equal(readFileSync(pathOf(document), 'utf8'), text);
  });
}

test('the README names every setting in a row of its own', () => {
  const readme = readFileSync(pathOf('README.md'), 'utf8');
  for (const name of Object.keys(settings.shape)) {
    assert.ok(readme.includes(`\n| \`${name}\``), name);
  }
});

test('.env.example with every # taken away is a configuration, once the targets are sorted out', () => {
  const text = readFileSync(pathOf('.env.example'), 'utf8').replace(/^#([A-Z_]+=)/gm, '$1');
  const { INFLUX_PASSWORD_FILE, INFLUX_TOKEN_FILE, ...rest } = parse(text);
  assert.ok(INFLUX_PASSWORD_FILE !== undefined && INFLUX_TOKEN_FILE !== undefined);
  const config = loadConfig(rest);
  assert.deepEqual(config.warnings, []);
  assert.equal(config.influx?.url, 'http://influxdb:8086');
});
