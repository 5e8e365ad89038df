import { Counter, Gauge, Registry } from '@prometheus-io/client';
import { REASONS } from '../parse/record-batch.ts';
import { printable } from '../text/printable.ts';
import type { MetricAbout } from './metric-about.ts';
import { totalsByLog } from './log-totals.ts';
import { renderTraffic, TRAFFIC_METRICS } from './traffic-metrics.ts';
import { unreadyReasons } from './readiness.ts';
import { type LogFigures, type MeterStatus, REJECTED_BY, WRITE_OUTCOMES } from './meter-status.ts';

/**
 * `/metrics` in the Prometheus text format. Nothing is counted here: at each scrape every metric is
 * emptied and filled from one snapshot, so the figures of a scrape belong together and cost nothing
 * in between. The labels are a closed set: names of configured logs and words of our own.
 */
export class MetricsPage {
  /** What the page has, for the documentation. */
  readonly metrics: MetricAbout[] = [...TRAFFIC_METRICS];
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();
  #status: MeterStatus | undefined;

  constructor() {
    this.#addLineMetrics();
    this.#addLogMetrics();
    this.#addReceiverMetrics();
    this.#addSpoolMetrics();
    this.#addWriterMetrics();
    this.#addProcessMetrics();
  }

  /** All metrics collect within this call, before the first await, so scrapes do not mix. */
  async render(status: MeterStatus): Promise<string> {
    this.#status = status;
    const own = this.#registry.metrics();
    const traffic = renderTraffic(status.traffic);
    return (await own) + traffic;
  }

  /** `read` adds values for the labels, in the order of `labelNames`. */
  #counter(name: string, help: string, labelNames: readonly string[], read: Reading): void {
    this.metrics.push({ name: `nginx_meter_${name}`, type: 'counter', help, labelNames });
    const registry = this.#registry;
    const status = () => this.#status;
    const metric = new Counter({
      name: `nginx_meter_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        metric.reset();
        // A metric without labels is 0 after a reset, and would show a value where there is none.
        if (labelNames.length === 0) metric.remove();
        fill(status(), read, labelNames, (labels, value) => metric.inc(labels, value));
      },
    });
  }

  #gauge(name: string, help: string, labelNames: readonly string[], read: Reading): void {
    this.metrics.push({ name: `nginx_meter_${name}`, type: 'gauge', help, labelNames });
    const registry = this.#registry;
    const status = () => this.#status;
    const metric = new Gauge({
      name: `nginx_meter_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        metric.reset();
        // A metric without labels is 0 after a reset, and would show a value where there is none.
        if (labelNames.length === 0) metric.remove();
        fill(status(), read, labelNames, (labels, value) => metric.set(labels, value));
      },
    });
  }

  #addLineMetrics(): void {
    const perLog = (figure: (log: LogFigures) => number): Reading => {
      return (status, add) => {
        for (const log of totalsByLog(status.logs)) add(figure(log), log.log);
      };
    };
    const log = ['log'];
    this.#counter(
      'lines_total',
      'Lines read; the sum of counted, unparsed, late and filtered lines.',
      log,
      perLog((l) => l.lines),
    );
    this.#counter(
      'counted_lines_total',
      'Lines that are in a window.',
      log,
      perLog((l) => l.counted),
    );
    this.#counter(
      'late_lines_total',
      'Lines that came after LATENESS.',
      log,
      perLog((l) => l.late),
    );
    this.#counter(
      'filtered_lines_total',
      'Lines left out on purpose.',
      log,
      perLog((l) => l.filtered),
    );
    this.#counter(
      'read_bytes_total',
      'Bytes of the lines read.',
      log,
      perLog((l) => l.bytes),
    );
    this.#counter(
      'rotations_total',
      'Rename rotations seen.',
      log,
      perLog((l) => l.rotations),
    );
    this.#counter(
      'truncations_total',
      'Truncations seen.',
      log,
      perLog((l) => l.truncations),
    );
    this.#counter(
      'unparsed_lines_total',
      'Lines that could not be read, by reason.',
      ['log', 'reason'],
      (status, add) => {
        for (const { log: name, unparsed } of totalsByLog(status.logs)) {
          for (const reason of REASONS) {
            if (reason !== 'parsed') add(unparsed[reason] ?? 0, name, reason);
          }
        }
      },
    );
  }

  #addLogMetrics(): void {
    const perLog = (
      figure: (log: LogFigures, status: MeterStatus) => number | undefined,
    ): Reading => {
      return (status, add) => {
        for (const log of totalsByLog(status.logs)) {
          const value = figure(log, status);
          if (value !== undefined) add(value, log.log);
        }
      };
    };
    const log = ['log'];
    this.#gauge(
      'unread_bytes',
      'Bytes on disk that were not read yet.',
      log,
      perLog((l) => l.unreadBytes),
    );
    this.#gauge(
      'lag_seconds',
      'How far the newest line lay behind the clock when it was read.',
      log,
      perLog((l) => l.lagMs / 1000),
    );
    this.#gauge(
      'watermark_timestamp_seconds',
      'Newest event time.',
      log,
      perLog((l) => (l.watermarkMs === undefined ? undefined : l.watermarkMs / 1000)),
    );
    this.#gauge(
      'open_windows',
      'Windows that a line may still change.',
      log,
      perLog((l) => l.windowsOpen),
    );
    this.#gauge(
      'series',
      'Sites in the open windows.',
      log,
      perLog((l) => l.series),
    );
    this.#counter(
      'folded_lines_total',
      'Lines whose site was added up as other because of MAX_SITES.',
      log,
      perLog((l) => l.folded),
    );
    this.#gauge(
      'log_up',
      '1 while the log can be read.',
      log,
      perLog((l) => (l.trouble === undefined ? 1 : 0)),
    );
    this.#gauge(
      'caught_up',
      '1 once everything there was has been read.',
      log,
      perLog((l) => (l.caughtUp ? 1 : 0)),
    );
  }

  #addReceiverMetrics(): void {
    this.#counter(
      'received_messages_total',
      'Syslog messages taken in.',
      ['receiver'],
      (status, add) => {
        for (const one of status.receivers) add(one.messages, one.address);
      },
    );
    this.#counter(
      'lost_messages_total',
      'Syslog messages lost: malformed, without room here (overflow), dropped by the system (dropped).',
      ['receiver', 'reason'],
      (status, add) => {
        for (const one of status.receivers) {
          add(one.malformed, one.address, 'malformed');
          add(one.overflowed, one.address, 'overflow');
          add(one.dropped, one.address, 'dropped');
        }
      },
    );
    this.#gauge('receiver_up', '1 while it listens.', ['receiver'], (status, add) => {
      for (const one of status.receivers) add(one.trouble === undefined ? 1 : 0, one.address);
    });
  }

  #addSpoolMetrics(): void {
    this.#gauge('spool_bytes', 'Size of the spool on disk.', [], (s, add) => add(s.spool.bytes));
    this.#gauge('spool_max_bytes', 'SPOOL_MAX_BYTES.', [], (s, add) => add(s.spool.maxBytes));
    this.#gauge(
      'spool_records',
      'Batches of points in the spool that were not sent yet.',
      [],
      (s, add) => add(s.spool.records),
    );
    this.#counter(
      'dropped_points_total',
      'Points that made room for newer ones, without a database.',
      [],
      (s, add) => add(s.spool.droppedPoints),
    );
    this.#counter('lost_points_total', 'Points of damaged segments of the spool.', [], (s, add) =>
      add(s.spool.lostPoints),
    );
    this.#gauge(
      'spool_age_seconds',
      'Age of the oldest point that was not sent yet.',
      [],
      (s, add) => add(s.spool.ageMs / 1000),
    );
    this.#gauge(
      'spool_full',
      '1 while reading has stopped because the spool is full.',
      [],
      (s, add) => add(s.spool.isFull ? 1 : 0),
    );
    this.#gauge('state_writable', '1 while the state can be saved.', [], (s, add) =>
      add(s.stateTrouble === undefined ? 1 : 0),
    );
  }

  /** Without a target these have no values. */
  #addWriterMetrics(): void {
    this.#counter(
      'write_requests_total',
      'Requests to the database, by outcome.',
      ['outcome'],
      ({ writer }, add) => {
        if (writer === undefined) return;
        for (const outcome of WRITE_OUTCOMES) add(writer.requests[outcome], outcome);
      },
    );
    this.#counter(
      'written_points_total',
      'Points that the database acknowledged.',
      [],
      ({ writer }, add) => {
        if (writer !== undefined) add(writer.points);
      },
    );
    this.#counter(
      'rejected_points_total',
      'Points that the database refused, and why; those not refused for their age are in the dead-letter file.',
      ['reason'],
      ({ writer }, add) => {
        if (writer === undefined) return;
        for (const reason of REJECTED_BY) add(writer.rejectedBy[reason], reason);
      },
    );
    this.#gauge(
      'write_seconds',
      'Duration of the last acknowledged request.',
      [],
      ({ writer }, add) => {
        if (writer !== undefined) add(writer.writeMs / 1000);
      },
    );
    this.#gauge('write_up', '0 while points cannot be written.', [], ({ writer }, add) => {
      if (writer !== undefined)
        add(writer.state === 'retrying' || writer.state === 'blocked' ? 0 : 1);
    });
  }

  #addProcessMetrics(): void {
    this.#gauge('info', 'Always 1; the label is the version.', ['version'], (s, add) =>
      add(1, s.version),
    );
    this.#gauge('ready', '1 while /readyz answers 200.', [], (s, add) =>
      add(unreadyReasons(s).length === 0 ? 1 : 0),
    );
    this.#gauge('uptime_seconds', 'Since the start of the process.', [], (s, add) =>
      add(s.uptimeMs / 1000),
    );
    this.#gauge('resident_memory_bytes', 'Resident memory of the process.', [], (s, add) =>
      add(s.process.rssBytes),
    );
    this.#counter('cpu_seconds_total', 'User and system time of the process.', [], (s, add) =>
      add(s.process.cpuMs / 1000),
    );
    this.#gauge('loop_idle_seconds', 'Since the loop began its last turn.', [], (s, add) =>
      add(s.sinceTurnMs / 1000),
    );
  }
}

type Add = (value: number, ...labels: string[]) => void;
type Reading = (status: MeterStatus, add: Add) => void;

function fill(
  status: MeterStatus | undefined,
  read: Reading,
  labelNames: readonly string[],
  put: (labels: Record<string, string>, value: number) => void,
): void {
  if (status === undefined) return;
  read(status, (value, ...labels) => {
    // The text format escapes quotes, backslashes and line feeds; other controls are ours to escape.
    const named = labelNames.map((name, i): [string, string] => [name, printable(labels[i] ?? '')]);
    // The client refuses NaN with an exception, which would cost the whole page.
    if (Number.isFinite(value)) put(Object.fromEntries(named), value);
  });
}
