import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { TIMED_PATTERN } from '../../support/independent-count.ts';
import { readLines } from '../../support/log-lines.ts';
import type { Nginx } from '../../support/nginx.ts';
import { startTraffic, type SteadyTraffic } from '../../support/steady-traffic.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { KeptTruth } from './kept-truth.ts';

/** What the torments do to a log, whoever writes it. */
export interface RotatableLog {
  readonly path: string;
  start(): void;
  rename(): void;
  reopen(): void | Promise<void>;
  compress(): void;
}

/** The log of a real nginx under load; its truth is what stands in all of its generations at the end. */
export class NginxLog implements RotatableLog {
  readonly path: string;
  readonly #nginx: Nginx;
  readonly #windowS: number;
  #traffic: SteadyTraffic | undefined;

  constructor(nginx: Nginx, windowS: number) {
    this.#nginx = nginx;
    this.path = nginx.accessLogPath;
    this.#windowS = windowS;
  }

  start(): void {
    this.#traffic ??= startTraffic(this.#nginx);
  }

  rename(): void {
    for (const name of this.#rotated()) {
      const tail = name.endsWith('.gz') ? '.gz' : '';
      const next = `access.log.${numberOf(name) + 1}${tail}`;
      renameSync(join(dirname(this.path), name), join(dirname(this.path), next));
    }
    renameSync(this.path, `${this.path}.1`);
  }

  /** Back when the master has made the new file; the workers may need a moment more. */
  async reopen(): Promise<void> {
    await this.#nginx.reopen();
  }

  /** All but the newest, which a worker may still write to: logrotate's delaycompress. */
  compress(): void {
    for (const name of this.#rotated()) {
      if (name.endsWith('.gz') || name.endsWith('.1')) continue;
      const { status, stderr } = spawnSync('gzip', ['-f', join(dirname(this.path), name)]);
      if (status !== 0) throw new Error(`gzip: ${stderr.toString()}`);
    }
  }

  /** Ends the traffic and counts what the files hold. */
  async finish(): Promise<KeptTruth> {
    const sent = (await this.#traffic?.stop()) ?? 0;
    let lines: string[] = [];
    await waitUntil(
      'nginx has written all its lines',
      () => {
        lines = [
          ...this.#rotated().flatMap((name) => this.#linesOf(name)),
          ...readLines(this.path),
        ];
        return lines.length >= sent;
      },
      { detail: () => `${lines.length} lines of ${sent}` },
    );
    const truth = new KeptTruth(TIMED_PATTERN, this.#windowS);
    for (const line of lines) truth.add(line);
    return truth;
  }

  #rotated(): string[] {
    return readdirSync(dirname(this.path))
      .filter((name) => /^access\.log\.\d+(\.gz)?$/.test(name))
      .sort((a, b) => numberOf(b) - numberOf(a));
  }

  #linesOf(name: string): string[] {
    const path = join(dirname(this.path), name);
    if (!name.endsWith('.gz')) return readLines(path);
    return gunzipSync(readFileSync(path)).toString('latin1').split('\n').slice(0, -1);
  }
}

function numberOf(name: string): number {
  return Number(/\.(\d+)(\.gz)?$/.exec(name)?.[1]);
}
