import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { panelsOf } from '../../scripts/dashboard-lint/lint.ts';
import { committedDashboards, type Json } from '../support/committed-dashboards.ts';
import {
  grafanaSchema,
  type GrafanaSchema,
  PANEL_TYPES,
  type PanelType,
} from '../support/grafana-schema.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let schema: GrafanaSchema;

before(() => {
  const folder = mkdtempSync(join(tmpdir(), 'grafana-schema-'));
  try {
    schema = grafanaSchema(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What the schema says against a dashboard, one text for each fault. */
function faults(dashboard: unknown): string[] {
  const found: string[] = [];
  const say = (where: string, errors: GrafanaSchema['dashboard']['errors']) =>
    found.push(
      ...(errors ?? []).map(
        (error) => `${where}${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
      ),
    );
  if (!schema.dashboard(dashboard)) say('', schema.dashboard.errors);
  for (const panel of panelsOf(dashboard as Parameters<typeof panelsOf>[0])) {
    const type = panel.type as PanelType;
    if (!PANEL_TYPES.includes(type)) {
      found.push(`no types for a panel of the type ${type}`);
      continue;
    }
    const { options } = panel as { options?: unknown };
    const validateOptions = schema.options(type);
    if (!validateOptions(options)) say(`${panel.title} options`, validateOptions.errors);
    const custom = (panel.fieldConfig?.defaults as { custom?: unknown } | undefined)?.custom ?? {};
    const validateFields = schema.fields(type);
    if (validateFields !== undefined && !validateFields(custom))
      say(`${panel.title} custom`, validateFields.errors);
  }
  return found;
}

test('every dashboard, with the options of every panel, fits the types that Grafana publishes', () => {
  for (const dashboard of committedDashboards())
    assert.deepEqual(faults(dashboard), [], dashboard.title);
});

test('the types were found: a schema of any would be short', () => {
  assert.ok(schema.sizeBytes > 30_000, `${schema.sizeBytes} bytes`);
});

function timeSeriesOf(board: Json): Json {
  return panelsOf(board).find((panel) => panel.type === 'timeseries');
}

const PLANTED: Readonly<Record<string, (board: Json) => void>> = {
  'a key that dashboards do not have': (board) => (board.rows = []),
  'a key that panels do not have': (board) => (board.panels[1].aliasColors = {}),
  'a title that is no text': (board) => (board.panels[1].title = 7),
  'an option that stats do not have': (board) => (board.panels[1].options.sparkline = true),
  'a colour mode that does not exist': (board) => (board.panels[1].options.colorMode = 'valu'),
  'a missing option of a time series': (board) => delete timeSeriesOf(board).options.tooltip,
  'a draw style that does not exist': (board) =>
    (timeSeriesOf(board).fieldConfig.defaults.custom.drawStyle = 'linee'),
  'a data source as text': (board) => (board.panels[1].datasource = 'InfluxDB'),
  'a variable of an unknown type': (board) => (board.templating.list[0].type = 'querry'),
  'a grid position without a width': (board) => delete board.panels[1].gridPos.w,
};

for (const [name, plant] of Object.entries(PLANTED))
  test(`the types object to ${name}`, () => {
    const [board] = committedDashboards().filter(({ uid }) => uid === 'nginx-overview');
    assert.deepEqual(faults(board), []);
    plant(board);
    assert.notDeepEqual(faults(board), []);
  });
