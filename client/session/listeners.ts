/**
 * Who wants to hear of one kind of thing. Calling them allocates nothing; one that is taken away while they are called
 * may still hear of that one.
 */
export class Listeners<Arguments extends unknown[]> {
  private listeners: ((...given: Arguments) => void)[] = [];

  get count(): number {
    return this.listeners.length;
  }

  /** Returns what takes it away again. */
  add(listener: (...given: Arguments) => void): () => void {
    this.listeners = [...this.listeners, listener];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener);
    };
  }

  call(...given: Arguments): void {
    const { listeners } = this;
    for (let at = 0; at < listeners.length; at++) listeners[at]?.(...given);
  }
}
