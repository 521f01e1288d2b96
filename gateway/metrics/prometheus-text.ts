/**
 * A small reader of the text format of Prometheus for tests and benchmarks: families with their samples, refused where a
 * line or a histogram is not as it must be. Any thread.
 */

export interface ReadFamily {
  readonly help: string;
  readonly type: string;
  /** By the sample's name and labels as they stand: `name{label="value"}`. */
  readonly samples: Map<string, number>;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)$/;
const PARTS = ['_bucket', '_sum', '_count'];
const INFINITE_EDGE = '+Inf';

/** Reads the whole text. Throws with the line that is wrong. */
export function readPrometheusText(text: string): Map<string, ReadFamily> {
  if (!text.endsWith('\n')) throw new Error('The text does not end with a line feed.');
  const families = new Map<string, ReadFamily>();
  let help: readonly [string, string] = ['', ''];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [hash, word = '', name = '', ...rest] = line.split(' ');
    if (hash === '#' && word === 'HELP') help = [name, rest.join(' ')];
    else if (hash === '#' && word === 'TYPE') {
      if (help[0] !== name || help[1] === '') throw new Error(`No help comes before: ${line}`);
      if (families.has(name)) throw new Error(`Twice: ${line}`);
      families.set(name, { help: help[1], type: rest.join(' '), samples: new Map() });
    } else takeSample(families, line);
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family);
  return families;
}

function takeSample(families: Map<string, ReadFamily>, line: string): void {
  const match = SAMPLE.exec(line);
  if (match === null) throw new Error(`No sample: ${line}`);
  const [, name = '', labels = '', value = ''] = match;
  const family = families.get(name) ?? families.get(familyOfPart(name));
  if (family === undefined) throw new Error(`Of no family: ${line}`);
  const key = labels === '' ? name : `${name}{${labels}}`;
  if (family.samples.has(key)) throw new Error(`Twice: ${line}`);
  const number = Number(value);
  if (value === '' || Number.isNaN(number)) throw new Error(`No number: ${line}`);
  family.samples.set(key, number);
}

function familyOfPart(name: string): string {
  const part = PARTS.find((suffix) => name.endsWith(suffix)) ?? '';
  return name.slice(0, name.length - part.length);
}

/** Edges of each set of labels rise, counts never fall, and the last one is the count. */
function checkHistogram(name: string, { samples }: ReadFamily): void {
  const last = new Map<string, { edge: number; count: number }>();
  for (const [key, count] of samples) {
    const edgeText = /[{,]le="([^"]*)"/.exec(key)?.[1];
    if (edgeText === undefined) continue;
    const labels = key
      .replace(/,?le="[^"]*"/, '')
      .replace(`${name}_bucket`, '')
      .replace(/^\{\}$/, '');
    const edge = edgeText === INFINITE_EDGE ? Number.POSITIVE_INFINITY : Number(edgeText);
    const before = last.get(labels) ?? { edge: Number.NEGATIVE_INFINITY, count: 0 };
    if (!(edge > before.edge) || count < before.count) throw new Error(`Out of order: ${key} ${count}`);
    last.set(labels, { edge, count });
  }
  for (const [labels, { edge, count }] of last) {
    if (edge !== Number.POSITIVE_INFINITY) throw new Error(`${name}${labels} has no last edge.`);
    if (samples.get(`${name}_count${labels}`) !== count) throw new Error(`${name}${labels} does not count all.`);
    if (!samples.has(`${name}_sum${labels}`)) throw new Error(`${name}${labels} has no sum.`);
  }
}
