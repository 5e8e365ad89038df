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
  /** Undefined where there is no history. Throws where it cannot be read. */
  readonly summary: (span: Span, narrowing: Narrowing, top: number) => Summary | undefined;
}

/** Answers that are kept for as long as a window: everybody who looks at the same costs once. */
const ANSWERS_MAX = 8;

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
    const summary = answers.take(query, status.nowMs);
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

class SummaryAnswers {
  readonly #parts: PageParts;
  readonly #kept = new Map<string, { readonly json: string; readonly untilMs: number }>();

  constructor(parts: PageParts) {
    this.#parts = parts;
  }

  /** JSON; `null` where there is no history. */
  take(query: SummaryQuery, nowMs: number): string {
    const key = JSON.stringify(query);
    const kept = this.#kept.get(key);
    const lifeMs = 1000 * this.#parts.windowS;
    // A clock that was put back ends what was kept, too.
    if (kept !== undefined && nowMs < kept.untilMs && kept.untilMs <= nowMs + lifeMs)
      return kept.json;
    const summary = this.#parts.summary(query.span, query.narrowing, query.top);
    const json = JSON.stringify(summary ?? null);
    this.#kept.delete(key);
    this.#kept.set(key, { json, untilMs: nowMs + lifeMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > ANSWERS_MAX && oldest !== undefined) this.#kept.delete(oldest);
    return json;
  }
}
