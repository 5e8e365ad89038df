import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, parseCommandLine } from '../../../src/cli/command-line.ts';
import { UsageError } from '../../../src/cli/option-values.ts';

const BACKFILL = {
  name: 'backfill',
  stdout: false,
  json: false,
  maxUnparsed: undefined,
  retryForMs: undefined,
  fromS: undefined,
  toS: undefined,
} as const;

const understood: readonly (readonly [string, Command])[] = [
  ['', { name: 'run' }],
  ['run', { name: 'run' }],
  ['--help', { name: 'help', about: undefined }],
  ['-h', { name: 'help', about: undefined }],
  ['help', { name: 'help', about: undefined }],
  ['help backfill', { name: 'help', about: 'backfill' }],
  ['check --help', { name: 'help', about: 'check' }],
  ['--help check', { name: 'help', about: 'check' }],
  ['--version', { name: 'version' }],
  ['-V', { name: 'version' }],
  ['-v', { name: 'version' }],
  ['version', { name: 'version' }],
  ['check -v', { name: 'version' }],
  ['help settings', { name: 'help', about: 'settings' }],
  ['completion fish', { name: 'completion', shell: 'fish' }],
  ['check --json --offline', { name: 'check', file: undefined, json: true, isOffline: true }],
  ['backfill -', { ...BACKFILL, files: ['-'] }],
  [
    'backfill shop=a --json --max-unparsed 2.5% --retry-for 30s',
    { ...BACKFILL, files: ['shop=a'], json: true, maxUnparsed: 0.025, retryForMs: 30_000 },
  ],
  ['backfill a --max-unparsed 0.5', { ...BACKFILL, files: ['a'], maxUnparsed: 0.5 }],
  ['check', { name: 'check', file: undefined, json: false, isOffline: false }],
  ['check a.log', { name: 'check', file: 'a.log', json: false, isOffline: false }],
  ['check -- --odd.log', { name: 'check', file: '--odd.log', json: false, isOffline: false }],
  ['healthcheck', { name: 'healthcheck' }],
  ['demo', { name: 'demo', seconds: undefined, requestsPerSecond: 120, seed: 1, write: false }],
  [
    'demo --seconds 5 --rate=900 --seed 0 --write',
    { name: 'demo', seconds: 5, requestsPerSecond: 900, seed: 0, write: true },
  ],
  [
    'backfill a b.gz --stdout --from 2026-11-22 --to 2026-11-22T10:00:00+01:00',
    {
      ...BACKFILL,
      files: ['a', 'b.gz'],
      stdout: true,
      fromS: 1_795_305_600,
      toS: 1_795_338_000,
    },
  ],
  ['backfill a --from 1795305600', { ...BACKFILL, files: ['a'], fromS: 1_795_305_600 }],
  ['--stdout backfill a', { ...BACKFILL, files: ['a'], stdout: true }],
  ['backfill a --to 2026-11-22T10:30', { ...BACKFILL, files: ['a'], toS: 1_795_343_400 }],
];
for (const [words, command] of understood) {
  test(`nginx-meter ${words}`, () => {
    assert.deepEqual(parseCommandLine(words.split(' ').filter((word) => word !== '')), command);
  });
}

const refused: readonly (readonly [string, RegExp])[] = [
  ['bakfill', /"bakfill" is not a command\. Did you mean backfill\?/],
  ['healtcheck', /Did you mean healthcheck\?/],
  ['frobnicate', /The commands are run, report, backfill, check, routes, demo, healthcheck/],
  [
    'access.log',
    /"access\.log" is a file, not a command\. Write nginx-meter report access\.log to see/,
  ],
  ['help chek', /no help about "chek"\. Did you mean nginx-meter help check\?/],
  ['--stduot a.log', /--stduot is not an option of nginx-meter\. Did you mean --stdout\?/],
  ['--from 2026-11-22 backfill a', /--from is an option of backfill and goes after that word/],
  ['completion', /completion needs a shell: bash, zsh, fish/],
  ['completion tcsh', /"tcsh" is not a shell that it knows/],
  ['backfill a --stdout --json', /both write to standard output/],
  ['backfill a --max-unparsed 200%', /--max-unparsed 200% is not a part of the lines/],
  ['backfill a --retry-for 10', /--retry-for 10 is not a duration\. Write 30s, 2m or 1h/],
  ['--hlep', /--hlep is not an option of nginx-meter\. Did you mean --help\?/],
  ['-x', /-x is not an option/],
  [
    'check --stdout a',
    /--stdout is not an option of nginx-meter check\. See nginx-meter check --help/,
  ],
  ['backfill --stdotu a', /Did you mean --stdout\?/],
  ['backfill', /needs at least one FILE/],
  ['backfill a --from', /--from needs a value/],
  ['backfill a --from yesterday', /--from yesterday is not a time\. Write 2026-11-22/],
  ['backfill a --from 2026-13-01', /is not a time/],
  ['backfill a --from 2026-11-22 --to 2026-11-22', /--from is not before --to/],
  ['backfill a --stdout=yes', /--stdout takes no value/],
  ['check a b', /"b" is one word too many; see nginx-meter check --help/],
  ['healthcheck now', /one word too many/],
  ['demo --seconds 0', /not a whole number from 1 to 86400/],
  ['demo --rate 1e3', /--rate 1e3 is not a whole number/],
];
for (const [words, message] of refused) {
  test(`nginx-meter ${words} is refused`, () => {
    assert.throws(
      () => parseCommandLine(words.split(' ')),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test('escape sequences in a word are shown as text', () => {
  assert.throws(() => parseCommandLine(['\u001b[2Jx']), /"\\x1b\[2Jx" is not a command/);
});
