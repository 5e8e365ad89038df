import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generatedFiles } from '../../scripts/dashboards/generated-files.ts';
import { panelsOf } from '../../scripts/dashboard-lint/lint.ts';
import { committedAlertRules, committedDashboards } from '../support/committed-dashboards.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';

test('the committed dashboards, alert rules and rollups are what npm run dashboards writes', () => {
  for (const [name, text] of generatedFiles()) {
    const committed = readFileSync(join(PROJECT_ROOT, name), 'utf8');
    assert.ok(committed === text, `${name} differs: run npm run dashboards and commit the result`);
  }
});

test('no dashboard lies in the folder that the code does not write', () => {
  const committed = readdirSync(join(PROJECT_ROOT, 'grafana/dashboards')).map(
    (name) => `grafana/dashboards/${name}`,
  );
  const generated = [...generatedFiles().keys()].filter((name) =>
    name.startsWith('grafana/dashboards/'),
  );
  assert.deepEqual(committed.sort(), generated.sort());
});

test('every row of the tables of words is of a panel, or of a rule', () => {
  const rowsOf = (name: string) =>
    [
      ...readFileSync(join(PROJECT_ROOT, 'scripts/dashboards', name), 'utf8').matchAll(
        /^\| ([\w-]+) \|/gm,
      ),
    ]
      .map(([, key]) => String(key))
      .filter((key) => key !== 'panel' && key !== 'rule');
  const ids = committedDashboards().flatMap((board) => panelsOf(board).map(({ id }) => String(id)));
  assert.deepEqual(rowsOf('panels.md').toSorted(), ids.toSorted());
  const uids = committedAlertRules().map(({ uid }) => uid);
  assert.deepEqual(rowsOf('alerts.md').toSorted(), uids.toSorted());
});

test('the check that CI runs says yes', async () => {
  const result = await runCommand([process.execPath, 'scripts/dashboards.ts', '--check'], {
    cwd: PROJECT_ROOT,
  });
  assert.equal(result.code, 0, result.output);
});
