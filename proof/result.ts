/**
 * The one line in which a proof or a benchmark says what came out, so that people and scripts find all results alike.
 * Any thread; writes to standard output and nothing else.
 */

/**
 * `RESULT <name> <value> <unit>` and, when there is something to compare with, ` <ratio> vs <baseline>`.
 * A whole ratio keeps one decimal (`1.0`). Throws when a part is empty or would break the line apart.
 */
export function resultLine(
  name: string,
  value: number | string,
  unit: string,
  ratio?: number | string,
  baseline?: string,
): string {
  if ((ratio === undefined) !== (baseline === undefined)) {
    throw new Error(`Result ${name}: a ratio needs a baseline, and a baseline needs a ratio.`);
  }
  const parts = ['RESULT', name, String(value), unit];
  if (ratio !== undefined && baseline !== undefined) {
    parts.push(typeof ratio === 'number' && Number.isInteger(ratio) ? ratio.toFixed(1) : String(ratio), 'vs', baseline);
  }
  for (const part of parts) {
    if (!/^\S+$/.test(part)) {
      throw new Error(`Result ${name}: "${part}" is empty or holds a space, so the line could not be read again.`);
    }
  }
  return parts.join(' ');
}

/** Prints one result line; see `resultLine`. */
export function printResult(
  name: string,
  value: number | string,
  unit: string,
  ratio?: number | string,
  baseline?: string,
): void {
  process.stdout.write(`${resultLine(name, value, unit, ratio, baseline)}\n`);
}

const LINE = /^RESULT (\S+) (\S+) (\S+)(?: (\S+) vs (\S+))?$/;

/** What a result line says; null for any other line. Throws when its value is no number. */
export function parseResultLine(
  line: string,
): { name: string; value: number; unit: string; ratio?: number; baseline?: string } | null {
  const found = LINE.exec(line);
  if (found === null) return null;
  const [, name = '', value, unit = '', ratio, baseline] = found;
  if (!Number.isFinite(Number(value))) throw new Error(`Result ${name}: "${value}" is no number.`);
  const measured = { name, value: Number(value), unit };
  return ratio === undefined || baseline === undefined ? measured : { ...measured, ratio: Number(ratio), baseline };
}
