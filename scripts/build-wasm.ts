/**
 * Compiles src/parse/scan.wat into src/parse/scan-wasm.ts, so that neither the image nor a checkout
 * needs a WebAssembly tool to run. Use: npm run wasm. A contract test holds the two files equal.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import openWabt from 'wabt';

const SOURCE = fileURLToPath(new URL('../src/parse/scan.wat', import.meta.url));
const TARGET = fileURLToPath(new URL('../src/parse/scan-wasm.ts', import.meta.url));

/** The text of scan-wasm.ts as it follows from the text of scan.wat. */
export async function renderScanWasm(wat: string): Promise<string> {
  const wabt = await openWabt();
  const module = wabt.parseWat('scan.wat', wat, { simd: true });
  try {
    module.validate();
    const { buffer } = module.toBinary({});
    const base64 = Buffer.from(buffer).toString('base64');
    const pieces = base64.match(/.{1,90}/g) ?? [];
    return [
      '// Generated from scan.wat by scripts/build-wasm.ts (npm run wasm). Do not edit.',
      '',
      '/** The compiled scanner, base64. */',
      'export const SCAN_WASM =',
      `${pieces.map((piece) => `  '${piece}'`).join(' +\n')};`,
      '',
    ].join('\n');
  } finally {
    module.destroy();
  }
}

if (import.meta.main) {
  await writeFile(TARGET, await renderScanWasm(await readFile(SOURCE, 'utf8')));
}
