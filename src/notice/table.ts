import { type NoticeKind, NOTICES } from './codes.ts';

/** The table of docs/notices.md, as Markdown. */
export function renderNoticeTable(): string {
  const kinds: Readonly<Record<string, NoticeKind>> = NOTICES;
  const rows = Object.entries(kinds).map(([code, { level, meaning, remedy }]) => {
    const enders = Object.keys(kinds).filter((other) => kinds[other]?.ends?.includes(code));
    const endedBy = enders.map((other) => `\`${other}\``).join(', ');
    return `| \`${code}\` | ${level} | ${meaning} | ${remedy} | ${endedBy} |`;
  });
  const head = [
    '| code | level | what happened | what to do | ended by |',
    '|---|---|---|---|---|',
  ];
  return `${[...head, ...rows].join('\n')}\n`;
}
