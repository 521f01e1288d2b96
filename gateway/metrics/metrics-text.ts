/**
 * The answer to GET /metrics: the whole process, whichever gateway is asked. Reads words that others write and makes
 * text of them with prom-client, which knows how Prometheus wants names, labels and numbers. A gateway's thread; some
 * milliseconds a call, in pieces.
 */

import { setImmediate as immediately } from 'node:timers/promises';
import promClient, { type Metric } from 'prom-client';
import { MetricWords } from '../../engine/metrics/metric-words.js';
import { ShardStatus } from '../../engine/shard/status-words.js';
import type { GatewayWorkerData } from '../worker-data.js';
import { FAMILIES, type Family, type MetricsSources, type Sample } from './families.js';
import { OutputLags, RingDepth } from './ring-depths.js';

/** What a Registry asks of a metric: prom-client's own keep their numbers themselves, ours stand in shared words. */
class SharedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: Family['type'];
  readonly #samples: () => Sample[];

  constructor({ name, help, type, samples }: Family, from: MetricsSources) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.#samples = () => samples(from);
  }

  get(): { name: string; help: string; type: string; values: Sample[] } {
    return { name: this.name, help: this.help, type: this.type, values: this.#samples() };
  }
}

export class MetricsText {
  readonly #registry = new promClient.Registry();
  readonly #names: string[] = [];

  constructor({ metrics, outputs }: Pick<GatewayWorkerData, 'metrics' | 'outputs'>) {
    const from: MetricsSources = {
      version: metrics.version,
      shards: metrics.shards.map((memory) => new MetricWords(memory)),
      audits: metrics.audits.map((memory) => new MetricWords(memory)),
      gateways: metrics.gateways.map((memory) => new MetricWords(memory)),
      main: new MetricWords(metrics.main),
      statuses: metrics.statuses.map((memory) => new ShardStatus(memory)),
      rings: metrics.rings.flatMap((ofProducer, producer) =>
        ofProducer.map((memory, shard) => new RingDepth(memory, producer, shard)),
      ),
      outputs: outputs.map((memory, shard) => new OutputLags(memory, shard)),
    };
    for (const family of FAMILIES) {
      this.#names.push(family.name);
      // It is declared for prom-client's own four classes alone, and their `type` as a number, which is a word in truth.
      this.#registry.registerMetric(new SharedMetric(family, from) as unknown as Metric);
    }
  }

  /** The value of the answer's content-type. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in the text format of Prometheus. One family a turn of the event loop: orders go on in between. */
  async text(): Promise<string> {
    const families: string[] = [];
    for (const name of this.#names) {
      families.push(await this.#registry.getSingleMetricAsString(name));
      await immediately();
    }
    return `${families.join('\n\n')}\n`;
  }
}
