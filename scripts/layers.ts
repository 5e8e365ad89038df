/**
 * The rooms of src/ in the order in which a line flows, and what each may import. The lint
 * configuration builds its rules from this table, and test/contract/layering.test.ts plants wrong
 * imports to see them refused.
 *
 * A room imports itself, the rooms left of it, src/clock.ts and src/version.ts. Within a room, a child imports the
 * loose files of its room and the children left of it. A seam is the types by which other rooms know
 * a room: it imports no child, so that whoever needs the types does not take the parts along.
 */

export interface Room {
  readonly name: string;
  /** Folders of the room, in their order. */
  readonly children?: readonly string[];
  /** Loose files of the room that import none of its children, without `.ts`. */
  readonly seam?: readonly string[];
  /** Packages that the room and its children may import. */
  readonly packages?: readonly string[];
}

export const ROOMS: readonly Room[] = [
  { name: 'text' },
  { name: 'notice', packages: ['pino', 'pino-pretty'] },
  { name: 'wasm' },
  {
    name: 'source',
    children: ['disk', 'rotation', 'file', 'finished', 'stdin', 'syslog'],
    seam: ['line-source', 'line-batch'],
    packages: ['chokidar'],
  },
  {
    name: 'parse',
    children: ['format', 'line', 'wrapped', 'json', 'advice'],
    seam: ['line-parser', 'record-batch'],
  },
  { name: 'request', children: ['keys', 'route', 'client'] },
  { name: 'aggregate', children: ['sketch', 'time', 'dimension', 'site'], seam: ['sealed-window'] },
  { name: 'points' },
  { name: 'state' },
  { name: 'spool' },
  {
    name: 'deliver',
    children: ['line-protocol', 'file', 'influx'],
    seam: ['target'],
    packages: ['undici'],
  },
  { name: 'pipeline', children: ['backfill'] },
  { name: 'config', packages: ['dotenv', 'zod'] },
  { name: 'nginx', children: ['conf'] },
  { name: 'geoip', packages: ['mmdb-lib'] },
  { name: 'summary' },
  { name: 'history' },
  { name: 'status', packages: ['hono', '@hono/node-server', '@prometheus-io/client'] },
  { name: 'page', packages: ['uplot'] },
  { name: 'app', packages: ['isbot'] },
  {
    name: 'cli',
    children: ['terminal', 'check', 'demo', 'backfill'],
    packages: ['pino', 'close-with-grace'],
  },
];

/** The rooms that know neither the wall clock nor the process; the others put them together. */
export const STAGES = ROOMS.map(({ name }) => name).filter(
  (name) => !['notice', 'config', 'page', 'app', 'cli'].includes(name),
);

interface Override {
  readonly files: readonly string[];
  readonly rules: Readonly<Record<string, unknown>>;
}

/** Ways to another room that look like ways within one. */
const DETOURS = ['./../**', '**/[a-z]*/../**'];

/**
 * The rules that hold the table. One `**` with negations is a list of what is allowed, everything
 * else is refused. There is one pattern entry a rule: in oxlint a negation that matches in one entry
 * lets the import pass in all of them.
 */
export function layerRules(): Override[] {
  return ROOMS.flatMap((room, index) => {
    const left = ROOMS.slice(0, index).map(({ name }) => name);
    const rule = (files: readonly string[], allowed: readonly string[]): Override => ({
      files,
      rules: { 'no-restricted-imports': restriction(room, allowed) },
    });
    const up = (path: string) => [
      `!${path}clock.ts`,
      `!${path}version.ts`,
      ...left.map((name) => `!${path}${name}/**`),
    ];
    const children = room.children ?? [];
    return [
      rule([`src/${room.name}/*.ts`], ['!./**', ...up('../')]),
      ...(room.seam ?? []).map((name) =>
        rule([`src/${room.name}/${name}.ts`], ['!./*', ...up('../')]),
      ),
      ...children.map((child, at) =>
        rule(
          [`src/${room.name}/${child}/**`],
          [
            '!./**',
            '!../*.ts',
            ...children.slice(0, at).map((other) => `!../${other}/**`),
            ...up('../../'),
          ],
        ),
      ),
    ];
  });
}

function restriction(room: Room, allowed: readonly string[]): unknown {
  const packages = (room.packages ?? []).flatMap((name) => [`!${name}`, `!${name}/*`]);
  const process = 'Use the global process; its environment is read in src/config/config.ts alone.';
  return [
    'error',
    {
      paths: [
        { name: 'node:module', message: 'No way around the layering.' },
        { name: 'node:process', message: process },
      ],
      patterns: [
        {
          group: ['**', '!node:*', '!node:*/*', ...packages, ...allowed, ...DETOURS],
          message: `scripts/layers.ts says what ${room.name} may import: itself and what is left of it.`,
        },
      ],
    },
  ];
}
