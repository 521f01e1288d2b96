/**
 * Compares two streams of the same trades as they come: the private fills and the public trades of one run. Either may
 * be ahead; what the other has not shown yet is kept. Orders are named by the platform's order ids, so nothing has to be
 * looked up. One thread, off the platform's paths.
 */

/** Words of a trade: sequence (2), buyer (2), seller (2), price, quantity, aggressor. */
export const TRADE_WORDS = 9;
/** Trades passed that are worth moving the rest for. */
const COMPACT_AFTER = 65_536;

/** One stream's trades that the other has not shown yet, first in first out. */
class WaitingTrades {
  words = new Int32Array(TRADE_WORDS * 1024);
  first = 0;
  count = 0;

  push(trade: Int32Array): void {
    const at = (this.first + this.count) * TRADE_WORDS;
    if (at + TRADE_WORDS > this.words.length) {
      const larger = new Int32Array(this.words.length * 2);
      larger.set(this.words);
      this.words = larger;
    }
    this.words.set(trade, at);
    this.count++;
  }

  /** Whether the first one equals `trade`; it is gone then. */
  take(trade: Int32Array): boolean {
    const at = this.first * TRADE_WORDS;
    let equal = true;
    for (let word = 0; word < TRADE_WORDS; word++) equal &&= this.words[at + word] === trade[word];
    this.first++;
    this.count--;
    if (this.count === 0) this.first = 0;
    else if (this.first > COMPACT_AFTER) {
      this.words.copyWithin(0, this.first * TRADE_WORDS, (this.first + this.count) * TRADE_WORDS);
      this.first = 0;
    }
    return equal;
  }
}

export class TradeAgreement {
  /** Trades seen on each side. */
  privateCount = 0;
  publicCount = 0;
  private readonly waitingPrivate = new WaitingTrades();
  private readonly waitingPublic = new WaitingTrades();
  private firstDifference = '';

  /** A trade of the private stream; `trade` is read at once. */
  addPrivate(trade: Int32Array): void {
    this.privateCount++;
    this.pair(trade, this.waitingPublic, this.waitingPrivate, this.privateCount);
  }

  addPublic(trade: Int32Array): void {
    this.publicCount++;
    this.pair(trade, this.waitingPrivate, this.waitingPublic, this.publicCount);
  }

  /** Empty when both streams showed the same trades. */
  finish(): string {
    if (this.firstDifference === '' && this.privateCount !== this.publicCount) {
      return `the public stream showed ${this.publicCount} trades, the private one ${this.privateCount}`;
    }
    return this.firstDifference;
  }

  private pair(trade: Int32Array, other: WaitingTrades, own: WaitingTrades, number: number): void {
    if (other.count === 0) own.push(trade);
    else if (!other.take(trade)) {
      this.firstDifference ||= `trade ${number} of the public stream is not the one of the private stream`;
    }
  }
}
