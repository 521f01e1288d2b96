/** A bucket of tokens in the model: so many orders at once, and so many a second. Any thread; time comes in. */

/** What one token costs: buckets count in millionths, so that a microsecond is worth the rate. */
const TOKEN = 1_000_000n;

export class Bucket {
  /** In millionths of a token, at this time. */
  private holds = 0n;
  private at = 0n;

  fill(burst: bigint, timeUs: bigint): void {
    this.holds = burst * TOKEN;
    this.at = timeUs;
  }

  /** Whether there was a token; it is gone. Time that goes back brings none. */
  take(rate: bigint, burst: bigint, timeUs: bigint): boolean {
    if (timeUs > this.at) {
      const filled = this.holds + (timeUs - this.at) * rate;
      this.holds = filled < burst * TOKEN ? filled : burst * TOKEN;
      this.at = timeUs;
    }
    if (this.holds < TOKEN) {
      return false;
    }
    this.holds -= TOKEN;
    return true;
  }
}
