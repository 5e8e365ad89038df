/**
 * Which devices answer at once. A read in the thread of the caller is cheaper than one through the pool of
 * threads by far, but a file server that hangs would stop the whole meter with it.
 */
import { statfsSync } from 'node:fs';

/** As in statfs(2): NFS, SMB, CIFS and SMB2, FUSE, 9p, Ceph, AFS, Lustre, GFS2, OCFS2. */
const REMOTE = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x00c36400, 0x5346414f,
  0x0bd00bd0, 0x01161970, 0x7461636f,
]);
const DEVICES_MAX = 256;

export class LocalDevices {
  readonly #isLocal = new Map<string, boolean>();

  /** `path`: of a file on the device. */
  readonly has = (device: string, path: string): boolean => {
    const known = this.#isLocal.get(device);
    if (known !== undefined) return known;
    if (this.#isLocal.size >= DEVICES_MAX) this.#isLocal.clear();
    const isLocal = isLocalAt(path);
    this.#isLocal.set(device, isLocal);
    return isLocal;
  };
}

function isLocalAt(path: string): boolean {
  try {
    return !REMOTE.has(statfsSync(path).type >>> 0);
  } catch {
    return false;
  }
}
