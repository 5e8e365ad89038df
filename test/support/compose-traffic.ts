import { Agent, request } from 'node:http';
import { setImmediate } from 'node:timers/promises';

/** Traffic for an nginx with the sample site that runs in a container. */

const TARGETS = ['/', '/api/v1/products/1', '/api/v1/checkout', '/no-such-page', '/broken'];

export interface TrafficOptions {
  /** Added to every target: makes the lines of the log as long as a test needs them. */
  readonly query?: string;
}

/** Requests of several kinds by a few clients at a time; resolves to how many were answered. */
export async function sendRequests(
  port: number,
  count: number,
  { query = '' }: TrafficOptions = {},
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  try {
    const replies = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        isAnswered(port, `${TARGETS[i % TARGETS.length]}${query}`, agent),
      ),
    );
    return replies.filter(Boolean).length;
  } finally {
    agent.destroy();
  }
}

/** Sends until told to stop; resolves to how many requests were answered. */
export async function sendUntil(port: number, signal: AbortSignal): Promise<number> {
  let answered = 0;
  while (!signal.aborted) {
    answered += await sendRequests(port, 20);
    await setImmediate();
  }
  return answered;
}

function isAnswered(port: number, path: string, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path, agent }, (reply) => {
      reply.on('error', () => resolve(false));
      reply.on('end', () => resolve(true));
      reply.resume();
    });
    call.on('error', () => resolve(false));
    call.end();
  });
}
