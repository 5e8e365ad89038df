import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'dotenv';
import { generatedDocuments, pathOf } from '../../scripts/generate-docs.ts';
import { ROOMS } from '../../scripts/layers.ts';
import { loadConfig } from '../../src/config/config.ts';
import { settings } from '../../src/config/schema.ts';

for (const [document, text] of generatedDocuments()) {
  test(`${document} is what the code says (npm run docs writes it)`, () => {
    assert.equal(readFileSync(pathOf(document), 'utf8'), text);
  });
}

test('docs/settings.md has every setting in a row of its own', () => {
  const page = readFileSync(pathOf('docs/settings.md'), 'utf8');
  for (const name of Object.keys(settings.shape)) {
    assert.ok(page.includes(`\n| \`${name}\``), name);
  }
});

test('the architecture page has a row for every room, in the order of the flow', () => {
  const page = readFileSync(pathOf('docs/internals/architecture.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)\/` \|/gm)].map(([, name]) => name);
  assert.deepEqual(
    rows,
    ROOMS.map(({ name }) => name),
  );
});

test('the README is a way in: at most 8 kB', () => {
  const { length } = readFileSync(pathOf('README.md'));
  assert.ok(length <= 8_000, `README.md has ${length} bytes; move something to docs/`);
});

test('.env.example with every # taken away is a configuration, once the targets are sorted out', () => {
  const text = readFileSync(pathOf('.env.example'), 'utf8').replace(/^#([A-Z_]+=)/gm, '$1');
  const { INFLUX_PASSWORD_FILE, INFLUX_TOKEN_FILE, PAGE_PASSWORD_FILE, ...rest } = parse(text);
  for (const file of [INFLUX_PASSWORD_FILE, INFLUX_TOKEN_FILE, PAGE_PASSWORD_FILE])
    assert.ok(file !== undefined);
  const config = loadConfig(rest);
  assert.deepEqual(config.warnings, []);
  assert.equal(config.influx?.url, 'http://influxdb:8086');
});
