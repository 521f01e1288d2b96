/**
 * The same market with other private facts: other accounts behind the orders, other sessions, lanes and client order ids,
 * other fees, other quantities that nobody is shown. What is public must not change by a byte. Any thread.
 */

import { decodeTerms, encodeBustTerms, setOperationId } from '../../schemas/admin.js';
import { CommandFlag, CommandKind, EventKind } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_CLIENT_ORDER_ID,
  COMMAND_FLAGS_WORD,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_ACCOUNT,
  EVENT_AMOUNT,
  EVENT_CLIENT_ORDER_ID,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_SESSION,
  EVENT_WORDS,
} from '../../schemas/layout.js';
import { readId, writeId } from '../model/plain-records.js';
import type { Scenario } from '../model-vs-engine/scenario.js';

const SESSIONS = 0x5e55_0000;
const COUNTERS = 0xc0ff_ee00n;
const COUNTER_BITS = 48n;
const COUNTER_MASK = 0xffff_ffff_ffffn;
const FEE = 17;
const HIDDEN = 1_000_000;
/** The lanes that random sequences use, and others in their place. */
const LANES = new Map([
  [1n, 0xbee1n],
  [2n, 0xbee2n],
  [3n, 0xbee3n],
  [65535n, 0xbee4n],
]);

/** The scenario with other accounts, sessions, lanes and client order ids. */
export function otherwise(scenario: Scenario): Scenario {
  const commands = scenario.commands.map((command) => ({ ...command, words: otherWords(command.words) }));
  // Accounts 1 and 2 change places, so their terms do: the first two records of all.
  const [first, second] = commands;
  if (first === undefined || second === undefined) throw new Error('a scenario begins with two accounts');
  const { words } = first;
  first.words = second.words;
  second.words = words;
  for (const each of [first, second]) {
    // Elsewhere than in shard 0 the number of an admin record is its place.
    if (scenario.shard !== 0) each.words[COMMAND_QUANTITY] = commands.indexOf(each) + 1;
  }
  return { ...scenario, commands };
}

/**
 * Without what cannot be told otherwise: a kill of all takes orders account by account, by number, so that much of whose
 * they are shows in the order of its cancels.
 */
export function tellable(scenario: Scenario): Scenario {
  const isOne = (words: Int32Array) => {
    const kind = (words[COMMAND_KIND_WORD] ?? 0) & 0xff;
    const isOfAll = words[COMMAND_ACCOUNT] === 0 && words[COMMAND_INSTRUMENT] === 0;
    return kind === CommandKind.Kill && isOfAll;
  };
  return { ...scenario, commands: scenario.commands.filter(({ words }) => !isOne(words)) };
}

function otherWords(words: Int32Array): Int32Array {
  const other = words.slice();
  // While head and Parts still bear one id.
  const head = (other[COMMAND_KIND_WORD] ?? 0) & 0xff;
  if (head === CommandKind.Bust || head === CommandKind.Correction) tellFillsOtherwise(other);
  for (let at = 0; at < other.length; at += COMMAND_WORDS) {
    const kind = (other[at + COMMAND_KIND_WORD] ?? 0) & 0xff;
    changeId(other, at + COMMAND_CLIENT_ORDER_ID);
    if (kind === CommandKind.Part) continue;
    const session = other[at + COMMAND_SESSION] ?? 0;
    if (session !== 0) other[at + COMMAND_SESSION] = session + SESSIONS;
    const account = other[at + COMMAND_ACCOUNT] ?? 0;
    if (account === 1 || account === 2) other[at + COMMAND_ACCOUNT] = 3 - account;
    const flags = (other[at + COMMAND_FLAGS_WORD] ?? 0) >>> 16;
    if ((flags & CommandFlag.TargetIsClientOrderId) !== 0) changeId(other, at + COMMAND_TARGET_ID);
    if (kind === CommandKind.MassCancel && (flags & CommandFlag.OneLane) !== 0) {
      const lane = LANES.get(BigInt(other[at + COMMAND_QUANTITY] ?? 0));
      if (lane !== undefined) other[at + COMMAND_QUANTITY] = Number(lane);
    }
  }
  return other;
}

/** A bust or correction brings the fills of its trade along in its Parts, accounts and all. */
function tellFillsOtherwise(words: Int32Array): void {
  const parts = words.length / COMMAND_WORDS - 1;
  const terms = decodeTerms(words, 0, parts + 1);
  if (typeof terms === 'number' || terms.type !== 'bust') return;
  const fills = new Int32Array(terms.fills.slice().buffer);
  for (let at = 0; at < fills.length; at += EVENT_WORDS) {
    const account = fills[at + EVENT_ACCOUNT] ?? 0;
    if (account === 1 || account === 2) fills[at + EVENT_ACCOUNT] = 3 - account;
    fills[at + EVENT_SESSION] = (fills[at + EVENT_SESSION] ?? 0) + SESSIONS;
    changeId(fills, at + EVENT_CLIENT_ORDER_ID);
  }
  words.set(encodeBustTerms(fills), COMMAND_WORDS);
  setOperationId(words, 0, parts, words[COMMAND_CLIENT_ORDER_ID] ?? 0, words[COMMAND_CLIENT_ORDER_ID + 1] ?? 0);
}

function changeId(words: Int32Array, at: number): void {
  const id = readId(words, at);
  const lane = LANES.get(id >> COUNTER_BITS);
  const counter = id & COUNTER_MASK;
  if (lane === undefined) return;
  writeId(words, at, (lane << COUNTER_BITS) | (counter === 0n ? 0n : (counter + COUNTERS) & COUNTER_MASK));
}

/** Other fees in the fills, and more behind every order than is shown of it. */
export function changeHidden(events: Int32Array, count: number): void {
  for (let at = 0; at < count * EVENT_WORDS; at += EVENT_WORDS) {
    const kind = (events[at + EVENT_KIND_WORD] ?? 0) & 0xff;
    if (kind === EventKind.Fill) events[at + EVENT_AMOUNT] = (events[at + EVENT_AMOUNT] ?? 0) + FEE;
    const leaves = events[at + EVENT_LEAVES] ?? 0;
    if (leaves !== 0 && kind < EventKind.SessionOpened) events[at + EVENT_LEAVES] = leaves + HIDDEN;
  }
}
