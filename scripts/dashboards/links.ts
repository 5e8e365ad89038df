/** Links to the other dashboards. Every one carries the range and all that was chosen. */
import type { Link } from './panel.ts';

const CHOSEN = '${__url_time_range}&${host:queryparam}&${log:queryparam}';

/** To a dashboard that has these variables as well. */
export function linkTo(title: string, uid: string, ...others: readonly string[]): Link {
  const more = others.map((name) => `&\${${name}:queryparam}`).join('');
  return { title, url: `/d/${uid}?${CHOSEN}${more}` };
}

/** To the drill-down, with the values of a table's row; `kept` are the variables of a dashboard that is there already. */
export function drillDown(tags: readonly string[], kept: readonly string[] = []): Link {
  const values = tags.map((tag) => `&var-${tag}=\${__data.fields.${tag}:percentencode}`);
  const others = kept
    .filter((name) => !tags.includes(name))
    .map((name) => `&\${${name}:queryparam}`);
  return {
    title: `Drill down to this ${tags.at(-1)}`,
    url: `/d/nginx-drilldown?${CHOSEN}${values.join('')}${others.join('')}`,
  };
}
