/**
 * Compiles the .wat files of src/wasm into -wasm.ts files beside them, so that neither the image nor
 * a checkout needs a WebAssembly tool to run. Use: npm run wasm. A contract test holds them equal.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import openWabt from 'wabt';

interface WasmModule {
  /** Of the .wat file, without extension. */
  readonly name: string;
  readonly constant: string;
  readonly comment: string;
}

export const WASM_MODULES: readonly WasmModule[] = [
  { name: 'scan', constant: 'SCAN_WASM', comment: 'The compiled scanner, base64.' },
  { name: 'byte-hash', constant: 'BYTE_HASH_WASM', comment: 'The compiled hash, base64.' },
  { name: 'row-gather', constant: 'ROW_GATHER_WASM', comment: 'The compiled gathering, base64.' },
  { name: 'line-machine', constant: 'LINE_MACHINE_WASM', comment: 'The compiled machine, base64.' },
];

/** The text of the -wasm.ts file as it follows from the text of the .wat file. */
export async function renderWasm({ name, constant, comment }: WasmModule, wat: string) {
  const wabt = await openWabt();
  const module = wabt.parseWat(`${name}.wat`, wat, { simd: true });
  try {
    module.validate();
    const { buffer } = module.toBinary({});
    const base64 = Buffer.from(buffer).toString('base64');
    const pieces = base64.match(/.{1,90}/g) ?? [];
    return [
      `// Generated from ${name}.wat by scripts/build-wasm.ts (npm run wasm). Do not edit.`,
      '',
      `/** ${comment} */`,
      `export const ${constant} =`,
      `${pieces.map((piece) => `  '${piece}'`).join(' +\n')};`,
      '',
    ].join('\n');
  } finally {
    module.destroy();
  }
}

/** Where the source and the generated file of a module are. */
export function wasmPaths({ name }: WasmModule): { wat: string; generated: string } {
  const path = (file: string) => fileURLToPath(new URL(`../src/wasm/${file}`, import.meta.url));
  return { wat: path(`${name}.wat`), generated: path(`${name}-wasm.ts`) };
}

if (import.meta.main) {
  for (const module of WASM_MODULES) {
    const { wat, generated } = wasmPaths(module);
    await writeFile(generated, await renderWasm(module, await readFile(wat, 'utf8')));
  }
}
