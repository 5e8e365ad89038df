import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { renderWasm, WASM_MODULES, wasmPaths } from '../../scripts/build-wasm.ts';

for (const module of WASM_MODULES) {
  test(`${module.name}-wasm.ts is what ${module.name}.wat compiles to`, async () => {
    const { wat, generated } = wasmPaths(module);
    const built = await renderWasm(module, await readFile(wat, 'utf8'));
    assert.equal(await readFile(generated, 'utf8'), built, 'run `npm run wasm`');
  });
}
