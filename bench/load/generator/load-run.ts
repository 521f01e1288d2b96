/**
 * The two ways to send prepared frames over many connections. Open loop: each message at its planned time, whatever
 * came back; latency is counted from that planned time, so that a stall of either side shows in every message that it
 * held up. Closed loop: so many commands unanswered at a time, as fast as answers come. Generator's thread.
 */

import { monotonicMs } from '../../../engine/shard/clock.js';
import type { LaneFrames, LoadConnection, LoadEvents } from '../connections/load-connection.js';
import { type Distribution, Micros } from './distribution.js';
import type { FlowFrames } from './flow-lanes.js';
import type { PacedSender } from './paced-sender.js';

/** Time between the plan and its first message. */
const LEAD_MS = 50;
/** An answer that has not come so long after the last message is lost. */
const LOST_MS = 15_000;
const LOOK_MS = 20;
const KEPT_WRONGS = 5;

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
  /** The sender sleeps so long before each batch; a test of the checks stands in the way here. */
  readonly stallMs?: number;
}

/** One connection's share of an open run. */
class OpenLane implements LoadEvents {
  readonly #run: OpenRun;
  readonly #frames: LaneFrames;
  /** Place in the plan of each of its frames. */
  readonly #places: Uint32Array;
  #done = 0;
  #answered = 0;

  constructor(run: OpenRun, frames: LaneFrames, places: Uint32Array) {
    this.#run = run;
    this.#frames = frames;
    this.#places = places;
  }

  answered(commands: number): void {
    this.#run.answered += commands - this.#answered;
    this.#answered = commands;
    const { firstCommands } = this.#frames;
    const places = this.#places;
    while (this.#done < places.length && (firstCommands[this.#done + 1] as number) <= commands) {
      this.#run.came(places[this.#done++] as number);
    }
  }

  stamped(inUs: number, sentUs: number): void {
    this.#run.stamped(inUs, sentUs);
  }

  wrong(what: string): void {
    this.#run.isWrong(what);
  }
}

/** The places in the plan of each connection's frames. */
function placesOf({ lanes, schedule }: FlowFrames): Uint32Array[] {
  const places = lanes.map(({ ends }) => new Uint32Array(ends.length));
  const next = new Uint32Array(lanes.length);
  for (const [place, lane] of schedule.entries()) {
    const frame = next[lane] as number;
    next[lane] = frame + 1;
    (places[lane] as Uint32Array)[frame] = place;
  }
  return places;
}

class OpenRun extends Run {
  readonly #options: OpenLoopOptions;
  readonly #connections: readonly LoadConnection[];
  readonly #frames: FlowFrames;
  readonly #sender: PacedSender;
  readonly #intervalMs: number;
  readonly #latency = new Micros();
  readonly #inServer = new Micros();
  #stamps = 0;
  #fromMs = 0;

  constructor(
    sender: PacedSender,
    connections: readonly LoadConnection[],
    frames: FlowFrames,
    options: OpenLoopOptions,
  ) {
    super(frames);
    this.#sender = sender;
    this.#options = options;
    this.#connections = connections;
    this.#frames = frames;
    this.#intervalMs = 1000 / options.rate;
    const places = placesOf(frames);
    for (const [index, connection] of connections.entries()) {
      const lane = frames.lanes[index] as LaneFrames;
      connection.begin(new OpenLane(this, lane, places[index] as Uint32Array), lane);
    }
  }

  came(place: number): void {
    if (place < this.#options.warmMessages) return;
    this.#latency.record((monotonicMs() - (this.#fromMs + place * this.#intervalMs)) * 1000);
  }

  stamped(inUs: number, sentUs: number): void {
    if (inUs === 0 || this.#sender.sent <= this.#options.warmMessages) return;
    this.#stamps++;
    this.#inServer.record(sentUs - inUs);
  }

  override isWrong(what: string): void {
    super.isWrong(what);
    if (this.wrong.length === KEPT_WRONGS) this.#sender.stop();
  }

  async play(): Promise<OpenLoopResult> {
    const { lanes, schedule } = this.#frames;
    const planned = schedule.length;
    this.#fromMs = monotonicMs() + LEAD_MS;
    const { sentInTime, lag, failed } = await this.#sender.play({
      lanes: lanes.map(({ bytes, ends }, index) => {
        const { descriptor } = this.#connections[index] as LoadConnection;
        return { descriptor, bytes, ends };
      }),
      schedule,
      fromMs: this.#fromMs,
      intervalMs: this.#intervalMs,
      warmMessages: this.#options.warmMessages,
      stallMs: this.#options.stallMs ?? 0,
    });
    if (failed !== '') this.isWrong(`a frame could not be written: ${failed}`);
    await this.settle(this.#options.lostMs);
    return {
      planned,
      sentShare: sentInTime / planned,
      commands: this.commands,
      answered: this.answered,
      wrong: this.wrong,
      lag,
      latency: this.#latency.finish(),
      inServer: this.#stamps === 0 ? null : this.#inServer.finish(),
    };
  }
}

/** Sends every frame at its time and waits for all answers. `connections[i]` sends `frames.lanes[i]`. */
export async function openLoop(
  sender: PacedSender,
  connections: readonly LoadConnection[],
  frames: FlowFrames,
  options: OpenLoopOptions,
): Promise<OpenLoopResult> {
  return new OpenRun(sender, connections, frames, options).play();
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
