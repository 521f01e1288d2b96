/**
 * Instruments and keys of the venue as this gateway knows them: folded from shard 0's admin log, of which only durable
 * records are published, and from the shards' events, which tell when a shard has applied an instrument and in which
 * phase it is. Gateway thread.
 */

import { createPublicKey, type KeyObject } from 'node:crypto';
import type { AdminLog } from '../engine/admin-log.js';
import { IMAGE_INSTRUMENT, type ShardImage } from '../engine/public/shard-image.js';
import { ANY_SHARD, decodeTerms, type InstrumentTermsFields } from '../schemas/admin.js';
import { CommandKind, EventKind, Phase } from '../schemas/codes.js';
import type { InstrumentFields } from '../schemas/control.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_KIND_WORD,
  COMMAND_TARGET_ID,
  COMMAND_WORDS,
  EVENT_DUPLICATE_BIT,
  EVENT_INSTRUMENT,
  EVENT_KIND_WORD,
  EVENT_QUANTITY,
  EVENT_WORDS,
  NO_PRICE,
} from '../schemas/layout.js';
import { type InstrumentRoutes, ROUTE_NOT_READY, ROUTE_UNKNOWN } from './orders/order-path.js';

const INSTRUMENT_ADDED: number = EventKind.InstrumentAdded;
const PHASE_CHANGED: number = EventKind.PhaseChanged;
/** The last of the kinds that answer an admin record. */
const ASSET_ADDED: number = EventKind.AssetAdded;

const NO_KEYS: readonly number[] = [];

export interface Key {
  readonly id: number;
  readonly account: number;
  /** Bits of Right. */
  readonly rights: number;
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
  revoked: boolean;
  /** Made at the first logon: it costs more than the check. */
  keyObject: KeyObject | null;
}

interface Instrument {
  readonly id: number;
  readonly shard: number;
  readonly terms: InstrumentTermsFields;
  phase: number;
  /** Its own shard has it: it trades. */
  applied: boolean;
}

export class Directory implements InstrumentRoutes {
  readonly #log: AdminLog;
  readonly #shardCount: number;
  /** Index = id - 1, in both. */
  readonly #instruments: Instrument[] = [];
  readonly #keys: Key[] = [];
  readonly #bySymbol = new Map<string, Instrument>();
  /** What a shard other than 0 said of an instrument that the log has not shown yet. */
  readonly #appliedEarly = new Set<number>();
  readonly #phaseEarly = new Map<number, number>();
  /** By shard: admin records that it has applied, as its durable events say. */
  readonly #records: number[];
  #slot = 0;

  constructor(log: AdminLog, shardCount: number) {
    this.#log = log;
    this.#shardCount = shardCount;
    this.#records = new Array<number>(shardCount).fill(0);
  }

  /** Reads what was published since the last call. Returns the ids of keys that were revoked in it. */
  refresh(): readonly number[] {
    const published = this.#log.published();
    if (published === this.#slot) return NO_KEYS;
    const revoked: number[] = [];
    while (this.#slot < published) this.#slot += this.#takeRecord(published, revoked);
    return revoked;
  }

  /** Whether something was published since the last refresh. */
  hasNew(): boolean {
    return this.#log.published() !== this.#slot;
  }

  /** By shard: how many admin records it has applied. */
  get applied(): readonly number[] {
    return this.#records;
  }

  /** Looks for admin records applied and phases changed among `count` durable events of `shard`. */
  take(shard: number, words: Int32Array, count: number): void {
    for (let at = 0; at < count * EVENT_WORDS; at += EVENT_WORDS) {
      const kind = (words[at + EVENT_KIND_WORD] as number) & 0xff;
      if (kind === PHASE_CHANGED) this.#phaseChanged(words, at);
      else if (kind >= INSTRUMENT_ADDED && kind <= ASSET_ADDED) this.#applied(shard, kind, words, at);
    }
  }

  /** Takes what all events of a shard up to the image's come to. */
  begin({ shard, adminRecords, instruments }: ShardImage): void {
    this.#records[shard] = adminRecords;
    for (let at = 0; at < instruments.length; at += IMAGE_INSTRUMENT) {
      this.#appliedInstrument(instruments[at] as number);
      this.#inPhase(instruments[at] as number, instruments[at + 1] as number);
    }
  }

  shardOf(instrument: number): number {
    const known = this.#instruments[instrument - 1];
    if (known === undefined) return ROUTE_UNKNOWN;
    return known.applied ? known.shard : ROUTE_NOT_READY;
  }

  /** The reference price of its terms, NO_PRICE when it is not known. */
  referenceOf(instrument: number): number {
    return this.#instruments[instrument - 1]?.terms.referencePrice ?? NO_PRICE;
  }

  get instrumentCount(): number {
    return this.#instruments.length;
  }

  key(id: number): Key | undefined {
    return this.#keys[id - 1];
  }

  /** Whether commands for every one of these would be routed. */
  knowsAll(instruments: readonly number[]): boolean {
    return instruments.every((instrument) => this.#instruments[instrument - 1]?.applied === true);
  }

  /** At most `max` instruments that trade, with ids above `after`, ascending; `more`: there are others behind them. */
  page(after: number, max: number): { readonly instruments: readonly InstrumentFields[]; readonly more: boolean } {
    const instruments: InstrumentFields[] = [];
    for (let index = after; index < this.#instruments.length; index++) {
      const instrument = this.#instruments[index] as Instrument;
      if (!instrument.applied) continue;
      if (instruments.length === max) return { instruments, more: true };
      instruments.push(fieldsOf(instrument));
    }
    return { instruments, more: false };
  }

  /** The instrument of that symbol, if it trades. */
  bySymbol(symbol: string): InstrumentFields | undefined {
    const known = this.#bySymbol.get(symbol);
    return known?.applied === true ? fieldsOf(known) : undefined;
  }

  /** Takes the record at the read slot and returns how many slots it has. */
  #takeRecord(published: number, revoked: number[]): number {
    const { words } = this.#log;
    const at = this.#log.wordOf(this.#slot);
    const kind: CommandKind = (words[at + COMMAND_KIND_WORD] as number) & 0xff;
    if (kind === CommandKind.RevokeKey) {
      const key = this.key((words[at + COMMAND_TARGET_ID] as number) >>> 0);
      if (key === undefined) throw new Error('The admin log revokes a key that it never added.');
      key.revoked = true;
      revoked.push(key.id);
      return 1;
    }
    const terms = decodeTerms(words, at, published - this.#slot);
    // The shard has applied it, so it was right: anything else is a log that is not ours.
    if (typeof terms === 'number') throw new Error(`Slot ${this.#slot} of the admin log does not decode: ${terms}.`);
    if (terms.type === 'instrument') {
      this.#addInstrument(terms);
    } else if (terms.type === 'key') {
      this.#keys.push({
        id: this.#keys.length + 1,
        account: (words[at + COMMAND_ACCOUNT] as number) >>> 0,
        rights: terms.rights,
        publicKey: terms.publicKey,
        revoked: false,
        keyObject: null,
      });
    }
    return 1 + partsOf(words, at);
  }

  #addInstrument(terms: InstrumentTermsFields): void {
    const id = this.#instruments.length + 1;
    const shard = terms.shard === ANY_SHARD ? (id - 1) % this.#shardCount : terms.shard;
    // Shard 0 has applied what it has published. The others say so by an event.
    const early = this.#appliedEarly.delete(id);
    const applied = shard === 0 || early;
    const phase = this.#phaseEarly.get(id) ?? Phase.Closed;
    this.#phaseEarly.delete(id);
    const instrument = { id, shard, terms, phase, applied };
    this.#instruments.push(instrument);
    this.#bySymbol.set(terms.symbol, instrument);
  }

  /** Every shard applies every instrument; only the one that trades it counts. The event names that one. */
  #applied(shard: number, kind: number, words: Int32Array, at: number): void {
    // A repeated operation id is answered once more and applied no second time.
    if (((words[at + EVENT_KIND_WORD] as number) & EVENT_DUPLICATE_BIT) === 0) (this.#records[shard] as number)++;
    if (kind !== INSTRUMENT_ADDED) return;
    if ((words[at + EVENT_QUANTITY] as number) !== shard) return;
    this.#appliedInstrument((words[at + EVENT_INSTRUMENT] as number) >>> 0);
  }

  #appliedInstrument(id: number): void {
    const known = this.#instruments[id - 1];
    if (known !== undefined) known.applied = true;
    else this.#appliedEarly.add(id);
  }

  #phaseChanged(words: Int32Array, at: number): void {
    this.#inPhase((words[at + EVENT_INSTRUMENT] as number) >>> 0, words[at + EVENT_QUANTITY] as number);
  }

  #inPhase(id: number, phase: number): void {
    const known = this.#instruments[id - 1];
    if (known !== undefined) known.phase = phase;
    else this.#phaseEarly.set(id, phase);
  }
}

function fieldsOf({ id, shard, terms, phase }: Instrument): InstrumentFields {
  const { symbol, priceMin, priceMax, quantityMax, unit, priceDecimals, quantityDecimals } = terms;
  return { id, shard, symbol, priceMin, priceMax, quantityMax, unit, priceDecimals, quantityDecimals, phase };
}

/** Slots of the Parts behind a head. Each Part names their count. */
function partsOf(words: Int32Array, at: number): number {
  return ((words[at + COMMAND_WORDS + COMMAND_TARGET_ID] as number) >>> 8) & 0xff;
}

/** The key as node:crypto wants it. Made once. */
export function keyObjectOf(key: Key): KeyObject {
  key.keyObject ??= createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key.publicKey).toString('base64url') },
    format: 'jwk',
  });
  return key.keyObject;
}
