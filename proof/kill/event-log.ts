/**
 * Events of one shard as they were met, in order, for the check: out of the journal's files, or over the socket by a
 * client that resumes from the beginning. Any thread.
 */

import { TredyeClient } from '../../client/index.js';
import type { KeyGiven } from '../../client/node/signer.js';
import { RealDisk } from '../../engine/journal/disk.js';
import { JournalReader } from '../../engine/journal/reader.js';
import type { JournalIdentity } from '../../engine/journal/segments.js';
import { EVENT_ACCOUNT, EVENT_SEQUENCE, EVENT_WORDS, joinWords, NO_PRICE } from '../../schemas/layout.js';

/** Events behind each other in `words`; `epochs` holds each one's epoch. */
export class EventLog {
  words = new Int32Array(EVENT_WORDS * 4096);
  epochs = new Uint32Array(4096);
  count = 0;

  add(words: Int32Array, at: number, epoch: number): void {
    if (this.count === this.epochs.length) {
      const wider = new Int32Array(this.words.length * 2);
      wider.set(this.words);
      this.words = wider;
      const longer = new Uint32Array(this.epochs.length * 2);
      longer.set(this.epochs);
      this.epochs = longer;
    }
    this.words.set(words.subarray(at, at + EVENT_WORDS), this.count * EVENT_WORDS);
    this.epochs[this.count++] = epoch;
  }

  sequence(index: number): number {
    const at = index * EVENT_WORDS + EVENT_SEQUENCE;
    return joinWords(this.words[at] ?? 0, this.words[at + 1] ?? 0);
  }

  /** Those about one account. */
  ofAccount(account: number): EventLog {
    const own = new EventLog();
    for (let index = 0; index < this.count; index++) {
      const at = index * EVENT_WORDS;
      if ((this.words[at + EVENT_ACCOUNT] ?? 0) >>> 0 === account) own.add(this.words, at, this.epochs[index] ?? 0);
    }
    return own;
  }
}

/** All events of a journal, read to its verified end. */
export function readJournalEvents(directory: string, identity: JournalIdentity): EventLog {
  const log = new EventLog();
  const reader = new JournalReader(new RealDisk(), directory, identity);
  if (!reader.seekStart()) return log;
  for (let record = reader.next(Infinity); record !== null; record = reader.next(Infinity)) {
    for (let index = 0; index < record.eventCount; index++) log.add(record.events, index * EVENT_WORDS, record.epoch);
  }
  reader.close();
  return log;
}

/** The best level of a side as the socket shows it. */
export interface SeenTop {
  readonly price: number;
  readonly total: number;
  readonly orders: number;
}

export interface SeenStreams {
  /** By shard: the account's private events from the beginning on. */
  readonly logs: readonly EventLog[];
  /** By instrument and side, `12/Buy`. */
  readonly tops: ReadonlyMap<string, SeenTop>;
}

const READ_MS = 60_000;

/** Reads an account's whole private stream and the tops of the instruments over the socket, as a new client would. */
export async function readStreams(
  url: string,
  key: KeyGiven,
  lane: number,
  shards: number,
  instruments: readonly number[],
): Promise<SeenStreams> {
  const logs = Array.from({ length: shards }, () => new EventLog());
  const tops = new Map<string, SeenTop>();
  const resume = logs.map((_, shard) => ({ shard, epoch: 1, sequence: 0 }));
  const client = await TredyeClient.connect(url, key, { lane, resume });
  const resumed = new Set<number>();
  await new Promise<void>((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error('The streams did not come to an end in time.')), READ_MS);
    const finishWhenAll = () => {
      if (resumed.size < shards || tops.size < instruments.length * 2) return;
      clearTimeout(timeout);
      resolve();
    };
    client.onEventWords((words, at, shard, epoch) => logs[shard]?.add(words, at, epoch));
    client.onRolledBack(() => reject(new Error('A stream of level disk was rolled back.')));
    client.onResumed(({ shard }) => {
      resumed.add(shard);
      finishWhenAll();
    });
    client.onTop(({ instrument, side, price, quantity, orders }) => {
      tops.set(`${instrument}/${side}`, { price: price ?? NO_PRICE, total: quantity, orders });
      finishWhenAll();
    });
    client.subscribe(['top'], { instruments }).catch(reject);
  });
  await client.close();
  return { logs, tops };
}
