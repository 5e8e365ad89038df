/** Rules on InfluxQL in dashboards; the traps were seen in Grafana's front end or on InfluxDB 1.6. */
export interface LintVariable {
  readonly name: string;
  readonly type: string;
  readonly regex?: string;
  readonly auto_count?: number;
  readonly auto_min?: string;
  /** True for one that links need not carry. */
  readonly skipUrlSync?: boolean;
  readonly includeAll?: boolean;
  readonly multi?: boolean;
  readonly query?: string;
  readonly datasource?: { readonly uid: string };
}

/**
 * Known to Grafana for InfluxDB. `timeFilter` is the back end's, the others the front end's. `__range` and
 * its like are made by the data sources of Prometheus and Loki alone; InfluxDB gets their names as they are.
 */
const BUILT_IN = new Set(['timeFilter', '__interval', '__interval_ms', '__from', '__to']);

const USE = /\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\]/g;

/** Names of variables of the dashboard, as the text uses them. */
export function usedVariables(text: string): string[] {
  const names = [...text.matchAll(USE)].map(([, braced, bare, old]) => braced ?? bare ?? old ?? '');
  return [...new Set(names)].filter((name) => name !== '' && !BUILT_IN.has(name));
}

/** Bare names that stand between two slashes of one line: Grafana takes them for part of a regex. */
function escapedByAccident(query: string, variables: readonly LintVariable[]): string[] {
  const alwaysEscaped = new Set(
    variables
      .filter(({ multi, includeAll }) => multi === true || includeAll === true)
      .map(({ name }) => name),
  );
  return query
    .split('\n')
    .flatMap((line) =>
      [...line.matchAll(/\$(\w+)/g)]
        .filter(
          ({ 1: name = '', index }) =>
            name !== 'timeFilter' &&
            !alwaysEscaped.has(name) &&
            line.slice(0, index).includes('/') &&
            line.slice(index).includes('/'),
        )
        .map(({ 1: name = '' }) => name),
    );
}

export function lintQuery(
  query: string,
  variables: readonly LintVariable[],
): [rule: string, what: string][] {
  const found: [string, string][] = [];
  if (query.trim() === '') return [['query-set', 'a query is empty']];
  for (const name of escapedByAccident(query, variables))
    found.push(['slash-trap', `$${name} stands between slashes; write \${${name}}`]);
  for (const name of usedVariables(query)) {
    const variable = variables.find((one) => one.name === name);
    if (variable === undefined) {
      found.push(['variables-defined', `uses $${name}, which there is not`]);
    } else if (variable.includeAll === true && !onlyInRegex(query, name)) {
      found.push([
        'all-in-regex',
        `$${name} may be All or several and must stand in =~ /^$${name}$/`,
      ]);
    }
  }
  // Of what is drawn. A gap must be a gap, and the newest bucket must not draw a cliff to zero.
  if (query.endsWith('fill(0)')) found.push(['no-fill-zero', 'fills with zeros; use null or none']);
  // In a subquery an integer divided by an integer is cut off.
  if (/(?<!\.0\*)(?<![\w")])sum\("\w+"\)\/(?:sum|count)\(/.test(query))
    found.push(['float-division', 'divides integers; begin with 1.0*']);
  // InfluxDB gives the point's time instead of the value, without a word.
  if (/ AS "time"/.test(query)) found.push(['no-time-alias', 'calls a column time']);
  if (/mean\("(?:rt_)?p\d+"\)/.test(query))
    found.push(['mean-of-percentiles', 'averages percentiles; merge their bins']);
  if (!/\$timeFilter|\btime\s*[<>]/.test(query)) found.push(['time-bound', 'has no limit in time']);
  return found;
}

function onlyInRegex(query: string, name: string): boolean {
  const all = query.split(new RegExp(`\\$(?:\\{${name}(?::\\w+)?\\}|${name}\\b)`)).length - 1;
  return all === query.split(`=~ /^$${name}$/`).length - 1;
}
