import {
  bytesText,
  durationText,
  percentText,
  rateText,
  spanText,
  timeText,
  wholeText,
} from './units.ts';
import type { KeyRow, RouteRow, Rows, Summary } from './model.ts';

/**
 * A summary as one HTML file: no script, nothing foreign, and everything that clients wrote is text. It
 * opens from disk and prints well.
 */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or an attribute in quotes; control and direction marks are shown, not obeyed. */
export function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
      (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
    );
}

const STYLE = `:root{color-scheme:light dark;--line:#8884;--dim:#777}
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}
h1{font-size:1.3rem}h2{font-size:1.05rem;margin:2rem 0 .4rem}
dl{display:flex;flex-wrap:wrap;gap:1rem 2.5rem;margin:1rem 0}dt{color:var(--dim);font-size:.85rem}
dd{margin:0;font-size:1.35rem;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{padding:.22rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:16rem}
th{color:var(--dim);font-weight:500}meter{width:9rem}p{color:var(--dim)}`;

type Cell = string;
interface Head {
  readonly name: string;
  readonly cells: readonly Cell[];
}

export function summaryHtml(summary: Summary): string {
  const { origin, span, totals } = summary;
  const title = `${origin.names.join(', ')}: ${wholeText(totals.requests)} requests`;
  const when =
    totals.requests === 0
      ? 'No requests.'
      : `${timeText(span.fromS)} – ${timeText(span.untilS)} UTC (${spanText(span.untilS - span.fromS)})`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<h1>${escaped(origin.names.join(', '))}</h1>
<p>${escaped(when)}</p>
${figures(summary)}
${timeline(summary)}
${statuses(summary)}
${routes('Routes', summary.routes)}
${routes('Failing routes', summary.failingRoutes)}
${upstreams(summary)}
${keys('Not found', 'URL', summary.notFound)}
${keys('Clients', 'Address', summary.clients)}
${keys('URLs', 'URL', summary.urls)}
${keys('Referers', 'Referer', summary.referers)}
${keys('User agents', 'Agent', summary.userAgents)}
${gaps(summary)}
</html>
`;
}

function figures({ totals }: Summary): string {
  const { requests, classes, latency, clients, botShare, lines, traffic, perSecond } = totals;
  const share = (c: number) => percentText(requests === 0 ? 0 : (classes[c] ?? 0) / requests);
  const all: [string, string][] = [
    ['Requests', wholeText(requests)],
    ['Mean', rateText(perSecond)],
    ['4xx', share(3)],
    ['5xx', share(4)],
    ['Traffic', bytesText(traffic)],
  ];
  if (latency !== undefined) {
    all.push(['p50', durationText(latency.p50Ms)], ['p95', durationText(latency.p95Ms)]);
    all.push(['p99', durationText(latency.p99Ms)]);
  }
  if (clients !== undefined) all.push(['Clients', `≈ ${wholeText(clients.estimate)}`]);
  if (botShare !== undefined) all.push(['Bots', percentText(botShare)]);
  all.push(['Lines', wholeText(lines.read)], ['Unparsed', wholeText(lines.unparsed)]);
  const pairs = all.map(
    ([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`,
  );
  return `<dl>${pairs.join('')}</dl>`;
}

function timeline({ timeline: { stepS, steps } }: Summary): string {
  if (steps.length < 2) return '';
  const most = Math.max(...steps.map(({ requests }) => requests));
  return table('Timeline', [
    { name: 'When (UTC)', cells: steps.map(({ startS }) => escaped(timeText(startS, stepS))) },
    {
      name: '',
      cells: steps.map(({ requests }) => `<meter max="${most}" value="${requests}"></meter>`),
    },
    { name: 'Requests', cells: steps.map(({ requests }) => wholeText(requests)) },
    { name: '4xx', cells: steps.map(({ classes }) => wholeText(classes[3] ?? 0)) },
    { name: '5xx', cells: steps.map(({ classes }) => wholeText(classes[4] ?? 0)) },
    {
      name: 'p95',
      cells: steps.map(({ latency }) => (latency === undefined ? '' : durationText(latency.p95Ms))),
    },
    { name: 'Traffic', cells: steps.map(({ traffic }) => bytesText(traffic)) },
  ]);
}

function statuses({ statuses: rows }: Summary): string {
  return table('Statuses', [
    { name: 'Status', cells: rows.map(({ status }) => escaped(status)) },
    { name: 'Requests', cells: rows.map(({ requests }) => wholeText(requests)) },
    { name: '%', cells: rows.map(({ share }) => percentText(share)) },
    { name: 'Traffic', cells: rows.map(({ traffic }) => bytesText(traffic)) },
  ]);
}

function routes(title: string, { rows, more, accuracy }: Rows<RouteRow>): string {
  const ms = (of: 'p50Ms' | 'p95Ms' | 'maxMs') =>
    rows.map(({ latency }) => (latency === undefined ? '' : durationText(latency[of])));
  return table(
    title,
    [
      { name: 'Route', cells: rows.map(({ site, route }) => escaped(named(site, route))) },
      { name: 'Requests', cells: rows.map(({ requests }) => wholeText(requests)) },
      { name: '%', cells: rows.map(({ share }) => percentText(share)) },
      { name: '4xx', cells: rows.map(({ classes }) => wholeText(classes[3] ?? 0)) },
      { name: '5xx', cells: rows.map(({ classes }) => wholeText(classes[4] ?? 0)) },
      { name: 'p50', cells: ms('p50Ms') },
      { name: 'p95', cells: ms('p95Ms') },
      { name: 'max', cells: ms('maxMs') },
      { name: 'Traffic', cells: rows.map(({ traffic }) => bytesText(traffic)) },
    ],
    note(more, accuracy),
  );
}

function upstreams({ upstreams: { rows, more, accuracy } }: Summary): string {
  const ms = (of: 'p50Ms' | 'p95Ms') =>
    rows.map(({ latency }) => (latency === undefined ? '' : durationText(latency[of])));
  return table(
    'Upstreams',
    [
      { name: 'Upstream', cells: rows.map(({ upstream }) => escaped(upstream)) },
      { name: 'Requests', cells: rows.map(({ requests }) => wholeText(requests)) },
      { name: '%', cells: rows.map(({ share }) => percentText(share)) },
      { name: '5xx', cells: rows.map(({ failures }) => wholeText(failures)) },
      { name: 'Retries', cells: rows.map(({ retries }) => wholeText(retries)) },
      { name: 'p50', cells: ms('p50Ms') },
      { name: 'p95', cells: ms('p95Ms') },
    ],
    note(more, accuracy),
  );
}

function keys(title: string, head: string, { rows, more, accuracy }: Rows<KeyRow>): string {
  return table(
    title,
    [
      { name: head, cells: rows.map(({ site, key }) => escaped(named(site, key))) },
      { name: 'Requests', cells: rows.map(({ requests }) => wholeText(requests)) },
      { name: '%', cells: rows.map(({ share }) => percentText(share)) },
      { name: 'Errors', cells: rows.map(({ errors }) => wholeText(errors)) },
      { name: 'Traffic', cells: rows.map(({ traffic }) => bytesText(traffic)) },
    ],
    note(more, accuracy),
  );
}

function named(site: string, text: string): string {
  return site === '-' ? text : `${site} ${text}`;
}

function note(more: number, accuracy: Rows<unknown>['accuracy']): string {
  const rest = more > 0 ? `${wholeText(more)} more. ` : '';
  if (accuracy === 'exact') return rest;
  if (accuracy === 'at-least') return `${rest}Counts are at least these.`;
  return `${rest}A count may be too great by ${wholeText(accuracy.tooGreatBy)} at most.`;
}

function gaps({ gaps: { unparsed, example, lacks } }: Summary): string {
  const parts: string[] = [];
  if (unparsed.length > 0) {
    const reasons = unparsed.map(({ reason, lines }) => `${reason} ${wholeText(lines)}`);
    parts.push(`Unparsed lines by reason: ${reasons.join(', ')}.`);
    if (example !== undefined) parts.push(`For example: ${example}`);
  }
  if (lacks.length > 0) {
    const wanted = lacks.map(({ variable, adds }) => `$${variable} (${adds})`);
    parts.push(`The log lacks ${wanted.join(', ')}.`);
  }
  return parts.map((text) => `<p>${escaped(text)}</p>`).join('\n');
}

/** Cells are HTML already. A column without content is left out, and a table without rows too. */
function table(title: string, columns: readonly Head[], below = ''): string {
  const [first] = columns;
  if (first === undefined || first.cells.length === 0) return '';
  const shown = columns.filter(({ cells }) => cells.some((cell) => cell !== ''));
  const heads = shown.map(({ name }) => `<th scope="col">${escaped(name)}</th>`).join('');
  const rows = first.cells.map(
    (_, i) => `<tr>${shown.map(({ cells }) => `<td>${cells[i] ?? ''}</td>`).join('')}</tr>`,
  );
  const end = below === '' ? '' : `\n<p>${escaped(below)}</p>`;
  return `<h2>${escaped(title)}</h2>\n<div class="wide"><table><thead><tr>${heads}</tr></thead>\n<tbody>${rows.join('\n')}</tbody></table></div>${end}`;
}
