import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Deployment } from 'kubernetes-models/apps/v1';
import { ConfigMap, Service, type IContainer, type IPodSpec } from 'kubernetes-models/v1';
import { defer } from '../support/defer.ts';
import { renderKustomization, type KubernetesObject } from '../support/kustomize.ts';
import { podOf } from '../support/pod-in-compose.ts';
import { PROJECT_ROOT } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';

/** The Kubernetes examples as they would be applied, against the API's schemas and our own rules. */

const EXAMPLES = join(PROJECT_ROOT, 'examples/kubernetes');

const MODELS = { Deployment, ConfigMap, Service } as const;
const MODULES = {
  Deployment: 'kubernetes-models/apps/v1',
  ConfigMap: 'kubernetes-models/v1',
  Service: 'kubernetes-models/v1',
} as const;

/** What the official manifest of ingress-nginx has under the names that the component looks for. */
const CONTROLLER = `apiVersion: v1
kind: ConfigMap
metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
data: {}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ingress-nginx-controller, namespace: ingress-nginx}
spec:
  selector: {matchLabels: {app: ingress}}
  template:
    metadata: {labels: {app: ingress}}
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: controller
          image: controller:1
          securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          resources: {requests: {cpu: 1m}, limits: {memory: 1Gi}}
`;

/** Folders that end with the test lie within the checkout: kustomize takes relative paths only. */
function folderInCheckout(t: TestContext, name: string): string {
  const folder = join(PROJECT_ROOT, '.cache', `${name}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  defer(t, () => rmSync(folder, { recursive: true }));
  return folder;
}

function ingressKustomization(t: TestContext): string {
  const folder = folderInCheckout(t, 'ingress');
  const component = relative(folder, join(EXAMPLES, 'components/ingress-nginx'));
  writeFileSync(join(folder, 'controller.yaml'), CONTROLLER);
  writeFileSync(
    join(folder, 'kustomization.yaml'),
    `resources: [controller.yaml]\ncomponents: [${component}]\n`,
  );
  return folder;
}

/** Kinds and required fields by the JSON schemas; names of fields by the types, which refuse others. */
async function assertFitsTheApi(t: TestContext, objects: readonly KubernetesObject[]) {
  const source: string[] = [];
  for (const object of objects) {
    const kind = object.kind as keyof typeof MODELS;
    assert.ok(kind in MODELS, `no schema for ${object.kind}`);
    new MODELS[kind](object).validate();
    source.push(`(await import('${MODULES[kind]}')).${kind};`);
    source.push(
      `export const v${source.length}: import('${MODULES[kind]}').I${kind} = ${JSON.stringify(object)};`,
    );
  }
  const folder = folderInCheckout(t, 'manifests');
  const file = join(folder, 'manifests.ts');
  writeFileSync(file, `${source.join('\n')}\n`);
  const options = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck'];
  const modules = ['--module', 'nodenext', '--target', 'es2024'];
  const tsc = join(PROJECT_ROOT, 'node_modules/.bin/tsc');
  const { code, output } = await runCommand([tsc, ...options, ...modules, file]);
  assert.equal(code, 0, output);
}

function assertHardened(pod: IPodSpec): void {
  assert.equal(pod.securityContext?.runAsNonRoot, true);
  assert.equal(pod.securityContext?.seccompProfile?.type, 'RuntimeDefault');
  for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
    const { name, securityContext, resources, image } = container;
    assert.equal(securityContext?.readOnlyRootFilesystem, true, name);
    assert.equal(securityContext?.allowPrivilegeEscalation, false, name);
    assert.deepEqual(securityContext?.capabilities?.drop, ['ALL'], name);
    assert.ok(resources?.limits?.['memory'] !== undefined, name);
    assert.ok(resources?.requests?.['cpu'] !== undefined, name);
    assert.match(image ?? '', /:(?!latest)[\w.-]+$/, name);
  }
}

function meterOf(pod: IPodSpec): IContainer {
  const meter = pod.initContainers?.find(({ name }) => name === 'nginx-meter');
  assert.ok(meter !== undefined, 'the meter is in the pod');
  assert.equal(meter.restartPolicy, 'Always', 'as a native sidecar');
  assert.equal(meter.startupProbe?.httpGet?.path, '/healthz');
  assert.equal(meter.readinessProbe, undefined, 'a database that is away leaves nginx ready');
  const host = meter.env?.find(({ name }) => name === 'HOST_TAG');
  assert.equal(host?.valueFrom?.fieldRef?.fieldPath, 'metadata.name');
  // Everything that is mounted is there, and what is on disk has a limit.
  const volumes = new Map(pod.volumes?.map((volume) => [volume.name, volume]));
  for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
    for (const { name } of container.volumeMounts ?? []) assert.ok(volumes.has(name), name);
  }
  for (const { name, emptyDir } of volumes.values()) {
    if (emptyDir !== undefined) assert.ok(emptyDir.sizeLimit !== undefined, name);
  }
  return meter;
}

/** The settings as the process would find them: what has no value here comes from the cluster. */
async function assertMeterTakes(t: TestContext, meter: IContainer): Promise<void> {
  const folder = folderInCheckout(t, 'state');
  const env: Record<string, string> = {};
  for (const { name, value } of meter.env ?? []) env[name] = value ?? 'from-the-cluster';
  const namespace = env['NAMESPACE'] ?? '';
  for (const [name, value] of Object.entries(env)) {
    env[name] = value.replaceAll('$(NAMESPACE)', namespace);
  }
  const password = join(folder, 'password');
  writeFileSync(password, 'secret');
  const node = join(PROJECT_ROOT, 'node_modules/.bin/node');
  const { code, output } = await runCommand([node, join(PROJECT_ROOT, 'src/main.ts'), 'check'], {
    cwd: folder,
    env: { ...env, INFLUX_PASSWORD_FILE: password, STATE_DIR: folder },
  });
  // A log that is not there is no fault of the settings, which would be exit 2.
  assert.notEqual(code, 2, output);
  assert.doesNotMatch(output, /was ignored/);
}

test('sidecar: the log is a file that both containers mount, and only nginx may write to', async (t) => {
  const objects = await renderKustomization(join(EXAMPLES, 'overlays/sidecar'));
  await assertFitsTheApi(t, objects);
  const pod = podOf(objects);
  assertHardened(pod);
  const meter = meterOf(pod);
  await assertMeterTakes(t, meter);
  const mountIn = (container: IContainer | undefined) =>
    container?.volumeMounts?.find(({ name }) => name === 'nginx-logs');
  assert.equal(mountIn(meter)?.readOnly, true);
  const nginx = pod.containers.find(({ name }) => name === 'nginx');
  assert.equal(mountIn(nginx)?.mountPath, mountIn(meter)?.mountPath);
});

test('rotate: the meter alone rotates, sees the processes of nginx and is its user', async (t) => {
  const objects = await renderKustomization(join(EXAMPLES, 'overlays/rotate'));
  await assertFitsTheApi(t, objects);
  const pod = podOf(objects);
  assertHardened(pod);
  const meter = meterOf(pod);
  await assertMeterTakes(t, meter);
  const nginx = pod.containers.find(({ name }) => name === 'nginx');
  assert.equal(pod.shareProcessNamespace, true);
  assert.equal(meter.securityContext?.runAsUser, nginx?.securityContext?.runAsUser);
  const logs = meter.volumeMounts?.find(({ name }) => name === 'nginx-logs');
  assert.notEqual(logs?.readOnly, true);
  const valueOf = (container: IContainer | undefined, setting: string) =>
    container?.env?.find(({ name }) => name === setting)?.value;
  assert.equal(valueOf(nginx, 'LOG_ROTATE_BYTES'), '0');
  assert.match(valueOf(meter, 'ROTATE_AT') ?? '', /^\d+MiB$/);
});

test('syslog: no volume is shared, and nothing rotates a file that is not there', async (t) => {
  const objects = await renderKustomization(join(EXAMPLES, 'overlays/syslog'));
  await assertFitsTheApi(t, objects);
  const pod = podOf(objects);
  assertHardened(pod);
  const meter = meterOf(pod);
  await assertMeterTakes(t, meter);
  assert.ok(pod.volumes?.every(({ name }) => name !== 'nginx-logs'));
  const nginx = pod.containers.find(({ name }) => name === 'nginx');
  const rotate = nginx?.env?.find(({ name }) => name === 'LOG_ROTATE_BYTES');
  assert.equal(rotate?.value, '0');
  const config = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as {
    data: Record<string, string>;
  };
  assert.match(config.data['nginx.conf'] ?? '', /access_log syslog:server=127\.0\.0\.1:5514/);
  assert.match(config.data['start.sh'] ?? '', /exec/);
});

test('ingress-nginx: the controller sends its log to the meter in its own format', async (t) => {
  const objects = await renderKustomization(ingressKustomization(t));
  await assertFitsTheApi(t, objects);
  const pod = podOf(objects);
  assertHardened(pod);
  const meter = meterOf(pod);
  await assertMeterTakes(t, meter);
  assert.equal(meter.env?.find(({ name }) => name === 'LOG_FORMAT')?.value, 'ingress-nginx');
  const config = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as {
    data: Record<string, string>;
  };
  assert.match(config.data['http-access-log-path'] ?? '', /^syslog:server=127\.0\.0\.1:5514/);
});

test('a wrong name and a wrong type are noticed', async (t) => {
  const [object] = (await renderKustomization(join(EXAMPLES, 'overlays/sidecar'))).filter(
    ({ kind }) => kind === 'Deployment',
  );
  assert.ok(object !== undefined);
  const text = JSON.stringify(object);
  for (const wrong of [
    text.replace('"restartPolicy":', '"restartPolice":'),
    text.replace('"containerPort":8080', '"containerPort":"8080"'),
  ]) {
    assert.notEqual(wrong, text);
    await assert.rejects(assertFitsTheApi(t, [JSON.parse(wrong) as KubernetesObject]));
  }
});
