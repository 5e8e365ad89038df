import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Whether the status server could listen, found out by listening for a moment. */
export interface PortState {
  /** Completes "LISTEN 127.0.0.1:9145 …"; undefined when the port is free. */
  readonly trouble: string | undefined;
  readonly isTaken: boolean;
}

export async function inspectPort({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<PortState> {
  const code = await tryToListen(host, port);
  if (code === undefined) return { trouble: undefined, isTaken: false };
  if (code === 'EADDRINUSE') {
    const holder = await holderOf(port);
    const by = holder === undefined ? 'another process' : holder;
    return {
      trouble: `is taken by ${by}. Stop that, or set LISTEN to another port`,
      isTaken: true,
    };
  }
  if (code === 'EACCES') {
    return {
      trouble: `may not be used by user ${process.getuid?.() ?? '?'}. Set LISTEN to a port above 1023`,
      isTaken: false,
    };
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return {
      trouble: `is no address of this machine (${code}). Set LISTEN to 127.0.0.1:${port} or 0.0.0.0:${port}`,
      isTaken: false,
    };
  }
  return {
    trouble: `cannot be listened at (${code}). Set LISTEN to another address`,
    isTaken: false,
  };
}

function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

const LISTENING = '0A';

/** Linux says which socket listens, and which process has that socket; elsewhere nobody is named. */
async function holderOf(port: number): Promise<string | undefined> {
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      const isPort = Number.parseInt(local.split(':')[1] ?? '', 16) === port;
      if (isPort && state === LISTENING && inode !== undefined) inodes.add(`socket:[${inode}]`);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (!inodes.has(target)) continue;
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      return name === '' ? `process ${pid}` : `process ${pid} (${name.trim()})`;
    }
  }
  return undefined;
}
