import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/** `127.0.0.1:port`, with the port asked for, or with 0, which means any, where that is taken. */
export async function freeAddress(port: number): Promise<string> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  server.once('error', () => resolve(false));
  server.listen(port, HOST, () => server.close(() => resolve(true)));
  return `${HOST}:${(await promise) ? port : 0}`;
}
