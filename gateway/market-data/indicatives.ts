/**
 * Indicative prices: what an uncross of each instrument in an auction would come to now, by the engine's own function on
 * the folded book. Gateway thread. Only instruments that changed since they were last looked at are looked at again.
 */

import { AuctionResult, FoldedAuction } from '../../engine/public/auction-price.js';
import type { LevelFold } from '../../engine/public/level-fold.js';
import { IMAGE_INSTRUMENT } from '../../engine/public/shard-image.js';
import * as codes from '../../schemas/codes.js';
import * as layout from '../../schemas/layout.js';
import { phasesThatTake } from '../../schemas/phases.js';

// Constants of this module are folded into the code; imported ones would be loads (decision 0004).
const { EVENT_BOOK_BIT, EVENT_INSTRUMENT, EVENT_KIND_WORD, EVENT_PRICE, EVENT_QUANTITY, NO_PRICE } = layout;
const PHASE_CHANGED: number = codes.EventKind.PhaseChanged;
const REFERENCE_CHANGED: number = codes.EventKind.ReferenceChanged;
const AUCTION_PHASES = phasesThatTake(codes.CommandKind.Uncross);
const NO_AUCTION = new AuctionResult();

export class Indicatives {
  /** Instruments in an auction, and those that were in one and must be said to be out. */
  readonly changed = new Set<number>();
  readonly #inAuction = new Set<number>();
  /** What was said last, of instruments that ever were in an auction. */
  readonly #shown = new Map<number, AuctionResult>();
  readonly #references = new Map<number, number>();
  readonly #firstReference: (instrument: number) => number;
  readonly #auction = new FoldedAuction();
  #result = new AuctionResult();

  /** `firstReference`: that of the instrument's terms, or NO_PRICE. */
  constructor(firstReference: (instrument: number) => number) {
    this.#firstReference = firstReference;
  }

  /** Takes the instruments of a shard as an image has them (shard-image.ts). What was said of them stands until it is looked at. */
  begin(instruments: Int32Array): void {
    for (let at = 0; at < instruments.length; at += IMAGE_INSTRUMENT) {
      const instrument = instruments[at] as number;
      const reference = instruments[at + 2] as number;
      if (reference === NO_PRICE) this.#references.delete(instrument);
      else this.#references.set(instrument, reference);
      this.#phase(instrument, instruments[at + 1] as number);
    }
  }

  /** Looks at an event: whether it says a phase or a reference, or changes the book of an instrument in an auction. */
  take(words: Int32Array, at: number): void {
    const kindWord = words[at + EVENT_KIND_WORD] as number;
    const instrument = (words[at + EVENT_INSTRUMENT] as number) >>> 0;
    if ((kindWord & EVENT_BOOK_BIT) !== 0) {
      if (this.#inAuction.size > 0 && this.#inAuction.has(instrument)) this.changed.add(instrument);
      return;
    }
    const kind = kindWord & 0xff;
    if (kind === PHASE_CHANGED) this.#phase(instrument, words[at + EVENT_QUANTITY] as number);
    else if (kind === REFERENCE_CHANGED) {
      this.#references.set(instrument, words[at + EVENT_PRICE] as number);
      if (this.#inAuction.has(instrument)) this.changed.add(instrument);
    }
  }

  /** Whether the streams of this instrument say what its auction would come to. */
  has(instrument: number): boolean {
    return this.#shown.has(instrument);
  }

  /** What an uncross would come to now; null: the instrument is in no auction. */
  now(fold: LevelFold, instrument: number): AuctionResult | null {
    if (!this.#inAuction.has(instrument)) return null;
    const result = new AuctionResult();
    this.#auction.find(fold, instrument, this.#referenceOf(instrument), result);
    return result;
  }

  /** What was last found by `look`; of instruments without an auction no price. */
  of(instrument: number): AuctionResult {
    return this.#shown.get(instrument) ?? NO_AUCTION;
  }

  /** Finds the price of a changed instrument; true when it, its volume or imbalance is another one than before. */
  look(fold: LevelFold, instrument: number): boolean {
    const result = this.#result;
    this.changed.delete(instrument);
    if (this.#inAuction.has(instrument)) {
      this.#auction.find(fold, instrument, this.#referenceOf(instrument), result);
    } else {
      result.price = NO_PRICE;
      result.volume = 0;
      result.imbalance = 0;
    }
    const shown = this.of(instrument);
    const { price, volume, imbalance } = result;
    if (price === shown.price && volume === shown.volume && imbalance === shown.imbalance) return false;
    this.#shown.set(instrument, result);
    this.#result = shown === NO_AUCTION ? new AuctionResult() : shown;
    return true;
  }

  #referenceOf(instrument: number): number {
    return this.#references.get(instrument) ?? this.#firstReference(instrument);
  }

  #phase(instrument: number, phase: number): void {
    if (((AUCTION_PHASES >> phase) & 1) === 1) this.#inAuction.add(instrument);
    else if (!this.#inAuction.delete(instrument)) return;
    this.changed.add(instrument);
  }
}
