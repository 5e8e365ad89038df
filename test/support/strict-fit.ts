import { chooseFormats } from '../../src/parse/format-choice.ts';
import { Plan } from '../../src/parse/line/plan.ts';
import { RecordBatch } from '../../src/parse/record-batch.ts';

/** Whether a line (without its end) has all the marks of a format, as `auto` asks for them. */
export function strictFit(formatName: string): (line: Uint8Array) => boolean {
  const [format] = chooseFormats(formatName);
  if (format?.kind !== 'text') throw new Error(`${formatName} is no format of text`);
  const names = format.variables.map(({ name }) => name);
  const { strictProgram } = format;
  const plan = new Plan(strictProgram, names, undefined);
  const row = new RecordBatch(1);
  return (line) => {
    const view = new DataView(line.buffer, line.byteOffset, line.byteLength);
    plan.attach(line, view, row);
    const quotes = [...line.keys()].filter((at) => line[at] === 0x22);
    const { quoteCount } = strictProgram;
    if (quoteCount >= 0 && quotes.length !== quoteCount) return false;
    return plan.run(0, line.length, Int32Array.from(quotes), 0, 0);
  };
}
