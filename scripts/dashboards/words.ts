/** The words of panels and alert rules, which stand in Markdown tables beside the code. */
import { readFileSync } from 'node:fs';

/** The cells of every row by the first of them, of all tables of a file. */
function readTables(name: string): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (?<cells>.+) \|$/gm)].map(
    (match) => match.groups?.['cells']?.split(' | ') ?? [],
  );
  const byKey = new Map<string, readonly string[]>();
  for (const [key = '', ...cells] of rows) {
    if (byKey.has(key) && key !== rows[0]?.[0]) throw new Error(`${name} has two rows ${key}`);
    byKey.set(key, cells);
  }
  return byKey;
}

const PANELS = readTables('panels.md');
const ALERTS = readTables('alerts.md');

function cellsOf(tables: ReadonlyMap<string, readonly string[]>, key: string, count: number) {
  const cells = tables.get(key);
  if (cells?.length !== count) throw new Error(`no row of ${count} cells says what ${key} is`);
  return cells;
}

export function panelWords(id: number) {
  const [title = '', unit = '', description = ''] = cellsOf(PANELS, String(id), 3);
  return { title, unit, description };
}

export function alertWords(uid: string) {
  const cells = cellsOf(ALERTS, uid, 8);
  const [title = '', severity = '', condition = '', time = '', panel = '', link = ''] = cells;
  const [summary = '', description = ''] = cells.slice(6);
  const [, equation = '', above] = /^`(.+) > ([\d.]+)`$/.exec(condition) ?? [];
  const [dashboardUid = '', panelId] = panel.split(' ');
  const [linkUid = '', ...labels] = link.split(' ');
  return {
    title,
    severity,
    equation,
    above: Number(above),
    for: time,
    panel: { dashboardUid, panelId: Number(panelId) },
    link: { dashboardUid: linkUid, labels },
    summary,
    description,
  };
}
