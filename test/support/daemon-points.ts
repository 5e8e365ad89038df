import type { KnownAccount } from './known-traffic.ts';

/**
 * Points that only a running meter can write, about itself and about the files it follows, at times
 * that are past: a test cannot have followed a log an hour ago. They are written by hand, with the
 * fields of the schema; meter-dashboard-of-a-running-meter.test.ts has real ones, of now.
 */

/** Figures of the process, in each window that has an account. */
export function meterPoints(accounts: readonly KnownAccount[]): string[] {
  return accounts.map(({ startS, host }) => {
    const errors = startS % 600 === 0 ? 1 : 0;
    const starts = startS % 3600 === 0 ? 1 : 0;
    return (
      `access_log_meter,host=${host} uptime=${startS % 3600}i,starts=${starts}i,points=31i,writes=3i,` +
      `write_errors=${errors}i,rejected_points=0i,spool_bytes=2048i,spool_max_bytes=268435456i,spool_age_ms=900i,write_ms=12i,` +
      `rss=61500000i,cpu_ms=310i,series=71i,folded=0i,lost_messages=0i ${startS}`
    );
  });
}

/**
 * What the follower adds to points that are there: a rotation each hour, a truncation half an hour later,
 * and lines that came late.
 */
export function followerFields(accounts: readonly KnownAccount[]): string[] {
  return accounts.map(({ startS, host, log, counted, unparsed, late, filtered }) => {
    const lines = counted + unparsed + late + filtered;
    const rotations = startS % 3600 === 0 ? 1 : 0;
    const truncations = startS % 3600 === 1800 ? 1 : 0;
    return (
      `access_log_lines,host=${host},log=${log} lag_ms=${800 + (startS % 60)}i,` +
      `lines=${lines}i,late=${late}i,rotations=${rotations}i,truncations=${truncations}i ${startS}`
    );
  });
}
