import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { PROJECT_ROOT } from '../support/project.ts';

/** Files that only the place of a repository reads: a mistake in them is seen by nobody for months. */

const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), 'utf8');

test('the workflow runs .ci/run and nothing else, with time enough', () => {
  const { jobs } = parse(read('.github/workflows/ci.yml')) as {
    jobs: Record<string, { steps: { run?: string }[]; 'timeout-minutes': number }>;
  };
  const [job, ...others] = Object.values(jobs);
  assert.deepEqual(others, []);
  const commands = job?.steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
  assert.deepEqual(commands, ['bash .ci/run']);
  assert.ok((job?.['timeout-minutes'] ?? 0) >= 20);
});

const FOLDER = '.github/ISSUE_TEMPLATE';

for (const file of readdirSync(join(PROJECT_ROOT, FOLDER)).filter(
  (name) => name !== 'config.yml',
)) {
  test(`the form ${file} has what a form needs, and asks what it needs to know`, () => {
    const form = parse(read(join(FOLDER, file))) as {
      name: string;
      description: string;
      body: {
        type: string;
        id?: string;
        attributes: { label?: string; options?: string[] };
        validations?: { required: boolean };
      }[];
    };
    assert.ok(form.name !== '' && form.description !== '');
    const questions = form.body.filter(({ type }) => type !== 'markdown');
    for (const { type, id, attributes } of questions) {
      assert.match(type, /^(input|textarea|dropdown)$/);
      assert.match(id ?? '', /^[a-z-]+$/);
      assert.notEqual(attributes.label ?? '', '');
      assert.equal(type === 'dropdown', attributes.options !== undefined);
    }
    assert.equal(new Set(questions.map(({ id }) => id)).size, questions.length);
    assert.ok(questions.some(({ validations }) => validations?.required === true));
  });
}

test('pages and commands that the forms name are there', () => {
  const text = readdirSync(join(PROJECT_ROOT, FOLDER))
    .map((file) => read(join(FOLDER, file)))
    .join('\n');
  const pages = [...text.matchAll(/`(docs\/[^`]+)`/g)].map(([, page]) => page ?? '');
  assert.ok(pages.length > 0);
  for (const page of pages) assert.ok(existsSync(join(PROJECT_ROOT, page)), page);
});

test('Renovate pins images by digest', () => {
  const { extends: presets } = JSON.parse(read('renovate.json')) as { extends: string[] };
  assert.ok(presets.includes('docker:pinDigests'));
});
