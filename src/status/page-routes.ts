import type { Context, Hono } from 'hono';
import type { Narrowing } from '../summary/merged-points.ts';
import type { Span, Summary } from '../summary/model.ts';
import type { MeterStatus, StatusSnapshot } from './meter-status.ts';
import type { PageAccess } from './page-access.ts';
import type { PageFiles } from './page-files.ts';
import { unreadyReasons } from './readiness.ts';
import { readSummaryQuery, type SummaryQuery } from './summary-query.ts';

/** What the server tells the routes of a request beside what it says itself. */
export interface PeerBindings {
  /** Address of the other end of the connection. */
  readonly peer?: string | undefined;
}

export type StatusApp = Hono<{ Bindings: PeerBindings }>;
type StatusContext = Context<{ Bindings: PeerBindings }>;

export interface PageParts {
  readonly access: PageAccess;
  readonly files: PageFiles;
  readonly windowS: number;
  readonly monotonicMs: () => number;
  /** Undefined where there is no history. Throws where it cannot be read. */
  readonly summary: (span: Span, narrowing: Narrowing, top: number) => Summary | undefined;
}

/** Answers that are kept until the window ends: everybody who looks at the same costs once. */
const ANSWERS_MAX = 8;
/** One that took long is kept so many times longer, so that looking takes 2 % of the time at most. */
const KEPT_TIMES = 50;

/** Adds what shows the traffic, for those who may see it. */
export function addPageRoutes(app: StatusApp, snapshot: StatusSnapshot, parts: PageParts): void {
  const answers = new SummaryAnswers(parts);
  const { access, files } = parts;
  app.get('/', (context) => {
    const accepted = context.req.header('accept-encoding');
    return refusalOf(context, access) ?? files.document(accepted);
  });
  app.get('/page.js', (context) => {
    const accepted = context.req.header('accept-encoding');
    return refusalOf(context, access) ?? files.script(accepted);
  });
  app.get('/api/summary', (context) => {
    const refusal = refusalOf(context, access);
    if (refusal !== undefined) return refusal;
    const status = snapshot();
    const { searchParams } = new URL(context.req.url);
    const query = readSummaryQuery(searchParams, status.nowMs / 1000, parts.windowS);
    if (typeof query === 'string') return context.text(`${query}\n`, 400);
    const meter = JSON.stringify(meterOf(status));
    searchParams.sort();
    const summary = answers.take(searchParams.toString(), query, status.nowMs);
    const body = `{"summary":${summary},"meter":${meter},"windowS":${parts.windowS}}\n`;
    return context.body(body, 200, { 'Content-Type': 'application/json; charset=utf-8' });
  });
}

function refusalOf(context: StatusContext, access: PageAccess): Response | undefined {
  const { req, env } = context;
  const refusal = access.refusal({
    peer: env?.peer,
    host: req.header('host'),
    authorization: req.header('authorization'),
    isForwarded: ['forwarded', 'x-forwarded-for', 'via'].some(
      (name) => req.header(name) !== undefined,
    ),
  });
  return refusal && context.text(`${refusal.text}\n`, refusal.status, refusal.headers);
}

/** The counters of the traffic stay out: the summary has the traffic. */
function meterOf(status: MeterStatus): object {
  return { ...status, traffic: undefined, unready: unreadyReasons(status) };
}

interface KeptAnswer {
  readonly json: string;
  readonly madeMs: number;
  readonly untilMs: number;
}

class SummaryAnswers {
  readonly #parts: PageParts;
  readonly #kept = new Map<string, KeptAnswer>();

  constructor(parts: PageParts) {
    this.#parts = parts;
  }

  /** JSON; `null` where there is no history. */
  take(key: string, { span, narrowing, top }: SummaryQuery, nowMs: number): string {
    const kept = this.#kept.get(key);
    // A clock that was put back ends what was kept, too.
    if (kept !== undefined && kept.madeMs <= nowMs && nowMs < kept.untilMs) return kept.json;
    const { summary, windowS, monotonicMs } = this.#parts;
    const startMs = monotonicMs();
    const json = JSON.stringify(summary(span, narrowing, top) ?? null);
    const windowMs = 1000 * windowS;
    const untilMs = Math.max(
      (Math.floor(nowMs / windowMs) + 1) * windowMs,
      nowMs + KEPT_TIMES * (monotonicMs() - startMs),
    );
    this.#kept.delete(key);
    this.#kept.set(key, { json, madeMs: nowMs, untilMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > ANSWERS_MAX && oldest !== undefined) this.#kept.delete(oldest);
    return json;
  }
}
