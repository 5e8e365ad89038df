import { appendFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { SealedWindow } from '../../src/aggregate/sealed-window.ts';
import { App } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { Notice } from '../../src/notice/notice.ts';
import type { MeterStatus } from '../../src/status/meter-status.ts';
import { FakeClock } from './clock.ts';
import { defer } from './defer.ts';
import { temporaryFolder } from './temp-folder.ts';
import { waitUntil } from './wait-until.ts';

/** How far the clock is moved between two looks at a condition. */
const STEP_MS = 250;

/**
 * The whole meter in the test's own process, on a real log and a real state folder, with the clock in
 * the test's hands. Windows are kept as a database keeps them: the last version of each.
 */
export class AppRig {
  readonly clock = new FakeClock(Date.UTC(2026, 0, 2, 3, 4, 0));
  readonly log: string;
  readonly windows = new Map<number, SealedWindow>();
  readonly notices: Notice[] = [];
  stateDir: string;
  readonly #t: TestContext;
  readonly #settings: Readonly<Record<string, string>>;
  #running: { readonly app: App; readonly stop: () => Promise<void> } | undefined;

  /** One log, `access.log`, in a folder of the test's own; `settings` as in the environment. */
  constructor(t: TestContext, settings: Readonly<Record<string, string>> = {}) {
    const dir = temporaryFolder(t);
    this.log = join(dir, 'access.log');
    this.stateDir = join(dir, 'state');
    this.#t = t;
    this.#settings = settings;
  }

  async start(): Promise<void> {
    const config = loadConfig({
      LOG_PATHS: this.log,
      STATE_DIR: this.stateDir,
      HOST_TAG: 'rig',
      LISTEN: 'off',
      ...this.#settings,
    });
    const app = await App.start({
      config,
      version: '0',
      clock: this.clock,
      notify: (notice) => this.notices.push(notice),
      onWindows: (windows) => {
        for (const window of windows) this.windows.set(window.startS, window);
      },
    });
    const end = new AbortController();
    const running = app.run(end.signal);
    let isOver = false;
    const over = running.finally(() => {
      isOver = true;
    });
    over.catch(() => {}); // stop() tells
    const stop = async (): Promise<void> => {
      end.abort();
      const step = async (): Promise<boolean> => {
        await this.clock.advance(STEP_MS);
        return isOver;
      };
      await waitUntil('the meter has stopped', step, { pollMs: 1 });
      await over;
    };
    this.#running = { app, stop };
    defer(this.#t, stop);
  }

  /** Reads to the end, writes what is due, saves. */
  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  /**
   * What a kill -9 at this moment would leave: the state as it lies on disk now is what the next start
   * finds. The meter that runs is put aside; nothing of it counts any more.
   */
  async crash(): Promise<void> {
    const left = `${this.stateDir}-left`;
    // The lock is a socket, which cannot be copied, and which the system would have freed.
    cpSync(this.stateDir, left, { recursive: true, filter: (path) => !/\/lock-\w+$/.test(path) });
    const windows = [...this.windows];
    await this.stop();
    this.windows.clear();
    for (const [startS, window] of windows) this.windows.set(startS, window);
    this.stateDir = left;
  }

  get status(): MeterStatus {
    if (this.#running === undefined) throw new Error('the meter does not run');
    return this.#running.app.status();
  }

  append(text: string): void {
    appendFileSync(this.log, text, 'latin1');
  }

  /** Lets time pass, a little at once, until the condition is met. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const step = async (): Promise<boolean> => {
      await this.clock.advance(STEP_MS);
      return condition();
    };
    await waitUntil(what, step, { pollMs: 1 });
  }

  /** Lets so much time pass, and then more until the meter has looked at its log again. */
  async pass(ms: number): Promise<void> {
    const endMs = this.clock.now() + ms;
    await this.until(`${ms} ms have passed`, () => this.clock.now() >= endMs);
  }

  /** Sum of a count over the sites of one window, or over all windows. */
  sum(name: 'count' | 'traffic' | 'errors', startS?: number): number {
    const windows = startS === undefined ? [...this.windows.values()] : [this.windows.get(startS)];
    return windows
      .flatMap((window) => window?.sites ?? [])
      .reduce((total, site) => total + site[name], 0);
  }

  agentSum(name: 'lines' | 'counted' | 'unparsed' | 'late'): number {
    return [...this.windows.values()].reduce((total, { agent }) => total + agent[name], 0);
  }
}

/** Epoch seconds of the rig's first moment; the start of a window. */
export const RIG_START_S = Date.UTC(2026, 0, 2, 3, 4, 0) / 1000;

export interface LineParts {
  /** Seconds after RIG_START_S. */
  readonly atS?: number;
  readonly address?: string;
  readonly request?: string;
  readonly status?: number;
  readonly bytes?: number | '-';
  readonly referer?: string;
  readonly agent?: string;
}

/** A line of nginx's combined format, with its line end. */
export function combinedLine(parts: LineParts = {}): string {
  const { atS = 0, address = '192.0.2.7', request = 'GET / HTTP/1.1', status = 200 } = parts;
  const { bytes = 100, referer = '-', agent = 'curl/8.0' } = parts;
  const [, day = '', month = '', year = '', time = ''] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date((RIG_START_S + atS) * 1000).toUTCString()) ??
    [];
  const moment = `${day}/${month}/${year}:${time} +0000`;
  return `${address} - - [${moment}] "${request}" ${status} ${bytes} "${referer}" "${agent}"\n`;
}
