import { hostname } from 'node:os';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { History } from '../history/history.ts';
import { PageAccess } from '../status/page-access.ts';
import { PageFiles } from '../status/page-files.ts';
import type { PageParts } from '../status/page-routes.ts';

/** What the status server needs to show the traffic; undefined with PAGE=off. */
export async function pageParts(
  { config, clock }: { readonly config: Config; readonly clock: Clock },
  history: History | undefined,
): Promise<PageParts | undefined> {
  const { page, pagePassword, pageHosts, listen, windowS } = config;
  if (page === 'off') return undefined;
  const { PAGE_DOCUMENT, PAGE_SCRIPT } = await import('../page/bundle.ts');
  const own = listen === undefined ? [] : [listen.host.toLowerCase()];
  return {
    access: new PageAccess({
      mode: page,
      password: pagePassword,
      names: [hostname().toLowerCase(), ...own, ...pageHosts],
      monotonicMs: () => clock.monotonicMs(),
    }),
    files: new PageFiles({ document: PAGE_DOCUMENT, script: PAGE_SCRIPT }),
    windowS,
    monotonicMs: () => clock.monotonicMs(),
    summary: (span, narrowing, top) => history?.summary(span, narrowing, top),
  };
}
