/**
 * Bundles what src/page/ shows in a browser into src/page/bundle.ts, compressed, so that neither the image
 * nor a checkout needs a bundler to run. Use: npm run page. A contract test holds them equal.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, transform } from 'esbuild';

const pathOf = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

export const PAGE_BUNDLE = pathOf('src/page/bundle.ts');

/** What a browser gets. */
export interface PageTexts {
  readonly document: string;
  readonly script: string;
}

export async function buildPage(): Promise<PageTexts> {
  const { outputFiles } = await build({
    absWorkingDir: pathOf('.'),
    entryPoints: ['src/page/page.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const styles = [
    await readFile(pathOf('node_modules/uplot/dist/uPlot.min.css'), 'utf8'),
    await readFile(pathOf('src/page/style.css'), 'utf8'),
  ];
  const { code } = await transform(styles.join('\n'), { loader: 'css', minify: true });
  const html = await readFile(pathOf('src/page/document.html'), 'utf8');
  return {
    document: html.replace('<style></style>', () => `<style>${code.trim()}</style>`),
    script: outputFiles[0]?.text ?? '',
  };
}

export function renderBundle({ document, script }: PageTexts): string {
  const packed = (text: string) => gzipSync(text, { level: 9 }).toString('base64');
  return [
    '// Generated from src/page/ by scripts/build-page.ts (npm run page). Do not edit.',
    '',
    '/** The document with its style, gzip, base64. */',
    `export const PAGE_DOCUMENT =\n  '${packed(document)}';`,
    '',
    '/** The script, gzip, base64. It has uPlot in it (MIT, © Leon Sorokin). */',
    `export const PAGE_SCRIPT =\n  '${packed(script)}';`,
    '',
  ].join('\n');
}

if (import.meta.main) await writeFile(PAGE_BUNDLE, renderBundle(await buildPage()));
