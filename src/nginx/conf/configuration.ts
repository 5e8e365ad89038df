/**
 * Reads nginx's configuration with everything that it includes.
 *
 * What an include names is relative to the folder of the main file, as nginx has it. An include
 * that cannot be read is a finding and not the end: the meter may see less of the disk than nginx
 * does. Bounds: so many files, bytes and includes within includes.
 */
import { glob, readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { unreadableFolders } from '../../source/disk/unreadable-folders.ts';
import { type Directive, NginxConfError, readDirectives } from './tokenizer.ts';
import { errorCode } from '../../text/error-code.ts';

export interface NginxConfiguration {
  /** Includes are replaced by what they include. */
  readonly directives: readonly Directive[];
  /** Files that were read, and folders in which new ones may appear. */
  readonly watched: readonly string[];
  /** Sentences about what could not be read. */
  readonly findings: readonly string[];
}

const FILES_MAX = 2000;
const BYTES_MAX = 32 * 1024 * 1024;
const INCLUDE_DEPTH_MAX = 20;
const GLOB_SIGNS = /[*?[]/;

/** Throws NginxConfError when the main file cannot be read, or a file is no configuration. */
export async function readNginxConfiguration(path: string): Promise<NginxConfiguration> {
  const reading = new Reading(dirname(resolve(path)));
  const directives = await reading.main(resolve(path));
  return { directives, watched: [...reading.watched], findings: reading.findings };
}

class Reading {
  readonly watched = new Set<string>();
  readonly findings: string[] = [];
  readonly #folder: string;
  #files = 0;
  #bytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async main(path: string): Promise<Directive[]> {
    try {
      return await this.#file(path, 0);
    } catch (error) {
      if (error instanceof NginxConfError) throw error;
      throw new NginxConfError(
        `${path} cannot be read (${errorCode(error)}). NGINX_CONF must name nginx's configuration ` +
          'where the meter sees it: mount its folder read-only at the same place.',
      );
    }
  }

  async #file(path: string, depth: number): Promise<Directive[]> {
    this.watched.add(path);
    const text = await readFile(path, 'utf8');
    this.#files++;
    this.#bytes += text.length;
    if (this.#files > FILES_MAX || this.#bytes > BYTES_MAX) {
      throw new NginxConfError(
        `${path}: with it the configuration has more than ${FILES_MAX} files or 32 MiB.`,
      );
    }
    checkNoTemplate(text, path);
    return this.#expand(readDirectives(text, path), depth);
  }

  async #expand(directives: readonly Directive[], depth: number): Promise<Directive[]> {
    const expanded: Directive[] = [];
    for (const directive of directives) {
      const { name, args, block } = directive;
      if (name === 'include' && block === undefined && args[0] !== undefined) {
        expanded.push(...(await this.#include(directive, args[0], depth)));
      } else if (block === undefined) {
        expanded.push(directive);
      } else {
        expanded.push({ ...directive, block: await this.#expand(block, depth) });
      }
    }
    return expanded;
  }

  async #include(from: Directive, pattern: string, depth: number): Promise<Directive[]> {
    const where = `${from.file}:${from.line}`;
    if (depth >= INCLUDE_DEPTH_MAX) {
      throw new NginxConfError(
        `${where}: includes are more than ${INCLUDE_DEPTH_MAX} deep; does a file include itself?`,
      );
    }
    const directives: Directive[] = [];
    for (const path of await this.#matches(resolve(this.#folder, pattern), where)) {
      try {
        directives.push(...(await this.#file(path, depth + 1)));
      } catch (error) {
        if (error instanceof NginxConfError) throw error;
        this.findings.push(
          `${where} includes ${path}, which cannot be read (${errorCode(error)}): logs that it ` +
            'names are not known.',
        );
      }
    }
    return directives;
  }

  /** In the order of their names, as nginx takes them; none for a pattern that nothing fits. */
  async #matches(pattern: string, where: string): Promise<string[]> {
    if (!GLOB_SIGNS.test(pattern)) return [pattern];
    let folder = dirname(pattern);
    while (GLOB_SIGNS.test(folder)) folder = dirname(folder);
    this.watched.add(folder);
    for (const { folder: refusing, error } of await unreadableFolders(pattern)) {
      this.watched.add(refusing);
      this.findings.push(
        `${where} includes ${pattern}, but the folder ${refusing} cannot be read ` +
          `(${errorCode(error)}): logs that files in it name are not known.`,
      );
    }
    const paths: string[] = [];
    for await (const match of glob(pattern)) {
      // A * of nginx's takes no hidden file.
      const isHidden = basename(match).startsWith('.') && !basename(pattern).startsWith('.');
      if (isHidden || !(await isFile(match))) continue;
      paths.push(match);
      this.watched.add(dirname(match));
    }
    return paths.toSorted((one, other) => (one < other ? -1 : 1));
  }
}

/** What a tool fills in before nginx reads it; nothing in it can be relied on before. */
const TEMPLATES: readonly (readonly [RegExp, string])[] = [
  [/^[^'"#]*\{%/mu, 'Jinja'],
  [/^[^'"#]*\{\{[^{}]*\}\}/mu, 'Jinja or Go'],
  [/^[^'"#]*<%/mu, 'ERB'],
  [/^[^'"#]*\$\{[A-Z][A-Z0-9_]+\}/mu, 'envsubst'],
];

function checkNoTemplate(text: string, path: string): void {
  for (const [pattern, tool] of TEMPLATES) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const line = text.slice(0, found.index + found[0].length).split('\n').length;
    throw new NginxConfError(
      `${path}:${line} is a template for ${tool}, not what nginx reads. Let NGINX_CONF name the ` +
        'file that is made from it.',
    );
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isFile(),
    () => true,
  );
}

/** Changes when one of `watched` does: a file is changed, or one appears or goes in a folder. */
export async function signatureOf(watched: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const path of watched) {
    const facts = await stat(path).catch(() => undefined);
    parts.push(
      facts === undefined
        ? `${path} -`
        : `${path} ${facts.ino} ${facts.size} ${facts.mtimeMs} ${facts.ctimeMs}`,
    );
  }
  return parts.join('\n');
}
