/**
 * Builds dist/, what production runs: the program and the packages it uses in a few files, so that it
 * starts sooner and needs no node_modules beside it. Use: npm run build [-- FOLDER].
 *
 * The licences of the packages go with them, in LICENSES.txt.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Packed into src/page/bundle.ts already. */
const IN_THE_PAGE = ['node_modules/uplot'];

/** Replaces the folder. Throws when a source cannot be read, or a package has no licence. */
export async function buildProgram(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/main.ts'],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.22',
    // For packages that are CommonJS and ask for modules of Node.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    // All of them are in LICENSES.txt.
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  });
  await writeFile(
    join(folder, 'LICENSES.txt'),
    await licencesOf([...bundledPackages(metafile), ...IN_THE_PAGE]),
  );
}

/** Folders of the packages of which something is in dist/, from the root. */
export function bundledPackages(metafile: Metafile): string[] {
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const packages = files.flatMap(
    (file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [],
  );
  return [...new Set(packages)].toSorted();
}

async function licencesOf(packages: readonly string[]): Promise<string> {
  const texts = packages.map(async (path) => {
    const folder = join(ROOT, path);
    const file = (await readdir(folder)).find((name) => /^licen[sc]e/i.test(name));
    if (file === undefined) throw new Error(`${path} has no licence file: it cannot be passed on.`);
    const manifest = await readFile(join(folder, 'package.json'), 'utf8');
    const { name, version } = JSON.parse(manifest) as { name: string; version: string };
    const rule = '-'.repeat(80);
    return `${rule}\n${name} ${version}\n\n${(await readFile(join(folder, file), 'utf8')).trim()}\n`;
  });
  return (await Promise.all(texts)).join('\n');
}

if (import.meta.main) await buildProgram(resolve(process.argv[2] ?? join(ROOT, 'dist')));
