/**
 * What must hold after a kill, given the witness's file, the streams read over the socket and the journals: nothing
 * acknowledged is missing, nothing is there twice, what was open is settled for certain, and the books agree.
 * Pure; any thread. Throws an Error that names the first thing that does not hold.
 */

import { idAt, reportAt } from '../../client/events.js';
import { answeredCounter, NO_ANSWER } from '../../client/pending.js';
import { LevelFold } from '../../engine/public/level-fold.js';
import { EventBit, EventKind, Reason } from '../../schemas/codes.js';
import {
  EVENT_ACCOUNT_SEQUENCE,
  EVENT_BOOK_BIT,
  EVENT_DISPLAYED,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_LEAVES,
  EVENT_ORDER_ID,
  EVENT_WORDS,
  NO_PRICE,
} from '../../schemas/layout.js';
import type { EventLog, SeenTop } from './event-log.js';
import type { AckLine, WitnessLine } from './witness-line.js';

export interface Evidence {
  readonly account: number;
  readonly lane: number;
  readonly instruments: readonly number[];
  /** Counters first .. first + issued - 1 were issued by the witness. */
  readonly firstCounter: number;
  readonly issued: number;
  readonly lines: readonly WitnessLine[];
  /** By shard. */
  readonly streams: readonly EventLog[];
  readonly journals: readonly EventLog[];
  readonly tops: ReadonlyMap<string, SeenTop>;
}

export interface Findings {
  readonly acknowledged: number;
  readonly neverHappened: number;
  readonly openOrders: number;
}

const COUNTER_BITS = 48n;
const SIDES = ['Buy', 'Sell'] as const;

function mustHold(holds: boolean, sentence: string): void {
  if (!holds) throw new Error(sentence);
}

/** The private stream over the socket is the journal's, event by event, and densely numbered. */
function checkStream(shard: number, stream: EventLog, journal: EventLog): void {
  for (let index = 0; index < Math.min(stream.count, journal.count); index++) {
    const at = index * EVENT_WORDS;
    const expected = (index + 1) | 0;
    mustHold(
      stream.words[at + EVENT_ACCOUNT_SEQUENCE] === expected,
      `Shard ${shard}: event ${index + 1} of the account has account sequence ${stream.words[at + EVENT_ACCOUNT_SEQUENCE]}.`,
    );
    for (let word = 0; word < EVENT_WORDS; word++) {
      mustHold(
        stream.words[at + word] === journal.words[at + word],
        `Shard ${shard}: the stream and the journal differ in word ${word} of sequence ${journal.sequence(index)}.`,
      );
    }
  }
  mustHold(
    stream.count <= journal.count,
    `Shard ${shard}: the stream has ${stream.count} events of the account, the journal ${journal.count}.`,
  );
  for (let index = stream.count; index < journal.count; index++) {
    // Behind the reading itself comes only the end of the reader's own session.
    mustHold(
      ((journal.words[index * EVENT_WORDS + EVENT_KIND_WORD] ?? 0) & 0xff) === EventKind.SessionClosed,
      `Shard ${shard}: the stream has ${stream.count} events of the account, the journal ${journal.count}.`,
    );
  }
}

interface FirstAnswer {
  readonly shard: number;
  readonly index: number;
}

/** First answers of the witness's lane by counter, as the streams show them; twice is an error. */
function firstAnswers(evidence: Evidence): Map<number, FirstAnswer> {
  const answers = new Map<number, FirstAnswer>();
  evidence.streams.forEach((stream, shard) => {
    for (let index = 0; index < stream.count; index++) {
      const at = index * EVENT_WORDS;
      const counter = answeredCounter(stream.words, at, evidence.lane);
      if (counter === NO_ANSWER || counter === 0) continue;
      const kindWord = stream.words[at + EVENT_KIND_WORD] ?? 0;
      const stale = (kindWord & 0xff) === EventKind.Rejected && kindWord >>> 16 === Reason.StaleIncarnation;
      // Behind the fence, what an older session left in a ring is refused: that it never happened is what this says.
      if (stale) continue;
      mustHold(((kindWord >>> 8) & EventBit.Duplicate) === 0, `Command ${counter} was answered as a duplicate.`);
      mustHold(!answers.has(counter), `Command ${counter} was answered twice.`);
      answers.set(counter, { shard, index });
    }
  });
  return answers;
}

function checkAck(evidence: Evidence, line: AckLine, answer: FirstAnswer | undefined): void {
  const name = `Acknowledged command ${line.clientOrderId}`;
  const stream = evidence.streams[line.shard];
  if (stream === undefined || answer === undefined) throw new Error(`${name} is missing from the stream.`);
  const { shard, index } = answer;
  const report = reportAt(stream.words, index * EVENT_WORDS, shard, stream.epochs[index] ?? 0);
  mustHold(shard === line.shard, `${name} was answered by shard ${line.shard} and is in shard ${shard}.`);
  mustHold(report.sequence === line.sequence, `${name} had sequence ${line.sequence} and has ${report.sequence}.`);
  mustHold(report.kind === line.kind, `${name} was answered ${line.kind} and is ${report.kind}.`);
  mustHold(report.orderId === line.orderId, `${name} was order ${line.orderId} and is ${report.orderId}.`);
  mustHold(report.reason === line.reason, `${name} had reason ${line.reason} and has ${report.reason}.`);
}

/** The epoch of each acknowledgement is the one that the journal gives its sequence. */
function checkEpochs(evidence: Evidence): void {
  const epochs = evidence.journals.map((journal) => {
    const bySequence = new Map<number, number>();
    for (let index = 0; index < journal.count; index++) {
      bySequence.set(journal.sequence(index), journal.epochs[index] ?? 0);
    }
    return bySequence;
  });
  for (const line of evidence.lines) {
    if (line.type !== 'ack') continue;
    const epoch = epochs[line.shard]?.get(line.sequence);
    // An event that a later epoch resent from the journal carries the sender's current epoch, never an older one.
    mustHold(
      epoch !== undefined && epoch <= line.epoch,
      `Acknowledged command ${line.clientOrderId} came in epoch ${line.epoch}; the journal has it in epoch ${epoch}.`,
    );
  }
}

/** Every command that the witness issued is settled once, and the stream says the same. */
function checkCommands(evidence: Evidence): Findings {
  const answers = firstAnswers(evidence);
  const settled = new Set<number>();
  let acknowledged = 0;
  let neverHappened = 0;
  for (const line of evidence.lines) {
    const counter = Number(BigInt.asUintN(48, line.clientOrderId));
    mustHold(
      line.clientOrderId >> COUNTER_BITS === BigInt(evidence.lane) &&
        counter >= evidence.firstCounter &&
        counter < evidence.firstCounter + evidence.issued,
      `The witness's file names ${line.clientOrderId}, which it never issued.`,
    );
    mustHold(!settled.has(counter), `The witness's file settles command ${counter} twice.`);
    settled.add(counter);
    const answer = answers.get(counter);
    if (line.type === 'ack') {
      acknowledged++;
      checkAck(evidence, line, answer);
    } else {
      if (line.type === 'never') neverHappened++;
      mustHold(answer === undefined, `Command ${counter} was settled as ${line.type}, and the stream has it.`);
    }
  }
  mustHold(
    settled.size === evidence.issued,
    `The witness issued ${evidence.issued} commands and its file settles ${settled.size}.`,
  );
  for (const counter of answers.keys()) {
    mustHold(settled.has(counter), `The stream answers command ${counter}, which the witness never settled.`);
  }
  return { acknowledged, neverHappened, openOrders: 0 };
}

interface BookedOrder {
  readonly instrument: number;
  readonly displayed: number;
}

/** Orders that rest, by id, from the events that change books. */
function restingOrders(log: EventLog): Map<bigint, BookedOrder> {
  const resting = new Map<bigint, BookedOrder>();
  for (let index = 0; index < log.count; index++) {
    const at = index * EVENT_WORDS;
    const kindWord = log.words[at + EVENT_KIND_WORD] ?? 0;
    if ((kindWord & EVENT_BOOK_BIT) === 0) continue;
    const orderId = idAt(log.words, at + EVENT_ORDER_ID);
    const displayed = (log.words[at + EVENT_DISPLAYED] ?? 0) >>> 0;
    const leaves = (log.words[at + EVENT_LEAVES] ?? 0) >>> 0;
    if ((kindWord & 0xff) === EventKind.Booked) {
      mustHold(!resting.has(orderId), `Order ${orderId} was booked twice.`);
      mustHold(displayed === leaves, `Order ${orderId} was booked with ${displayed} of ${leaves} shown.`);
    } else {
      mustHold(resting.has(orderId), `Order ${orderId} changed the book without resting in it.`);
    }
    if (displayed === 0) resting.delete(orderId);
    else resting.set(orderId, { instrument: (log.words[at + EVENT_INSTRUMENT] ?? 0) >>> 0, displayed });
  }
  return resting;
}

/** Orders of the stream equal the journal's, and the top over the socket equals the journal's book. */
function checkBooks(evidence: Evidence): number {
  let openOrders = 0;
  const folds = evidence.journals.map((journal) => {
    const fold = new LevelFold();
    for (let index = 0; index < journal.count; index++) fold.apply(journal.words, index * EVENT_WORDS);
    return fold;
  });
  evidence.streams.forEach((stream, shard) => {
    const seen = restingOrders(stream);
    const kept = restingOrders(evidence.journals[shard] ?? stream);
    openOrders += seen.size;
    mustHold(
      seen.size === kept.size,
      `Shard ${shard}: ${seen.size} orders rest by the stream, ${kept.size} by the journal.`,
    );
    for (const [orderId, order] of kept) {
      mustHold(
        seen.get(orderId)?.displayed === order.displayed,
        `Order ${orderId} rests with ${order.displayed} by the journal, ${seen.get(orderId)?.displayed} by the stream.`,
      );
    }
  });
  for (const instrument of evidence.instruments) {
    SIDES.forEach((name, side) => {
      const top = evidence.tops.get(`${instrument}/${name}`);
      const fold = folds.find((one) => one.levelCount(instrument, side) > 0);
      const price = fold?.bestPrice(instrument, side) ?? NO_PRICE;
      const total = fold?.bestTotal(instrument, side) ?? 0;
      const orders = fold?.bestOrders(instrument, side) ?? 0;
      mustHold(
        top !== undefined && top.price === price && top.total === total && top.orders === orders,
        `Instrument ${instrument}, ${name}: the socket shows ${JSON.stringify(top)}, the journal ${total} of ${orders} orders at ${price}.`,
      );
    });
  }
  return openOrders;
}

/** Holds the witness's file against the streams and the journals. */
export function checkAfterKill(evidence: Evidence): Findings {
  evidence.streams.forEach((stream, shard) => {
    const journal = evidence.journals[shard];
    if (journal === undefined) throw new Error(`There is no journal of shard ${shard}.`);
    checkStream(shard, stream, journal.ofAccount(evidence.account));
  });
  const findings = checkCommands(evidence);
  checkEpochs(evidence);
  return { ...findings, openOrders: checkBooks(evidence) };
}
