import { AGENT_CLASSES } from './agent-class.ts';
import { CACHE_STATES, METHODS, PROTOCOLS, TLS_VERSIONS, type ClosedSet } from './closed-set.ts';

/**
 * The properties of a request whose values are a closed list: the `dim` of the points of
 * `access_log_by`. A new one is a row here, a row of the schema and a panel; all else follows from the
 * table: the column of a row, its bit, the cells of a window, the checkpoint.
 */
export interface Property {
  /** The tag `dim`. */
  readonly dim: string;
  /** The variable that has it, without `$`. */
  readonly variable: string;
  /** The tags `value`; a row has an index into them. */
  readonly values: readonly string[];
  /** How the variable is read; undefined where a table of its own does that (agent-class.ts). */
  readonly set: ClosedSet | undefined;
  /** The first line of the request, `$request`, has it as well. */
  readonly isInRequest: boolean;
}

function closed(dim: string, variable: string, set: ClosedSet, isInRequest = false): Property {
  return { dim, variable, values: set.values, set, isInRequest };
}

export const PROPERTIES: readonly Property[] = [
  closed('method', 'request_method', METHODS, true),
  closed('proto', 'server_protocol', PROTOCOLS, true),
  closed('cache', 'upstream_cache_status', CACHE_STATES),
  closed('tls', 'ssl_protocol', TLS_VERSIONS),
  {
    dim: 'agent',
    variable: 'http_user_agent',
    values: AGENT_CLASSES,
    set: undefined,
    isInRequest: false,
  },
];

/** Index of a property of the table. */
export function propertyOf(dim: string): number {
  return PROPERTIES.findIndex((property) => property.dim === dim);
}
