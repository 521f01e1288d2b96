/**
 * Carries admin records from shard 0, which numbers them, to all other shards: in order, and only what is durable there.
 * Supervisor thread.
 *
 * A record keeps its operation id and its number; its session becomes 0, the platform's own, because its sender may be
 * gone by then and the record must be applied all the same: otherwise one shard would know fewer instruments than the
 * others. Shard 0 has answered the sender; an instrument of another shard takes commands as soon as that shard's own
 * InstrumentAdded is out, and is refused NotReady, which may be tried again, until then.
 */

import { AdminLog } from '../engine/admin-log.js';
import { CommandKind } from '../schemas/codes.js';
import { COMMAND_KIND_WORD, COMMAND_QUANTITY, COMMAND_SESSION, COMMAND_WORDS, MAX_PARTS } from '../schemas/layout.js';
import type { OwnChannel } from './own-channel.js';

/** Admin records are rare: a look this often costs nothing, and a new instrument waits no longer for its shard. */
const LOOK_MS = 5;

/** One shard's place in the log. */
interface Follower {
  readonly channel: OwnChannel;
  slot: number;
}

export class AdminForwarding {
  private readonly log: AdminLog;
  private readonly followers: Follower[];
  private readonly record = new Int32Array((MAX_PARTS + 1) * COMMAND_WORDS);
  private timer: NodeJS.Timeout | null = null;

  /** channels: to all shards but 0. applied: for each of them the number of the last record that it has applied. */
  constructor(memory: SharedArrayBuffer, channels: readonly OwnChannel[], applied: readonly number[]) {
    this.log = new AdminLog(memory);
    this.followers = channels.map((channel, at) => ({ channel, slot: this.slotBehind(applied[at] ?? 0) }));
  }

  /** Records of shard 0 that were published so far. */
  static published(memory: SharedArrayBuffer): number {
    const log = new AdminLog(memory);
    let records = 0;
    for (let slot = 0; slot < log.published(); slot++) {
      if (((log.words[log.wordOf(slot) + COMMAND_KIND_WORD] ?? 0) & 0xff) !== CommandKind.Part) records++;
    }
    return records;
  }

  start(): void {
    if (this.followers.length === 0) return;
    this.forward();
    this.timer = setInterval(() => this.forward(), LOOK_MS);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  /** Slot of the first record with a higher number. */
  private slotBehind(number: number): number {
    const { log } = this;
    const published = log.published();
    let slot = 0;
    while (slot < published) {
      if ((log.words[log.wordOf(slot) + COMMAND_QUANTITY] ?? 0) >>> 0 > number) break;
      slot += this.recordsAt(slot, published);
    }
    return slot;
  }

  /** A head and the Parts behind it. */
  private recordsAt(slot: number, published: number): number {
    const { log } = this;
    let records = 1;
    while (
      slot + records < published &&
      ((log.words[log.wordOf(slot + records) + COMMAND_KIND_WORD] ?? 0) & 0xff) === CommandKind.Part
    ) {
      records++;
    }
    return records;
  }

  /** Sends each shard what it has not got, as far as its ring has room. */
  private forward(): void {
    const published = this.log.published();
    for (const follower of this.followers) {
      while (follower.slot < published) {
        const records = this.recordsAt(follower.slot, published);
        const from = this.log.wordOf(follower.slot);
        this.record.set(this.log.words.subarray(from, from + records * COMMAND_WORDS));
        this.record[COMMAND_SESSION] = 0;
        if (!follower.channel.tryPublish(this.record, 0, records)) break;
        follower.slot += records;
      }
    }
  }
}
