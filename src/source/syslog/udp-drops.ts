/**
 * How many datagrams Linux has dropped because a socket's receive buffer was full: the last column of
 * /proc/net/udp and /proc/net/udp6 (https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
 * has the same first columns). The socket is known by its inode, which is found among the descriptors
 * of this process, because several sockets may have the same port.
 */
import { readFile, readdir, readlink } from 'node:fs/promises';

const TABLES = ['/proc/net/udp', '/proc/net/udp6'];
const LOCAL_ADDRESS = 1;
const INODE = 9;
const DROPS = 12;

interface Row {
  readonly inode: string;
  readonly port: number;
  readonly drops: number;
}

/** Inode of this process's UDP socket at a port; undefined where the system does not tell. */
export async function findUdpSocket(port: number): Promise<string | undefined> {
  const own = await ownSockets();
  const rows = await udpSockets();
  return rows.find((row) => row.port === port && own.has(row.inode))?.inode;
}

/** Datagrams dropped since the socket was made; undefined where the system does not tell. */
export async function udpDrops(inode: string): Promise<number | undefined> {
  return (await udpSockets()).find((row) => row.inode === inode)?.drops;
}

async function udpSockets(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const table of TABLES) {
    const text = await readFile(table, 'latin1').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      const port = Number.parseInt(columns[LOCAL_ADDRESS]?.split(':')[1] ?? '', 16);
      const drops = Number(columns[DROPS]);
      const inode = columns[INODE];
      if (inode !== undefined && Number.isInteger(drops)) rows.push({ inode, port, drops });
    }
  }
  return rows;
}

async function ownSockets(): Promise<Set<string>> {
  const names = await readdir('/proc/self/fd').catch(() => []);
  const links = await Promise.all(
    names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')),
  );
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}
