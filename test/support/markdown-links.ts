import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** A link of a page that leads nowhere, or a file that no page leads to. */
export interface DeadLink {
  readonly page: string;
  readonly target: string;
  readonly why:
    | 'no such file'
    | 'no such heading'
    | 'outside of the checkout'
    | 'no page links here';
}

const SKIPPED = new Set(['node_modules', 'dist', 'golden']);

/**
 * Follows all relative links of the Markdown pages below `root`. A page or picture below `docs/` that
 * cannot be reached from README.md is dead as well.
 */
export function findDeadLinks(root: string): DeadLink[] {
  const pages = markdownPages(root);
  const dead: DeadLink[] = [];
  const linksByPage = new Map(pages.map((page) => [page, linksOf(page)]));
  for (const [page, targets] of linksByPage) {
    for (const target of targets) {
      const why = whyDead(root, page, target);
      if (why !== undefined) dead.push({ page: relative(root, page), target, why });
    }
  }
  return [...dead, ...unreachable(root, linksByPage)];
}

export function markdownPages(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(root, path).split('/').some(isSkipped));
}

function isSkipped(part: string): boolean {
  return SKIPPED.has(part) || (part.startsWith('.') && part !== '.github');
}

function linksOf(page: string): string[] {
  const prose = withoutCode(readFileSync(page, 'utf8'));
  const links = [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1] ?? '');
  return links.filter((link) => !/^(?:[a-z]+:|\/\/)/.test(link));
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, 'code');
}

function whyDead(root: string, page: string, target: string): DeadLink['why'] | undefined {
  const { file, anchor } = partsOf(page, target);
  if (relative(root, file).startsWith('..')) return 'outside of the checkout';
  if (!existsSync(file)) return 'no such file';
  if (anchor === undefined) return undefined;
  return anchorsOf(file).has(anchor) ? undefined : 'no such heading';
}

function partsOf(page: string, target: string): { file: string; anchor: string | undefined } {
  const [path = '', anchor] = target.split('#');
  return { file: path === '' ? page : resolve(dirname(page), path), anchor };
}

/** As GitHub makes them: lower case, signs dropped, hyphens for spaces, a number for a second one. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  if (!file.endsWith('.md') || !statSync(file).isFile()) return anchors;
  const text = readFileSync(file, 'utf8').replaceAll(/^```.*?^```/gms, '');
  for (const [, heading = ''] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const base = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let anchor = base;
    for (let n = 1; anchors.has(anchor); n += 1) anchor = `${base}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

function unreachable(
  root: string,
  linksByPage: ReadonlyMap<string, readonly string[]>,
): DeadLink[] {
  const seen = new Set<string>();
  const next = [join(root, 'README.md')];
  for (let page = next.pop(); page !== undefined; page = next.pop()) {
    if (seen.has(page)) continue;
    seen.add(page);
    for (const target of linksByPage.get(page) ?? []) next.push(partsOf(page, target).file);
  }
  const docs = join(root, 'docs');
  if (!existsSync(docs)) return [];
  return readdirSync(docs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !seen.has(path))
    .map((path) => ({ page: relative(root, path), target: '', why: 'no page links here' }));
}
