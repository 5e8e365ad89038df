import { globSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { markdownPages } from './markdown-links.ts';

/** Folders of the checkout; a path in a page begins with one of them. */
const PATH =
  /^(?:\.ci|\.github|bench|compose|docs|examples|grafana|influxdb|nginx|packaging|scripts|src|test)\/[\w./*{},-]+$/;
const SCRIPT = /\bnpm run (?:-s |--silent )?([\w:-]+)/g;

/** Paths, test files and npm scripts that a page below `root` names and that are gone: `page: name`. */
export function findGoneNames(root: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const tests = new Set(globSync('test/**/*.test.ts', { cwd: root }).map((path) => basename(path)));
  const isThere = (name: string): boolean => {
    if (/^[\w.-]+\.test\.ts$/.test(name)) return tests.has(name);
    return !PATH.test(name) || globSync(name, { cwd: root }).length > 0;
  };
  return markdownPages(root).flatMap((page) => {
    const text = readFileSync(page, 'utf8');
    const spans = [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/`([^`\n]+)`/g)];
    const gone = spans.map(([, name = '']) => name).filter((name) => !isThere(name));
    const commands = [...text.matchAll(SCRIPT)].map(([, name = '']) => name);
    const unknown = commands.filter((name) => !(name in scripts)).map((name) => `npm run ${name}`);
    return [...gone, ...unknown].map((name) => `${relative(root, page)}: ${name}`);
  });
}
