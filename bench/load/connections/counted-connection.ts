/**
 * What the connections of the load have in common, whatever they speak: a socket, the run that is on, and how much of it
 * is answered. What an answer is, each of them says in `message`. Generator's thread.
 */

import type { LaneFrames, LoadConnection, LoadEvents } from './load-connection.js';
import type { MessageTaker, RawWebSocket } from './raw-websocket.js';

const NO_COUNTERS = new Uint32Array(0);

export abstract class CountedConnection implements MessageTaker, LoadConnection {
  protected readonly socket: RawWebSocket;
  /** Null before the first run and from `close` on: what comes then is nobody's. */
  protected events: LoadEvents | null = null;
  protected frames: LaneFrames | null = null;
  /** Answers of this run so far. */
  protected answered = 0;
  /** Who it is, in the sentences of what is wrong. */
  readonly #name: string;
  #counters: Uint32Array = NO_COUNTERS;

  protected constructor(socket: RawWebSocket, name: string) {
    this.socket = socket;
    this.#name = name;
  }

  abstract message(bytes: Buffer, from: number, to: number): void;

  get descriptor(): number {
    return this.socket.descriptor;
  }

  begin(events: LoadEvents, frames: LaneFrames): void {
    this.events = events;
    this.frames = frames;
    this.#counters = frames.counters;
    this.answered = 0;
  }

  write(frames: Uint8Array): void {
    this.socket.write(frames);
  }

  close(): Promise<void> {
    this.events = null;
    return this.socket.close();
  }

  closed(why: string): void {
    this.wrong(why);
  }

  /** An answer to command `counter`: right when that is the one that is due. */
  protected take(counter: number): void {
    const due = this.#counters[this.answered];
    if (counter === due) this.answered++;
    else this.wrong(`command ${counter} was answered, ${due} was due`);
  }

  protected wrong(what: string): void {
    this.events?.wrong(`${this.#name}: ${what}`);
  }
}
