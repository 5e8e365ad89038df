import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IContainer, IPodSpec, IVolume } from 'kubernetes-models/v1';
import type { KubernetesObject } from './kustomize.ts';

/**
 * The pod of a Kubernetes manifest as services of Compose, for a machine without a cluster: one network
 * for all its containers, one process namespace if the pod asks for it, and of each container the user,
 * the rights, the limits, the settings and the volumes that the manifest gives it.
 *
 * What the kubelet does is not there: probes, the order of the start, the eviction of a pod whose volume
 * is too large. Instead a volume with a limit is a file system of that size.
 */
export interface PodOptions {
  /** The name of the pod; the services are called `NAME-CONTAINER`. */
  readonly name: string;
  readonly namespace: string;
  readonly objects: readonly KubernetesObject[];
  /** A folder for the files of ConfigMaps and Secrets. */
  readonly folder: string;
  /** Images in the place of those of the manifest, as Compose takes them. */
  readonly images: Readonly<Record<string, string>>;
  /** Ports of containers, and where they are on 127.0.0.1. */
  readonly ports: Readonly<Record<number, number>>;
  /** Settings that the test changes, by container. */
  readonly env?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Sizes of volumes that the test changes. */
  readonly volumeBytes?: Readonly<Record<string, number>>;
}

export interface ComposeParts {
  readonly services: Readonly<Record<string, object>>;
  readonly volumes: Readonly<Record<string, object>>;
}

/** Holds the network, the processes and the volumes, as the pause container of a pod does. */
const SANDBOX_IMAGE = 'nginx:1.28';
const UNITS: Readonly<Record<string, number>> = { Mi: 1024 ** 2, Gi: 1024 ** 3 };

export function podOf(objects: readonly KubernetesObject[]): IPodSpec {
  const [deployment, ...others] = objects.filter(({ kind }) => kind === 'Deployment');
  assert.ok(deployment !== undefined && others.length === 0);
  const { template } = deployment['spec'] as { template: { spec: IPodSpec } };
  return template.spec;
}

/** The folder whose files the containers find in the Secret. */
export function secretFolder(options: Pick<PodOptions, 'folder'>, secret: string): string {
  return join(options.folder, `secret-${secret}`);
}

export function podInCompose(options: PodOptions): ComposeParts {
  const pod = podOf(options.objects);
  const volumes = new Map(pod.volumes?.map((volume) => [volume.name, volume]));
  for (const volume of volumes.values()) writeFiles(options, volume);
  const onDisk = [...volumes.values()].filter(({ emptyDir }) => emptyDir !== undefined);
  const services: Record<string, object> = {
    [`${options.name}-pause`]: {
      image: SANDBOX_IMAGE,
      entrypoint: ['sleep', 'infinity'],
      init: true,
      ports: Object.entries(options.ports).map(([inside, port]) => `127.0.0.1:${port}:${inside}`),
      volumes: onDisk.map(({ name }) => `${options.name}-${name}:/volumes/${name}`),
    },
  };
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
    services[`${options.name}-${container.name}`] = serviceOf(options, pod, container, volumes);
  }
  return {
    services,
    volumes: Object.fromEntries(
      onDisk.map((volume) => [`${options.name}-${volume.name}`, diskOf(options, volume)]),
    ),
  };
}

function serviceOf(
  options: PodOptions,
  pod: IPodSpec,
  container: IContainer,
  volumes: ReadonlyMap<string, IVolume>,
): object {
  const { securityContext: rights, image = '' } = container;
  const user = rights?.runAsUser ?? pod.securityContext?.runAsUser;
  assert.ok(user !== undefined, `${container.name} has a user`);
  const sandbox = `service:${options.name}-pause`;
  return {
    image: options.images[image] ?? image,
    user: `${user}:${rights?.runAsGroup ?? 0}`,
    network_mode: sandbox,
    ...(pod.shareProcessNamespace === true ? { pid: sandbox } : {}),
    ...(container.command === undefined ? {} : { entrypoint: container.command.map(literal) }),
    environment: environmentOf(options, container),
    read_only: rights?.readOnlyRootFilesystem === true,
    cap_drop: rights?.capabilities?.drop ?? [],
    cap_add: rights?.capabilities?.add ?? [],
    security_opt: rights?.allowPrivilegeEscalation === false ? ['no-new-privileges:true'] : [],
    mem_limit: bytesOf(String(container.resources?.limits?.['memory'])),
    volumes: (container.volumeMounts ?? []).map(({ name, mountPath, subPath, readOnly }) => {
      const volume = volumes.get(name);
      assert.ok(volume !== undefined, name);
      const source =
        volume.emptyDir === undefined
          ? join(filesFolder(options, volume), subPath ?? '.')
          : `${options.name}-${name}`;
      return `${source}:${mountPath}${readOnly === true ? ':ro' : ''}`;
    }),
  };
}

function environmentOf(options: PodOptions, container: IContainer): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { name, value = '', valueFrom } of container.env ?? []) {
    const field = valueFrom?.fieldRef?.fieldPath;
    if (field === 'metadata.name') env[name] = options.name;
    else if (field === 'metadata.namespace') env[name] = options.namespace;
    // Variables that stand before it, as Kubernetes replaces them.
    else env[name] = value.replaceAll(/\$\((\w+)\)/g, (whole, of: string) => env[of] ?? whole);
  }
  Object.assign(env, options.env?.[container.name]);
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, literal(value)]));
}

/** A file system in memory, writable for every user as an emptyDir is. */
function diskOf(options: PodOptions, { name, emptyDir }: IVolume): object {
  const bytes = options.volumeBytes?.[name] ?? bytesOf(String(emptyDir?.sizeLimit));
  const mount = { type: 'tmpfs', device: 'tmpfs', o: `size=${bytes},mode=0777` };
  return { driver_opts: mount };
}

function writeFiles(options: PodOptions, volume: IVolume): void {
  if (volume.emptyDir !== undefined) return;
  const folder = filesFolder(options, volume);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (volume.configMap === undefined) return;
  const { name } = volume.configMap;
  const map = options.objects.find((one) => one.kind === 'ConfigMap' && one.metadata.name === name);
  assert.ok(map !== undefined, `the ConfigMap ${name}`);
  for (const [file, text] of Object.entries(map['data'] as Record<string, string>)) {
    writeFileSync(join(folder, file), text, { mode: 0o644 });
  }
}

function filesFolder(options: PodOptions, { name, secret }: IVolume): string {
  return secret?.secretName === undefined
    ? join(options.folder, `config-${name}`)
    : secretFolder(options, secret.secretName);
}

function bytesOf(quantity: string): number {
  const { number, unit } = /^(?<number>\d+)(?<unit>[MG]i)$/.exec(quantity)?.groups ?? {};
  const factor = UNITS[unit ?? ''];
  assert.ok(factor !== undefined, `a size: ${quantity}`);
  return Number(number) * factor;
}

/** `$` has a meaning in a compose file. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}
