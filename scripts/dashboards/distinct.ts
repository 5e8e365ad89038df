/**
 * Distinct clients of any range, hosts and sites: the maximum of each HyperLogLog register over the
 * selection, then the estimate, in InfluxQL. Flajolet et al. 2007: E = α·m²/Σ 2^−M; where E is at most
 * 2.5·m the number of empty registers is the better witness (linear counting, m·ln(m/V)).
 */
import { condition, type Source } from './influxql.ts';

const REGISTERS = 128;
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

export function distinctQuery(source: Source, name: string): string {
  const names = Array.from({ length: REGISTERS }, (_, i) => `r${String(i).padStart(3, '0')}`);
  const maxima = names.map((register, i) => `max("${register}") AS m${i}`).join(',');
  const harmonic = names.map((_, i) => `pow(2.0,-1*m${i})`).join('+');
  // 1 for an empty register, else 0; 1.0* because abs() of a negative integer is wrong on 1.6.
  const empty = names.map((_, i) => `abs(1.0*m${i}-1)-m${i}`).join('+');
  const estimate = `${(ALPHA * REGISTERS * REGISTERS).toFixed(3)}/s`;
  const linear = `${REGISTERS}*ln(${REGISTERS}/(v+0.000001))`;
  // 1 above the threshold, 0 below, without a conditional: clamp01(E - threshold).
  const over = `(abs(${estimate}-${2.5 * REGISTERS})-abs(${estimate}-${2.5 * REGISTERS + 1})+1)/2`;
  return (
    `SELECT (${over})*${estimate}+(1-(${over}))*${linear} AS "${name}" FROM ` +
    `(SELECT ${harmonic} AS s,(${empty}+${REGISTERS})/2 AS v FROM ` +
    `(SELECT ${maxima} FROM ${source.measurement} WHERE ${condition(source)}))`
  );
}
