/** Figures as a person reads them. English, with a blank between number and unit (ISO 80000-1). */

/** `1,203,441`. */
export function wholeText(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(?:\d{3})+$)/g, ',');
}

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'];

/** At most four characters and the unit: `950`, `1.9 k`, `61.2 G`. */
function prefixed(value: number): string {
  let scaled = value;
  let power = 0;
  while (scaled >= 999.5 && power < PREFIXES.length - 1) {
    scaled /= 1000;
    power++;
  }
  const digits = power === 0 ? 0 : scaled < 99.95 ? 1 : 0;
  return `${scaled.toFixed(digits)} ${PREFIXES[power] ?? ''}`;
}

/** `1.9k`; exact below a thousand. */
export function shortText(value: number): string {
  return prefixed(value).replace(' ', '').trim();
}

/** `61.2 GB`, by powers of 1000. */
export function bytesText(bytes: number): string {
  return `${prefixed(bytes)}B`;
}

/** `12 ms`, `1.4 s`, `2 min 5 s`. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 119_500) return `${Math.round(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Of a share 0…1: `31 %`, `4.1 %`, `0.21 %`; `0 %` for none at all. */
export function percentText(share: number): string {
  const percent = 100 * share;
  if (percent === 0) return '0 %';
  if (percent < 0.01) return '<0.01 %';
  return `${percent.toFixed(percent < 0.995 ? 2 : percent < 9.95 ? 1 : 0)} %`;
}

/** Requests per second. */
export function rateText(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  if (perSecond < 0.01) return '<0.01/s';
  if (perSecond < 0.995) return `${perSecond.toFixed(2)}/s`;
  return perSecond < 99.95 ? `${perSecond.toFixed(1)}/s` : `${wholeText(perSecond)}/s`;
}

/** `24 h`, `3 d 4 h`: the two greatest units. */
export function spanText(seconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  const rounded = seconds >= 3600 ? Math.round(seconds / 60) * 60 : Math.round(seconds);
  const at = units.findIndex(([, length]) => rounded >= length);
  const parts: string[] = [];
  let rest = rounded;
  for (const [name, length] of units.slice(Math.max(0, at), at + 2)) {
    const count = Math.floor(rest / length);
    if (count > 0) parts.push(`${count} ${name}`);
    rest -= count * length;
  }
  return parts.join(' ') || '0 s';
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (value: number): string => String(value).padStart(2, '0');

/** `29 Nov 06:25` in UTC, with seconds where the step is shorter than a minute. */
export function timeText(epochS: number, stepS = 60): string {
  const date = new Date(1000 * epochS);
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''}`;
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  return stepS % 60 === 0 ? `${day} ${clock}` : `${day} ${clock}:${two(date.getUTCSeconds())}`;
}

/** `14:03`, or the day where a step is as long as one. */
export function clockText(epochS: number, stepS: number): string {
  const [day = '', month = '', clock = ''] = timeText(epochS, stepS).split(' ');
  return stepS >= 86_400 ? `${day} ${month}` : clock;
}
