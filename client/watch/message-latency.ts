/**
 * How long messages of the venue were under way, though two clocks never agree: what a message is late by, above the
 * fastest one of the last minute or two. Any thread; µs.
 */

/** The fastest of this window and of the one before count, so that clocks that drift apart are followed. */
const WINDOW_US = 60_000_000;

export class MessageLatency {
  private fastest = Number.POSITIVE_INFINITY;
  private fastestBefore = Number.POSITIVE_INFINITY;
  private windowEndsUs = Number.NEGATIVE_INFINITY;
  private ready = false;

  /** A heartbeat, sent and come by the two clocks: it waits behind nothing, so it shows how far they are apart. */
  heartbeat(sentUs: number, nowUs: number): void {
    this.note(nowUs - sentUs, nowUs);
    this.ready = true;
  }

  /** Of a frame; NaN before the first heartbeat. */
  of(sentUs: number, nowUs: number): number {
    const apartUs = nowUs - sentUs;
    // A frame that was faster than every heartbeat shows that the clocks are less far apart.
    if (this.ready) this.note(apartUs, nowUs);
    return this.ready ? apartUs - Math.min(this.fastest, this.fastestBefore) : Number.NaN;
  }

  /** Another gateway has another clock. */
  restart(): void {
    this.fastest = Number.POSITIVE_INFINITY;
    this.fastestBefore = Number.POSITIVE_INFINITY;
    this.windowEndsUs = Number.NEGATIVE_INFINITY;
    this.ready = false;
  }

  private note(apartUs: number, nowUs: number): void {
    if (nowUs >= this.windowEndsUs) {
      this.fastestBefore = this.fastest;
      this.fastest = Number.POSITIVE_INFINITY;
      this.windowEndsUs = nowUs + WINDOW_US;
    }
    this.fastest = Math.min(this.fastest, apartUs);
  }
}
