/**
 * Formats of nginx's `stream` block: they tell of connections, so they have neither requests nor
 * methods. https://nginx.org/en/docs/stream/ngx_stream_log_module.html
 */
import type { FormatText } from './format-text.ts';
import { LogFormatError } from './log-format-error.ts';

/** Only ngx_stream_core_module and its kin have these. */
const OF_STREAM: ReadonlySet<string> = new Set([
  'session_time',
  'upstream_session_time',
  'bytes_received',
  'ssl_preread_server_name',
  'ssl_preread_protocol',
  'ssl_preread_alpn_protocols',
]);
/** Only requests have these. */
const OF_HTTP = /^(?:request|request_\w+|body_bytes_sent|http_\w+|uri|host|args)$/u;

function isOfStream({ elements }: FormatText): boolean {
  const names = elements.flatMap((element) => (element.kind === 'variable' ? [element.name] : []));
  return names.some((name) => OF_STREAM.has(name)) && !names.some((name) => OF_HTTP.test(name));
}

/** Throws LogFormatError. */
export function checkNotOfStream(format: FormatText, text: string): void {
  if (!isOfStream(format)) return;
  throw new LogFormatError(
    'The log format is one of a stream block: it tells of connections, and the meter counts ' +
      'requests. Give it the log of an http block instead.',
    text,
  );
}
