import { parseAllDocuments } from 'yaml';
import { runCommand } from './run-command.ts';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

/** What `kubectl apply -k FOLDER` would send; by kubectl or kustomize, whichever is there. */
export async function renderKustomization(folder: string): Promise<KubernetesObject[]> {
  const troubles: string[] = [];
  for (const argv of [
    ['kubectl', 'kustomize', folder],
    ['kustomize', 'build', folder],
  ]) {
    try {
      const { code, stdout, stderr } = await runCommand(argv, { timeoutMs: 60_000 });
      if (code !== 0) throw new Error(`${argv.join(' ')}: exit ${code}\n${stderr}`);
      return parseAllDocuments(stdout).map((document) => document.toJS() as KubernetesObject);
    } catch (failure) {
      const isMissing = failure instanceof Error && 'code' in failure && failure.code === 'ENOENT';
      if (!isMissing) throw failure;
      troubles.push(argv[0] ?? '');
    }
  }
  throw new Error(`the Kubernetes examples need ${troubles.join(' or ')} to be put together`);
}
