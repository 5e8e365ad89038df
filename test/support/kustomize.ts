import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { debianPackage } from './debian-packages.ts';
import { runCommand, type CommandResult } from './run-command.ts';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

const DEADLINE_MS = 60_000;
/** The kustomize of Debian 12 knows no components. */
const KUSTOMIZE_RELEASE = 'trixie';

/** What `kubectl apply -k FOLDER` would send; by kubectl, by kustomize, or by Debian's kustomize. */
export async function renderKustomization(folder: string): Promise<KubernetesObject[]> {
  const result =
    (await tryCommand(['kubectl', 'kustomize', folder])) ??
    (await tryCommand(['kustomize', 'build', folder])) ??
    (await runCommand([await debianKustomize(), 'build', folder], { timeoutMs: DEADLINE_MS }));
  if (result.code !== 0)
    throw new Error(`kustomize ${folder}: exit ${result.code}\n${result.stderr}`);
  return parseAllDocuments(result.stdout).map((document) => document.toJS() as KubernetesObject);
}

/** Undefined when there is no such program on this machine. */
async function tryCommand(argv: readonly string[]): Promise<CommandResult | undefined> {
  try {
    return await runCommand(argv, { timeoutMs: DEADLINE_MS });
  } catch (failure) {
    if (failure instanceof Error && 'code' in failure && failure.code === 'ENOENT')
      return undefined;
    throw failure;
  }
}

async function debianKustomize(): Promise<string> {
  const { root } = await debianPackage('kustomize', { release: KUSTOMIZE_RELEASE });
  return join(root, 'usr/bin/kustomize');
}
