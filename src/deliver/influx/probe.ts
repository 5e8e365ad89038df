import type { Clock } from '../../clock.ts';
import type { ProbeOutcome } from '../target.ts';
import type { InfluxAddress } from './address.ts';
import { InfluxClient } from './client.ts';
import { judgeProbe } from './verdict.ts';

/**
 * Asks the database by an empty write whether points would be taken: address, database or bucket,
 * organisation, user and token are all looked at, and nothing is written. `written` means yes;
 * `blocked` names the setting that is wrong. Never rejects, and ends within the deadline of a request.
 */
export async function probe(
  address: InfluxAddress,
  clock: Clock,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const client = new InfluxClient({ address, clock });
  try {
    return await probeBy(client, address, clock, signal);
  } finally {
    await client.close();
  }
}

/** The same question by a client that is there already. */
export async function probeBy(
  client: InfluxClient,
  { flavour }: InfluxAddress,
  clock: Clock,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const reply = await client.send(new Uint8Array(), signal, { isCompressed: false });
  return judgeProbe(reply, { flavour, bodyBytes: 0, nowMs: clock.now() });
}
