/** The same flow as frames for the server that people usually write: a JSON text a command. Before the clock runs. */

import type { FlowPlan } from '../../../proof/recordings/flow-plan.js';
import { CommandKind, Side, TimeInForce } from '../../../schemas/codes.js';
import { COMMAND_KIND_WORD, COMMAND_PRICE, COMMAND_QUANTITY, COMMAND_WORDS } from '../../../schemas/layout.js';
import type { UsualRequest } from '../baselines/usual-request.js';
import type { LaneFrames } from '../connections/load-connection.js';
import { clientFrame } from '../connections/raw-websocket.js';
import { type FlowFrames, ownersOf } from './flow-lanes.js';

const OPCODE_TEXT = 1;

function requestOf(plan: FlowPlan, index: number, words: Int32Array): UsualRequest {
  const id = index + 1;
  const orderID = String(plan.orderId(id));
  const kindWord = words[COMMAND_KIND_WORD] as number;
  const kind = kindWord & 0xff;
  if (kind === CommandKind.Cancel) return { id, orderID, op: 'cancel' };
  const terms = {
    side: plan.side(id) === Side.Buy ? ('buy' as const) : ('sell' as const),
    size: (words[COMMAND_QUANTITY] as number) >>> 0,
    price: words[COMMAND_PRICE] as number,
  };
  if (kind === CommandKind.CancelReplace) return { id, orderID, op: 'modify', ...terms };
  const timeInForce = kindWord >>> 24 === TimeInForce.ImmediateOrCancel ? 'IOC' : 'GTC';
  return { id, orderID, op: 'new', ...terms, timeInForce };
}

/** Commands `from` to `from + count` of the flow, each a message. The file must be long enough. */
export function usualFrames(plan: FlowPlan, from: number, count: number, connections: number): FlowFrames {
  if (from + count > plan.length)
    throw new Error(`The flow has ${plan.length} commands, ${from + count} were asked for.`);
  const schedule = ownersOf(plan, from, count, connections);
  const frames = Array.from({ length: connections }, (): Buffer[] => []);
  const counters = Array.from({ length: connections }, (): number[] => []);
  const words = new Int32Array(COMMAND_WORDS);
  const party = { account: 0, session: 0, lane: 0, instrument: 1 };
  for (let index = 0; index < count; index++) {
    const lane = schedule[index] as number;
    plan.writeCommand(words, 0, from + index, party, party);
    frames[lane]?.push(clientFrame(Buffer.from(JSON.stringify(requestOf(plan, from + index, words))), OPCODE_TEXT));
    counters[lane]?.push(from + index + 1);
  }
  const lanes = frames.map((lane, index): LaneFrames => {
    let end = 0;
    return {
      bytes: inSharedMemory(lane),
      ends: Uint32Array.from(lane, (frame) => {
        end += frame.length;
        return end;
      }),
      counters: Uint32Array.from(counters[index] ?? []),
      firstCommands: Uint32Array.from({ length: lane.length + 1 }, (_, frame) => frame),
    };
  });
  return { lanes, schedule, commands: count };
}

/** For the sender's thread. */
function inSharedMemory(pieces: readonly Buffer[]): Buffer {
  const whole = Buffer.concat(pieces);
  const shared = Buffer.from(new SharedArrayBuffer(whole.length));
  whole.copy(shared);
  return shared;
}
