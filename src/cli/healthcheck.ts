import { get } from 'node:http';
import type { Config } from '../config/config.ts';

const TIMEOUT_MS = 2000;

export interface Health {
  readonly isAlive: boolean;
  /** A sentence for a person. */
  readonly message: string;
}
import { errorCode } from '../text/error-code.ts';

/** Asks the meter on LISTEN whether its loop turns; never rejects. */
export async function checkHealth(listen: Config['listen']): Promise<Health> {
  if (listen === undefined) {
    return { isAlive: false, message: 'LISTEN is off, so there is no meter to ask. Set LISTEN.' };
  }
  if (listen.port === 0) {
    const message = 'LISTEN has port 0, so it is not known where the meter listens. Set a port.';
    return { isAlive: false, message };
  }
  // "Every address" is for listening; a client connects to the loopback address.
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[listen.host] ?? listen.host;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${listen.port}/healthz`;
  try {
    const { status, text } = await request(url);
    return status === 200
      ? { isAlive: true, message: `The meter at ${url} is alive.` }
      : { isAlive: false, message: `The meter at ${url} answers ${status}: ${text.trim()}` };
  } catch (error) {
    const code = errorCode(error);
    const text = error instanceof Error ? error.message : String(error);
    const reason = code === 'ECONNREFUSED' ? `nobody listens there (${code})` : text;
    const message = `No answer from ${url}: ${reason}. Does the meter run, with the same LISTEN?`;
    return { isAlive: false, message };
  }
}

function request(url: string): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  signal.addEventListener('abort', () =>
    reject(new Error(`nothing within ${TIMEOUT_MS / 1000} s`)),
  );
  const sent = get(url, { signal, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (text = (text + chunk).slice(0, 1000)));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    response.on('error', reject);
  });
  sent.on('error', reject);
  return promise;
}
