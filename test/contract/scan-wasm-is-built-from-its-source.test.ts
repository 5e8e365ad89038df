import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { renderScanWasm } from '../../scripts/build-wasm.ts';

test('scan-wasm.ts is what scan.wat compiles to', async () => {
  const wat = await readFile(new URL('../../src/parse/scan.wat', import.meta.url), 'utf8');
  const built = await readFile(new URL('../../src/parse/scan-wasm.ts', import.meta.url), 'utf8');
  assert.equal(built, await renderScanWasm(wat), 'run `npm run wasm`');
});
