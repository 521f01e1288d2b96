/**
 * The mix of flow_normal as frames of many connections: every order of the flow belongs to one connection, with all that
 * is done to it, so that each connection cancels and changes its own orders. Masked and laid out before the clock runs.
 *
 * When the file is at its end it begins again, with client order ids that go on: what rested of the first time rests on.
 */

import type { FlowPlan } from '../../../proof/recordings/flow-plan.js';
import { CommandFrameWriter } from '../../../schemas/frame-writer.js';
import {
  COMMAND_BYTES,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
} from '../../../schemas/layout.js';
import type { LaneFrames } from '../connections/load-connection.js';
import { clientHeaderBytes, sealClientFrame } from '../connections/raw-websocket.js';

/** Empty CommandFrame's bytes: what is in front of its commands. */
const FRAME_HEAD_BYTES = 32;
const MASK = 0x37fa213d;

export interface FlowFrames {
  readonly lanes: readonly LaneFrames[];
  /** The connection of each frame, in the order in which they are planned. */
  readonly schedule: Uint16Array;
  readonly commands: number;
}

export interface FlowShape {
  readonly connections: number;
  /** Commands in a frame; the last one of a connection may have fewer. */
  readonly perFrame: number;
  /** The lane that all connections use, each of its own account. */
  readonly lane: number;
  readonly instrument: number;
  /** Number of each connection's next frame. */
  readonly firstFrameNumber: number;
}

/** The connection of each of these commands of the flow. */
export function ownersOf(plan: FlowPlan, from: number, count: number, connections: number): Uint16Array {
  return Uint16Array.from(
    { length: count },
    (_, index) => plan.orderId(((from + index) % plan.length) + 1) % connections,
  );
}

/** Frames of commands `from` to `from + count` of the flow. */
export function flowFrames(plan: FlowPlan, from: number, count: number, shape: FlowShape): FlowFrames {
  const { connections } = shape;
  const owner = ownersOf(plan, from, count, connections);
  const commandsOf = new Uint32Array(connections);
  for (const lane of owner) commandsOf[lane] = (commandsOf[lane] as number) + 1;
  const builders = Array.from(commandsOf, (commands) => new LaneBuilder(commands, shape));
  const schedule: number[] = [];
  const words = new Int32Array(COMMAND_WORDS);
  const party = { account: 0, session: 0, lane: shape.lane, instrument: shape.instrument };
  for (let index = 0; index < count; index++) {
    const lane = owner[index] as number;
    const position = from + index;
    const pass = Math.floor(position / plan.length) * plan.length;
    plan.writeCommand(words, 0, position - pass, party, party);
    words[COMMAND_CLIENT_ORDER_ID] = (words[COMMAND_CLIENT_ORDER_ID] as number) + pass;
    if (words[COMMAND_FLAGS_WORD] !== 0) words[COMMAND_TARGET_ID] = (words[COMMAND_TARGET_ID] as number) + pass;
    if ((builders[lane] as LaneBuilder).add(words)) schedule.push(lane);
  }
  for (const [lane, builder] of builders.entries()) if (builder.flush()) schedule.push(lane);
  return {
    lanes: builders.map((builder) => builder.finish()),
    schedule: Uint16Array.from(schedule),
    commands: count,
  };
}

class LaneBuilder {
  readonly #writer = new CommandFrameWriter();
  readonly #bytes: Buffer;
  readonly #ends: number[] = [];
  readonly #counters: Uint32Array;
  readonly #firstCommands: number[] = [0];
  readonly #perFrame: number;
  #number: number;
  #commands = 0;
  #at = 0;

  constructor(commands: number, { perFrame, firstFrameNumber }: FlowShape) {
    this.#perFrame = perFrame;
    this.#number = firstFrameNumber;
    this.#counters = new Uint32Array(commands);
    const frames = Math.ceil(commands / perFrame);
    const longest = clientHeaderBytes(FRAME_HEAD_BYTES + perFrame * COMMAND_BYTES);
    const bytes = commands * COMMAND_BYTES + frames * (FRAME_HEAD_BYTES + longest);
    this.#bytes = Buffer.from(new SharedArrayBuffer(bytes));
    this.#writer.begin();
  }

  /** True when a frame is full. */
  add(words: Int32Array): boolean {
    this.#writer.append(words, 0, 1);
    this.#counters[this.#commands++] = words[COMMAND_CLIENT_ORDER_ID] as number;
    return this.#writer.count === this.#perFrame && this.flush();
  }

  /** Ends the frame that is begun. False when there is none. */
  flush(): boolean {
    if (this.#writer.count === 0) return false;
    const frame = this.#writer.finish(this.#number++);
    this.#bytes.set(frame, this.#at + clientHeaderBytes(frame.length));
    this.#at = sealClientFrame(this.#bytes, this.#at, frame.length, MASK);
    this.#ends.push(this.#at);
    this.#firstCommands.push(this.#commands);
    this.#writer.begin();
    return true;
  }

  finish(): LaneFrames {
    return {
      bytes: this.#bytes.subarray(0, this.#at),
      ends: Uint32Array.from(this.#ends),
      counters: this.#counters,
      firstCommands: Uint32Array.from(this.#firstCommands),
    };
  }
}
