/**
 * The two ways to send prepared frames over many connections. Open loop: each message at its planned time, whatever
 * came back; latency is counted from that planned time, so that a stall of either side shows in every message that it
 * held up. Closed loop: so many commands unanswered at a time, as fast as answers come. Generator's thread.
 */

import * as hdr from 'hdr-histogram-js';
import { monotonicMs } from '../../engine/shard/clock.js';
import type { FlowFrames, LaneFrames } from './flow-lanes.js';
import type { LoadConnection, LoadEvents } from './load-connection.js';
import type { Pacer } from './pacer.js';

/** Messages that are sent before the sockets are looked at again. */
const BATCH = 64;
/** Time between the plan and its first message. */
const LEAD_MS = 20;
/** An answer that has not come so long after the last message is lost. */
const LOST_MS = 15_000;
const LOOK_MS = 20;
const KEPT_WRONGS = 5;
const PERCENTILES = [50, 75, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 100] as const;

/** Of a distribution in microseconds. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Pairs of percentile and microseconds. */
  readonly curve: readonly (readonly [number, number])[];
}

export interface LoadResult {
  readonly commands: number;
  readonly answered: number;
  /** What came that was no answer, the first few; empty when all is well. */
  readonly wrong: readonly string[];
}

export interface OpenLoopResult extends LoadResult {
  readonly planned: number;
  /** Share of the messages that were sent before the plan's end. */
  readonly sentShare: number;
  /** How late the generator itself was. */
  readonly lag: Distribution;
  /** Planned time to answer. */
  readonly latency: Distribution;
  /** Inside the server, between taking in and sending, as its report frames say; null when they do not. */
  readonly inServer: Distribution | null;
}

export interface ClosedLoopResult extends LoadResult {
  readonly seconds: number;
  readonly commandsPerSecond: number;
}

class Micros {
  readonly #histogram = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });

  record(us: number): void {
    this.#histogram.recordValue(us < 1 ? 1 : Math.min(60_000_000, Math.round(us)));
  }

  finish(): Distribution {
    const { totalCount, mean } = this.#histogram;
    const at = (percentile: number) => this.#histogram.getValueAtPercentile(percentile);
    return {
      count: totalCount,
      mean: totalCount === 0 ? 0 : Math.round(mean * 10) / 10,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      max: at(100),
      curve: PERCENTILES.map((percentile) => [percentile, at(percentile)] as const),
    };
  }
}

/** What both kinds of runs count. */
abstract class Run {
  readonly wrong: string[] = [];
  answered = 0;
  readonly commands: number;

  constructor(frames: FlowFrames) {
    this.commands = frames.commands;
  }

  isWrong(what: string): void {
    if (this.wrong.length < KEPT_WRONGS) this.wrong.push(what);
  }

  /** Resolves when everything is answered, or nothing more can be expected; then `wrong` says so. */
  protected async settle(lostMs = LOST_MS): Promise<void> {
    const until = monotonicMs() + lostMs;
    while (this.answered < this.commands && monotonicMs() < until && this.wrong.length < KEPT_WRONGS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    const lost = this.commands - this.answered;
    if (lost > 0) this.isWrong(`${lost} of ${this.commands} commands were not answered`);
  }
}

// ---- open loop

export interface OpenLoopOptions {
  /** Messages a second, over all connections. */
  readonly rate: number;
  /** Messages at the beginning that are sent and checked, and not measured. */
  readonly warmMessages: number;
  /** An answer that has not come so long after the last message is lost. */
  readonly lostMs?: number;
  /** Told before each batch; a test of the checks stands in the way here. */
  readonly beforeBatch?: () => void;
}

/** One connection's share of an open run. */
class OpenLane implements LoadEvents {
  next = 0;
  readonly #run: OpenRun;
  readonly #frames: LaneFrames;
  /** Place in the plan of each of its frames. */
  readonly #places: Uint32Array;
  #done = 0;
  #answered = 0;

  constructor(run: OpenRun, frames: LaneFrames) {
    this.#run = run;
    this.#frames = frames;
    this.#places = new Uint32Array(frames.ends.length);
  }

  /** Its next frame is message `place` of the plan. */
  takesPlace(place: number): Uint8Array {
    const frame = this.next++;
    this.#places[frame] = place;
    const { bytes, ends } = this.#frames;
    return bytes.subarray(frame === 0 ? 0 : (ends[frame - 1] as number), ends[frame] as number);
  }

  answered(commands: number): void {
    this.#run.answered += commands - this.#answered;
    this.#answered = commands;
    const { firstCommands } = this.#frames;
    while (this.#done < this.next && (firstCommands[this.#done + 1] as number) <= commands) {
      this.#run.came(this.#places[this.#done++] as number);
    }
  }

  stamped(inUs: number, sentUs: number): void {
    this.#run.stamped(inUs, sentUs);
  }

  wrong(what: string): void {
    this.#run.isWrong(what);
  }
}

class OpenRun extends Run {
  readonly #options: OpenLoopOptions;
  readonly #connections: readonly LoadConnection[];
  readonly #schedule: Uint16Array;
  readonly #lanes: readonly OpenLane[];
  readonly #intervalMs: number;
  readonly #latency = new Micros();
  readonly #lag = new Micros();
  readonly #inServer = new Micros();
  #stamps = 0;
  #fromMs = 0;
  #sent = 0;
  #sentInTime = 0;

  constructor(connections: readonly LoadConnection[], frames: FlowFrames, options: OpenLoopOptions) {
    super(frames);
    this.#options = options;
    this.#connections = connections;
    this.#schedule = frames.schedule;
    this.#intervalMs = 1000 / options.rate;
    this.#lanes = frames.lanes.map((lane) => new OpenLane(this, lane));
    for (const [index, connection] of connections.entries()) {
      connection.begin(this.#lanes[index] as OpenLane, frames.lanes[index] as LaneFrames);
    }
  }

  came(place: number): void {
    if (place < this.#options.warmMessages) return;
    this.#latency.record((monotonicMs() - this.#plannedMs(place)) * 1000);
  }

  stamped(inUs: number, sentUs: number): void {
    if (inUs === 0 || this.#sent <= this.#options.warmMessages) return;
    this.#stamps++;
    this.#inServer.record(sentUs - inUs);
  }

  async play(pacer: Pacer): Promise<OpenLoopResult> {
    const planned = this.#schedule.length;
    this.#fromMs = monotonicMs() + LEAD_MS;
    pacer.plan(this.#fromMs, this.#intervalMs, planned);
    while (this.#sent < planned && this.wrong.length < KEPT_WRONGS) {
      this.#options.beforeBatch?.();
      if (this.#sendDue()) {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      pacer.prepareSleep();
      if (this.#isDue()) pacer.cancelSleep();
      else await pacer.sleep();
    }
    await this.settle(this.#options.lostMs);
    return {
      planned,
      sentShare: this.#sentInTime / planned,
      commands: this.commands,
      answered: this.answered,
      wrong: this.wrong,
      lag: this.#lag.finish(),
      latency: this.#latency.finish(),
      inServer: this.#stamps === 0 ? null : this.#inServer.finish(),
    };
  }

  #plannedMs(place: number): number {
    return this.#fromMs + place * this.#intervalMs;
  }

  #isDue(): boolean {
    return this.#plannedMs(this.#sent) <= monotonicMs();
  }

  /** Sends what is due, a batch at most. True when more may be due. */
  #sendDue(): boolean {
    const planned = this.#schedule.length;
    const endMs = this.#plannedMs(planned);
    for (let batch = 0; batch < BATCH; batch++) {
      if (this.#sent === planned) return false;
      const place = this.#sent;
      const nowMs = monotonicMs();
      const lagMs = nowMs - this.#plannedMs(place);
      if (lagMs < 0) return false;
      this.#sent++;
      if (nowMs <= endMs) this.#sentInTime++;
      if (place >= this.#options.warmMessages) this.#lag.record(lagMs * 1000);
      const lane = this.#schedule[place] as number;
      (this.#connections[lane] as LoadConnection).write((this.#lanes[lane] as OpenLane).takesPlace(place));
    }
    return true;
  }
}

/** Sends every frame at its time and waits for all answers. `connections[i]` sends `frames.lanes[i]`. */
export async function openLoop(
  pacer: Pacer,
  connections: readonly LoadConnection[],
  frames: FlowFrames,
  options: OpenLoopOptions,
): Promise<OpenLoopResult> {
  return new OpenRun(connections, frames, options).play(pacer);
}

// ---- closed loop

export interface ClosedLoopOptions {
  /** Frames that one connection may have unanswered. */
  readonly unanswered: number;
  /** Commands answered before the clock begins. */
  readonly warmCommands: number;
}

class ClosedLane implements LoadEvents {
  readonly #run: ClosedRun;
  readonly #connection: LoadConnection;
  readonly #frames: LaneFrames;
  readonly #unanswered: number;
  #sent = 0;
  #done = 0;
  #answered = 0;

  constructor(run: ClosedRun, connection: LoadConnection, frames: LaneFrames, unanswered: number) {
    this.#run = run;
    this.#connection = connection;
    this.#frames = frames;
    this.#unanswered = unanswered;
    connection.begin(this, frames);
  }

  /** Sends what may be sent, in one piece. */
  send(): void {
    const { bytes, ends } = this.#frames;
    const to = Math.min(ends.length, this.#done + this.#unanswered);
    if (to <= this.#sent) return;
    const from = this.#sent === 0 ? 0 : (ends[this.#sent - 1] as number);
    this.#sent = to;
    this.#connection.write(bytes.subarray(from, ends[to - 1] as number));
  }

  answered(commands: number): void {
    const more = commands - this.#answered;
    this.#answered = commands;
    const { firstCommands } = this.#frames;
    while (this.#done < this.#sent && (firstCommands[this.#done + 1] as number) <= commands) this.#done++;
    this.#run.came(more);
    this.send();
  }

  stamped(): void {}

  wrong(what: string): void {
    this.#run.isWrong(what);
  }
}

class ClosedRun extends Run {
  readonly #lanes: readonly ClosedLane[];
  readonly #warm: number;
  #fromMs = 0;
  #fromCommands = 0;
  #toMs = 0;

  constructor(connections: readonly LoadConnection[], frames: FlowFrames, options: ClosedLoopOptions) {
    super(frames);
    this.#warm = options.warmCommands;
    this.#lanes = connections.map(
      (connection, index) => new ClosedLane(this, connection, frames.lanes[index] as LaneFrames, options.unanswered),
    );
  }

  came(commands: number): void {
    this.answered += commands;
    if (this.#fromMs === 0 && this.answered >= this.#warm) {
      this.#fromMs = monotonicMs();
      this.#fromCommands = this.answered;
    }
    if (this.answered === this.commands) this.#toMs = monotonicMs();
  }

  async play(): Promise<ClosedLoopResult> {
    if (this.#warm === 0) this.#fromMs = monotonicMs();
    for (const lane of this.#lanes) lane.send();
    let before = -1;
    while (this.answered < this.commands && this.answered > before && this.wrong.length < KEPT_WRONGS) {
      before = this.answered;
      await this.#until(LOST_MS);
    }
    await this.settle();
    const seconds = (this.#toMs - this.#fromMs) / 1000;
    return {
      commands: this.commands,
      answered: this.answered,
      wrong: this.wrong,
      seconds,
      commandsPerSecond: seconds > 0 ? (this.commands - this.#fromCommands) / seconds : 0,
    };
  }

  async #until(limitMs: number): Promise<void> {
    const until = monotonicMs() + limitMs;
    while (this.answered < this.commands && monotonicMs() < until && this.wrong.length < KEPT_WRONGS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}

/** Sends all frames, so many unanswered at a time, and waits for all answers. */
export async function closedLoop(
  connections: readonly LoadConnection[],
  frames: FlowFrames,
  options: ClosedLoopOptions,
): Promise<ClosedLoopResult> {
  return new ClosedRun(connections, frames, options).play();
}
