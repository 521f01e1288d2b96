/**
 * A connection to the echo server: what comes back must be, byte for byte, what was sent. It speaks of frames as the
 * order session speaks of commands, so that the same run measures both. Generator's thread.
 */

import type { LaneFrames } from '../generator/flow-lanes.js';
import type { LoadConnection, LoadEvents } from './load-connection.js';
import { clientHeaderBytes, type MessageTaker, RawWebSocket } from './raw-websocket.js';

const MASK_BYTES = 4;

export class EchoConnection implements MessageTaker, LoadConnection {
  readonly #socket: RawWebSocket;
  readonly #path: string;
  #events: LoadEvents | null = null;
  #frames: LaneFrames | null = null;
  #answered = 0;

  static async open(url: string, path: string): Promise<EchoConnection> {
    const connection = new EchoConnection(await RawWebSocket.open(url, path), path);
    connection.#socket.hand(connection);
    return connection;
  }

  private constructor(socket: RawWebSocket, path: string) {
    this.#socket = socket;
    this.#path = path;
  }

  get descriptor(): number {
    return this.#socket.descriptor;
  }

  begin(events: LoadEvents, frames: LaneFrames): void {
    this.#events = events;
    this.#frames = frames;
    this.#answered = 0;
  }

  write(frames: Uint8Array): void {
    this.#socket.write(frames);
  }

  close(): Promise<void> {
    this.#events = null;
    return this.#socket.close();
  }

  closed(why: string): void {
    this.#events?.wrong(`${this.#path}: ${why}`);
  }

  message(bytes: Buffer, from: number, to: number): void {
    const frames = this.#frames;
    const events = this.#events;
    if (frames === null || events === null) return;
    const frame = this.#answered++;
    if (!this.#isFrame(frames, frame, bytes, from, to))
      events.wrong(`${this.#path}: echo ${frame} is not what was sent`);
    events.answered(frames.firstCommands[frame + 1] ?? 0);
  }

  #isFrame(frames: LaneFrames, frame: number, bytes: Buffer, from: number, to: number): boolean {
    const length = to - from;
    const payload = (frame === 0 ? 0 : (frames.ends[frame - 1] as number)) + clientHeaderBytes(length);
    if (payload + length !== frames.ends[frame]) return false;
    const sent = frames.bytes;
    const mask = payload - MASK_BYTES;
    for (let index = 0; index < length; index++) {
      const plain = (sent[payload + index] as number) ^ (sent[mask + (index & 3)] as number);
      if (plain !== bytes[from + index]) return false;
    }
    return true;
  }
}
