/** What the second thread of the ring bench is given and says. Types alone. */

export interface RingPeerData {
  readonly role: 'command' | 'output' | 'pong';
  readonly ring: SharedArrayBuffer;
  readonly own: SharedArrayBuffer;
  readonly peer: SharedArrayBuffer;
  /** Slots to read, or turns to answer. */
  readonly count: number;
}

export interface RingPeerReport {
  /** Of the first words of all slots, modulo 2^32. */
  readonly sum: number;
  /** Milliseconds since 1970. */
  readonly endedMs: number;
}
