import { createServer } from 'node:net';

/** Whether this machine has the IPv6 loopback; containers often lack it. */
export const hasIpv6: Promise<boolean> = canListen('::1', 0).then((port) => port !== undefined);

/**
 * A port that is free at this moment on 127.0.0.1 and, where there is one, on [::1]. Somebody else
 * may take it before it is used: who starts a server tries again with another one.
 */
export async function freePort(): Promise<number> {
  const ipv6 = await hasIpv6;
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const port = await canListen('127.0.0.1', 0);
    if (port === undefined) continue;
    if (!ipv6 || (await canListen('::1', port)) === port) return port;
  }
  throw new Error('no port is free on the loopback addresses');
}

function canListen(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
