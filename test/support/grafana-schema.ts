import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type SchemaObject, type ValidateFunction } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';
import type { Json } from './committed-dashboards.ts';
import { PROJECT_ROOT } from './project.ts';

/**
 * There is no official JSON Schema of Grafana's classic dashboard, so one is made from the types that
 * Grafana publishes. They are imported by path: the package's `exports` hides the types of the panels,
 * and by name they would silently be `any`.
 */
const TYPES = join(PROJECT_ROOT, 'node_modules/@grafana/schema/dist/types');

/** Panel types with options and field options of their own. */
export const PANEL_TYPES = ['stat', 'timeseries', 'state-timeline', 'table', 'heatmap'] as const;
export type PanelType = (typeof PANEL_TYPES)[number];
/** A stat has no field options of its own. */
const WITHOUT_FIELD_OPTIONS = new Set<PanelType>(['stat']);

/** `state-timeline` is `statetimeline` there. */
function typeName(type: PanelType): string {
  return type.replace('-', '');
}

function source(): string {
  const panels = PANEL_TYPES.flatMap((type) => {
    const name = typeName(type);
    return [
      `import type * as ${name} from '${TYPES}/raw/composable/${name}/panelcfg/x/types.gen';`,
      `export type Options_${name} = ${name}.Options;`,
      ...(WITHOUT_FIELD_OPTIONS.has(type)
        ? []
        : [`export type Fields_${name} = ${name}.FieldConfig;`]),
    ];
  });
  return [
    `import type { Dashboard } from '${TYPES}/veneer/dashboard.types';`,
    'export type Board = Dashboard;',
    ...panels,
    '',
  ].join('\n');
}

export interface GrafanaSchema {
  readonly dashboard: ValidateFunction;
  readonly options: (type: PanelType) => ValidateFunction;
  /** Undefined where the panel has no field options of its own. */
  readonly fields: (type: PanelType) => ValidateFunction | undefined;
  /** Length of the schema as text: a type that was not found becomes `any` and leaves it short. */
  readonly sizeBytes: number;
}

/** Takes some seconds: it reads all of Grafana's types. `folder` gets two files. */
export function grafanaSchema(folder: string): GrafanaSchema {
  const path = join(folder, 'types.ts');
  writeFileSync(path, source());
  const generator = createGenerator({
    path,
    tsconfig: tsconfigIn(folder),
    // Grafana has several types of one name; only the roots are named, the rest stands inside them.
    expose: 'none',
    topRef: false,
    jsDoc: 'none',
    skipTypeCheck: true,
    additionalProperties: false,
  });
  const ajv = new Ajv({ strict: false, allErrors: true });
  let sizeBytes = 0;
  const of = (name: string, change?: (schema: unknown) => void) => {
    const schema = generator.createSchema(name);
    change?.(schema);
    sizeBytes += JSON.stringify(schema).length;
    return ajv.compile({ ...schema } as SchemaObject);
  };
  const dashboard = of('Board', allowUnpublishedKeys);
  const options = new Map(PANEL_TYPES.map((type) => [type, of(`Options_${typeName(type)}`)]));
  const fields = new Map(
    PANEL_TYPES.filter((type) => !WITHOUT_FIELD_OPTIONS.has(type)).map((type) => [
      type,
      of(`Fields_${typeName(type)}`),
    ]),
  );
  return {
    dashboard,
    options: (type) => options.get(type)!,
    fields: (type) => fields.get(type),
    sizeBytes,
  };
}

/**
 * Keys that Grafana writes and reads, and that its types of the classic model lack: `definition` and
 * `auto…` of a variable; `mappings` of an annotation and `fieldMinMax` of a field, which the types of its
 * newer model have. The target of an annotation is a query of the plugin's own, as those of panels are.
 */
function allowUnpublishedKeys(schema: unknown): void {
  const board = (schema as Json).properties;
  const variable = board.templating.properties.list.items.properties;
  variable.definition = { type: 'string' };
  variable.auto = { type: 'boolean' };
  variable.auto_count = { type: 'number' };
  variable.auto_min = { type: 'string' };
  const annotation = board.annotations.properties.list.items.properties;
  annotation.target.additionalProperties = true;
  annotation.mappings = { type: 'object' };
  allowFieldMinMax(schema as Json);
}

function allowFieldMinMax(part: Json): void {
  if (typeof part !== 'object' || part === null) return;
  if (part.properties?.noValue !== undefined) part.properties.fieldMinMax = { type: 'boolean' };
  for (const inner of Object.values(part)) allowFieldMinMax(inner);
}

function tsconfigIn(folder: string): string {
  const path = join(folder, 'tsconfig.json');
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2022',
    types: [],
    noEmit: true,
  };
  writeFileSync(path, JSON.stringify({ compilerOptions, files: ['types.ts'] }));
  return path;
}
