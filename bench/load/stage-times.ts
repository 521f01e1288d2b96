/**
 * Where the time of an order goes inside the platform, from its own histograms at /metrics: what was counted between two
 * looks. The stages of a level add up to the whole. Bench's process.
 */

/** In the order in which an order passes them; `whole` is from the read frame to the sent answer. */
export const STAGES = ['sequenced', 'matched', 'durable', 'sent', 'whole'] as const;
export type Stage = (typeof STAGES)[number];

const STAGE_METRIC = 'tredye_order_stage_seconds';
const WHOLE_METRIC = 'tredye_order_seconds';
const US = 1e6;

/** Of one stage: orders up to each edge (seconds), the sum of their seconds, how many they are. */
interface Counted {
  readonly edges: Map<number, number>;
  sum: number;
  count: number;
}

export type StageCounts = ReadonlyMap<Stage, Counted>;

export interface StageTime {
  readonly p50: number;
  readonly mean: number;
}

/** The counts of one level as they are now. Throws when the platform does not show them. */
export async function readStages(base: string, level: string): Promise<StageCounts> {
  const answer = await fetch(`${base}/metrics`);
  if (answer.status !== 200) throw new Error(`${base}/metrics was answered ${answer.status}.`);
  return parseStages(await answer.text(), level);
}

export function parseStages(text: string, level: string): StageCounts {
  const counts = new Map<Stage, Counted>();
  for (const line of text.split('\n')) {
    const found = /^(\w+?)_(bucket|sum|count)\{([^}]*)\} (\S+)$/.exec(line);
    if (found === null) continue;
    const [, metric, kind, labels = '', number] = found;
    if (metric !== STAGE_METRIC && metric !== WHOLE_METRIC) continue;
    if (labelOf(labels, 'level') !== level) continue;
    const stage = metric === WHOLE_METRIC ? 'whole' : STAGES.find((one) => one === labelOf(labels, 'stage'));
    if (stage === undefined) throw new Error(`${STAGE_METRIC} has a stage that is not known here: ${labels}`);
    const counted = counts.get(stage) ?? { edges: new Map(), sum: 0, count: 0 };
    counts.set(stage, counted);
    const value = Number(number);
    if (kind === 'sum') counted.sum = value;
    else if (kind === 'count') counted.count = value;
    else counted.edges.set(edgeOf(labelOf(labels, 'le')), value);
  }
  return counts;
}

function labelOf(labels: string, name: string): string {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? '';
}

function edgeOf(le: string): number {
  return le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
}

/** What lies between two looks, by stage, in microseconds; stages in which nothing was counted are left out. */
export function stagesBetween(before: StageCounts, after: StageCounts): Map<Stage, StageTime> {
  const times = new Map<Stage, StageTime>();
  for (const stage of STAGES) {
    const to = after.get(stage);
    if (to === undefined) continue;
    const from = before.get(stage);
    const count = to.count - (from?.count ?? 0);
    if (count <= 0) continue;
    const mean = ((to.sum - (from?.sum ?? 0)) / count) * US;
    times.set(stage, { mean: Math.round(mean), p50: Math.round(middleOf(from, to, count) * US) });
  }
  return times;
}

/** Within its bucket the middle one is taken to lie where its rank does. */
function middleOf(from: Counted | undefined, to: Counted, count: number): number {
  const edges = [...to.edges.keys()].sort((a, b) => a - b);
  const upTo = (edge: number) => (to.edges.get(edge) ?? 0) - (from?.edges.get(edge) ?? 0);
  let below = 0;
  let low = 0;
  for (const edge of edges) {
    const here = upTo(edge);
    if (here >= count / 2) {
      if (edge === Number.POSITIVE_INFINITY) return low;
      return low + ((edge - low) * (count / 2 - below)) / Math.max(1, here - below);
    }
    below = here;
    low = edge;
  }
  return low;
}
