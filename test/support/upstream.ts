import { createServer, type ServerResponse } from 'node:http';

/**
 * The application behind nginx: an HTTP server in the test's own process.
 * `/app/sleep/MS` answers after MS ms, `/app/status/CODE` with that status, `/app/hang` never.
 */
export interface Upstream {
  readonly port: number;
  /** Requests to /app/hang that wait at this moment. */
  readonly hanging: number;
  close(): Promise<void>;
}

export function startUpstream(): Promise<Upstream> {
  const hanging = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    request.resume();
    const [, , kind, value] = (request.url ?? '').split('?', 1)[0]?.split('/') ?? [];
    if (kind === 'hang') {
      hanging.add(response);
      response.on('close', () => hanging.delete(response));
    } else if (kind === 'sleep') {
      setTimeout(() => response.end('slept\n'), Number(value));
    } else if (kind === 'status') {
      response.writeHead(Number(value)).end('as you wish\n');
    } else {
      response.end('app\n');
    }
  });
  server.keepAliveTimeout = 1000;
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') {
        reject(new Error('the upstream has no port'));
        return;
      }
      resolve({
        port: address.port,
        get hanging() {
          return hanging.size;
        },
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}
