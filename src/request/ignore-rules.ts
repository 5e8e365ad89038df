/**
 * Requests to leave out (health checks and the like), by path, agent or status. Their lines count
 * as filtered.
 *
 * A rule is `/healthz` or any pattern of path-rule.ts, `agent:kube-probe` (found anywhere in the
 * agent, letters of either case), `status:204` or `status:3xx` (of the classes 1xx to 5xx).
 */
import { readPathRule, RuleError, type PathRule } from './route/path-rule.ts';

const STATUSES = 1000;

export interface IgnoreRules {
  readonly paths: readonly PathRule[];
  /** Lower case. */
  readonly agents: readonly string[];
  /** 1 at each status that is ignored. */
  readonly statuses: Uint8Array;
}

/** Whether anything is to be ignored. */
export function hasRules({ paths, agents, statuses }: IgnoreRules): boolean {
  return paths.length + agents.length > 0 || statuses.includes(1);
}

/** Throws RuleError. */
export function readIgnoreRules(texts: readonly string[]): IgnoreRules {
  const paths: PathRule[] = [];
  const agents: string[] = [];
  const statuses = new Uint8Array(STATUSES);
  for (const text of texts) {
    const [, kind, value = ''] = /^(agent|status|path):(.*)$/u.exec(text) ?? [];
    if (kind === 'agent' && value !== '') agents.push(value.toLowerCase());
    else if (kind === 'status') markStatuses(text, value, statuses);
    else if (kind === 'path') paths.push(readPathRule(value));
    else if (kind === undefined && text.startsWith('/')) paths.push(readPathRule(text));
    else {
      throw new RuleError(
        `${JSON.stringify(text)} is not a rule. Write /healthz, agent:kube-probe or status:204.`,
      );
    }
  }
  return { paths, agents, statuses };
}

function markStatuses(text: string, value: string, statuses: Uint8Array): void {
  // A server may answer with any number, but there are no more than five classes.
  if (!/^(?:[1-9]\d\d|[1-5]xx)$/u.test(value)) {
    throw new RuleError(
      `The rule ${JSON.stringify(text)} has no status. Write status:204 or status:3xx.`,
    );
  }
  const isClass = value.endsWith('xx');
  const from = Number(isClass ? `${value[0]}00` : value);
  statuses.fill(1, from, isClass ? from + 100 : from + 1);
}
