/**
 * The witness: a client in a process of its own that trades through kills of the platform. It appends every
 * acknowledgement to its file before it sends more, reconnects, resumes, and settles by the fence what a kill left open.
 * Steered by its parent over the IPC channel: `go` and `pause` in, `inFlight` (at each loss of the connection, the
 * commands sent and unanswered), `settled` (paused, connected, nothing open) and `failed` out.
 *
 * Arguments: url, key file, witness file, seed, lane, instruments (comma separated numbers).
 */

import { openSync, writeSync } from 'node:fs';
import { type AnyReport, readKeyFile, TredyeClient, TredyeError } from '../../client/index.js';
import { seededRandom } from '../seeded-random.js';
import { type WitnessLine, type WitnessMessage, type WitnessOrder, writeWitnessLine } from './witness-line.js';

/** At most so many commands are unanswered; how many it is changes from turn to turn, so that kills meet all sorts. */
const WIDEST_WINDOW = 512;
/** Orders that the witness keeps open at most; beyond it cancels. */
const OPEN_TARGET = 200;
const LOWEST_PRICE = 95;
const PRICES = 10;
const MAX_QUANTITY = 20;
const LANE_SHIFT = 48n;
/** Of the longest wait before the next attempt to connect. */
const SHARE_OF_BACKOFF = 0.02;

interface OpenOrder {
  readonly orderId: bigint;
  readonly instrument: number;
}

function tell(message: WitnessMessage): void {
  process.send?.(message);
}

class Witness {
  private readonly client: TredyeClient;
  private readonly file: number;
  private readonly random: () => number;
  private readonly instruments: readonly number[];
  private readonly firstCounter: number;
  private readonly open: OpenOrder[] = [];
  private readonly lines: string[] = [];
  private issued = 0;
  private unanswered = 0;
  private going = false;
  private flushPlanned = false;

  constructor(client: TredyeClient, file: number, seed: number, instruments: readonly number[], firstCounter: number) {
    this.client = client;
    this.file = file;
    this.random = seededRandom(seed);
    this.instruments = instruments;
    this.firstCounter = firstCounter;
    client.onStateChange((state) => {
      if (state === 'reconnecting') tell({ type: 'inFlight', count: this.unanswered });
      if (state === 'closed') tell({ type: 'failed', why: 'The session of the witness was closed.' });
      this.planFlush();
    });
  }

  obey(order: WitnessOrder): void {
    this.going = order === 'go';
    this.planFlush();
  }

  /** After all answers of this turn: first to the file, then on. */
  private planFlush(): void {
    if (this.flushPlanned) return;
    this.flushPlanned = true;
    setImmediate(() => {
      this.flushPlanned = false;
      this.flush();
      if (this.going && this.client.state === 'ready') {
        const window = 1 + this.below(WIDEST_WINDOW);
        while (this.unanswered < window) this.issue();
      }
      if (!this.going && this.unanswered === 0 && this.client.state === 'ready') {
        tell({ type: 'settled', issued: this.issued, firstCounter: this.firstCounter });
      }
    });
  }

  private flush(): void {
    if (this.lines.length === 0) return;
    writeSync(this.file, this.lines.join(''));
    this.lines.length = 0;
  }

  private below(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  private issue(): void {
    const counter = this.firstCounter + this.issued++;
    const clientOrderId = (BigInt(this.client.lane) << LANE_SHIFT) | BigInt(counter);
    this.unanswered++;
    this.command().then(
      (report) => this.answered(clientOrderId, report),
      (error: unknown) => this.settledWithout(clientOrderId, error),
    );
  }

  private command(): Promise<AnyReport> {
    const instrument = this.instruments[this.below(this.instruments.length)] ?? 0;
    const price = LOWEST_PRICE + this.below(PRICES);
    const quantity = 1 + this.below(MAX_QUANTITY);
    const kind = this.below(10);
    const full = this.open.length > OPEN_TARGET;
    if (this.open.length > 0 && (full || kind < 3)) {
      const [order] = this.open.splice(this.below(this.open.length), 1);
      if (order !== undefined) {
        if (full || kind < 2) return this.client.cancel(order);
        return this.client.replace({ ...order, price, quantity }).then((report) => {
          if (report.kind === 'Reduced' || report.kind === 'Replaced') this.open.push(order);
          return report;
        });
      }
    }
    const side = this.random() < 0.5 ? 'Buy' : 'Sell';
    const timeInForce = kind === 9 ? 'ImmediateOrCancel' : 'GoodTillCancel';
    return this.client.place({ instrument, side, price, quantity, timeInForce }).then((report) => {
      if (report.kind === 'Accepted' && kind !== 9) this.open.push({ orderId: report.orderId, instrument });
      return report;
    });
  }

  private answered(clientOrderId: bigint, report: AnyReport): void {
    const { kind, orderId, shard, epoch, sequence, reason } = report;
    this.settle({ type: 'ack', clientOrderId, kind, orderId, shard, epoch, sequence, reason });
  }

  private settledWithout(clientOrderId: bigint, error: unknown): void {
    if (error instanceof TredyeError && error.code === 'NEVER_HAPPENED') {
      this.settle({ type: 'never', clientOrderId });
    } else if (error instanceof TredyeError && error.code === 'REFUSED') {
      this.settle({ type: 'refused', clientOrderId, reason: error.reason ?? '' });
    } else {
      tell({ type: 'failed', why: `Command ${clientOrderId} is not settled: ${String(error)}` });
    }
  }

  private settle(line: WitnessLine): void {
    this.lines.push(writeWitnessLine(line));
    this.unanswered--;
    this.planFlush();
  }
}

const [url = '', keyFile = '', file = '', seed = '', lane = '', instruments = ''] = process.argv.slice(2);
const startCounter = 1000;
const client = await TredyeClient.connect(url, readKeyFile(keyFile), {
  lane: Number(lane),
  heartbeatSeconds: 1,
  startCounter,
  // Kills come by the second here, and full jitter would have it wait longer and longer between them.
  random: () => SHARE_OF_BACKOFF,
});
await client.instruments();
const witness = new Witness(
  client,
  openSync(file, 'a'),
  Number(seed),
  instruments.split(',').map(Number),
  startCounter + 1,
);
process.on('message', (order: WitnessOrder) => witness.obey(order));
process.on('disconnect', () => process.exit(0));
tell({ type: 'ready' });
