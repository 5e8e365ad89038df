/** What is remembered of received logs over a restart: their names, so that their number stays bounded. */
export interface SyslogPositions {
  readonly received: readonly string[];
}

export function readSyslogPositions(value: unknown): SyslogPositions | undefined {
  const received: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'received') : undefined;
  if (!Array.isArray(received)) return undefined;
  const names = received.filter((name) => typeof name === 'string');
  return names.length === received.length ? { received: names } : undefined;
}
