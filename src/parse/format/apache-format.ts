/** Apache's own way of writing formats: https://httpd.apache.org/docs/2.4/mod/mod_log_config.html */
import { LogFormatError } from './log-format-error.ts';

const DIRECTIVE = /%[<>]?(?:\d{3}(?:,\d{3})*)?(?:[hltursbBDTvVOIafmpPqUHkLXR]|\{[^}]*\}[a-zA-Z^])/u;

/** Throws LogFormatError. */
export function checkNotOfApache(setting: string): void {
  if (setting.includes('$') || !DIRECTIVE.test(setting)) return;
  const hasAgent = /%\{user-agent\}i/iu.test(setting);
  const hasHost = /^\W*(?:LogFormat\s*"?)?%[vV]/u.test(setting.trim());
  const name = hasAgent
    ? hasHost
      ? 'vhost-combined'
      : 'combined'
    : hasHost
      ? 'vhost-common'
      : 'common';
  throw new LogFormatError(
    `The log format is written as Apache writes it (%h, %t). Set LOG_FORMAT=${name}, which has the same form, ` +
      'or write it with variables of nginx ($remote_addr, $time_local).',
    setting,
  );
}
