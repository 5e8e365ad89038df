import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temp-folder.ts';

/**
 * The scripts of the stack with InfluxDB 2 against stand-ins of its programs, which keep what they are
 * told in files. `KILL_AT` kills the script when so many calls have been made, before or after the call
 * has had its effect.
 */
const COMMON = `#!/bin/bash
echo call >>calls
calls=$(wc -l <calls)
# The last influxd has taken the place of the script.
script=$([ "$(basename "$0")$*" = influxd ] && echo $$ || echo "$PPID")
die_if_due() { [ "\${KILL_AT:-}" != "$calls-$1" ] || { kill -KILL "$script"; exit 1; }; }
`;

/** Its folder is the data; it is set up once `influx setup` has written into it. */
const INFLUXD = `${COMMON}
state=open
[ "$(cat "$INFLUXD_BOLT_PATH" 2>/dev/null)" != ready ] || state=ready
echo "\${*:-everybody} $state" >>starts
die_if_due before
[ -e "$INFLUXD_BOLT_PATH" ] || echo open >"$INFLUXD_BOLT_PATH"
mkdir -p "$INFLUXD_ENGINE_PATH"
die_if_due after
[ $# -gt 0 ] || exit 0
trap 'exit 0' TERM
# Ends with the script, and not after a time.
while kill -0 "$PPID" 2>/dev/null; do sleep 0.02; done
`;

const INFLUX = `${COMMON}
die_if_due before
case "$*" in
  ping*) [ -e "$INFLUXD_BOLT_PATH" ] || exit 1 ;;
  setup*)
    [ "$(cat "$INFLUXD_BOLT_PATH")" = open ] || { echo 'instance has already been set up' >&2; exit 1; }
    echo ready >"$INFLUXD_BOLT_PATH" ;;
  'bucket list'*) printf '00bucket00\\tnginx\\t8736h0m0s\\n' ;;
  'v1 dbrp list'*)
    grep -s " $7 " mappings || true
    # Slowly: whoever has left by now ends this program by a signal.
    sleep 0.01
    echo; echo 'VIRTUAL DBRP MAPPINGS (READ-ONLY)'; echo '----'
    echo '00bucket00 nginx 00bucket00 autogen true' ;;
  'v1 dbrp create'*)
    ! grep -qs " $7 " mappings || { echo 'dbrp already exists' >&2; exit 1; }
    echo "id $5 $9 $7 \${10:-} ." >>mappings ;;
  'v1 auth list'*)
    cat users 2>/dev/null || true
    sleep 0.01
    echo 'id another' ;;
  'v1 auth create'*)
    ! grep -qs "$5" users || { echo 'authorization already exists' >&2; exit 1; }
    echo "id $5 $7" >>users ;;
  'v1 auth set-password'*) echo "$5 $7" >>passwords ;;
  *) echo "unknown: $*" >&2; exit 1 ;;
esac
die_if_due after
`;

interface Place {
  readonly dir: string;
  run(script: string, killAt?: string): ReturnType<typeof runCommand>;
  text(name: string): string;
}

function placeOf(t: TestContext): Place {
  const dir = temporaryFolder(t);
  const bin = join(dir, 'bin');
  for (const folder of ['bin', 'secrets', 'data']) mkdirSync(join(dir, folder));
  writeFileSync(join(bin, 'influxd'), INFLUXD, { mode: 0o755 });
  writeFileSync(join(bin, 'influx'), INFLUX, { mode: 0o755 });
  for (const name of ['admin-password', 'admin-token', 'write-password', 'read-password'])
    writeFileSync(join(dir, 'secrets', name), `${name}-text`);
  const env = {
    PATH: `${bin}:${process.execPath.replace(/\/[^/]*$/, '')}:/usr/bin:/bin`,
    SECRETS: join(dir, 'secrets'),
    DATA: join(dir, 'data'),
  };
  return {
    dir,
    run: (script, killAt = '') => {
      writeFileSync(join(dir, 'calls'), '');
      const argv = ['bash', join(PROJECT_ROOT, 'compose', script)];
      return runCommand(argv, { cwd: dir, env: { ...env, KILL_AT: killAt }, timeoutMs: 30_000 });
    },
    text: (name) => readFileSync(join(dir, name), 'utf8'),
  };
}

test('a first start killed at any moment is completed by the next, and nobody else gets in', async (t) => {
  const whole = placeOf(t);
  assert.equal((await whole.run('influxdb2.sh')).code, 0);
  const calls = whole.text('calls').split('\n').length - 1;
  assert.ok(calls >= 4, `${calls} calls`);
  for (let call = 1; call <= calls; call++)
    for (const moment of ['before', 'after']) {
      const place = placeOf(t);
      await place.run('influxdb2.sh', `${call}-${moment}`);
      const second = await place.run('influxdb2.sh');
      assert.equal(second.code, 0, `${call}-${moment}: ${second.output}`);
      const starts = place.text('starts').trim().split('\n');
      assert.equal(starts.at(-1), 'everybody ready', `${call}-${moment}`);
      assert.ok(!starts.includes('everybody open'), `${call}-${moment}: ${starts.join(', ')}`);
      assert.ok(!existsSync(join(place.dir, 'data/.being-set-up')));
    }
});

test('a later start leaves what is there alone', async (t) => {
  const place = placeOf(t);
  await place.run('influxdb2.sh');
  writeFileSync(join(place.dir, 'data/engine/points'), 'many');
  assert.equal((await place.run('influxdb2.sh')).code, 0);
  assert.equal(place.text('data/engine/points'), 'many');
  assert.equal(place.text('calls'), 'call\n');
});

test('the setup of users and mappings can be run twenty times', async (t) => {
  const place = placeOf(t);
  for (let i = 0; i < 20; i++) {
    const { code, output } = await place.run('influxdb2-setup.sh');
    assert.equal(code, 0, `run ${i}: ${output}`);
  }
  assert.deepEqual(place.text('mappings').trim().split('\n'), [
    'id nginx 00bucket00 autogen --default .',
    'id nginx 00bucket00 rollup_5m  .',
    'id nginx 00bucket00 rollup_1h  .',
  ]);
  assert.deepEqual(place.text('users').trim().split('\n'), [
    'id meter_write --write-bucket',
    'id grafana_read --read-bucket',
  ]);
});

test('a setup killed at any moment is completed by the next', async (t) => {
  const whole = placeOf(t);
  await whole.run('influxdb2-setup.sh');
  const calls = whole.text('calls').split('\n').length - 1;
  for (let call = 1; call <= calls; call++) {
    const place = placeOf(t);
    await place.run('influxdb2-setup.sh', `${call}-after`);
    const second = await place.run('influxdb2-setup.sh');
    assert.equal(second.code, 0, `${call}: ${second.output}`);
    for (const name of ['mappings', 'users']) assert.equal(place.text(name), whole.text(name));
    assert.match(place.text('passwords'), /grafana_read read-password-text\n$/);
  }
});

test('a changed password is taken up', async (t) => {
  const place = placeOf(t);
  await place.run('influxdb2-setup.sh');
  writeFileSync(join(place.dir, 'secrets/write-password'), 'another');
  await place.run('influxdb2-setup.sh');
  assert.match(place.text('passwords'), /meter_write another\ngrafana_read read-password-text\n$/);
});
