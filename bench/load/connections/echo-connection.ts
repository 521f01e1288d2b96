/**
 * A connection to the echo server: what comes back must be, byte for byte, what was sent. It speaks of frames as the
 * order session speaks of commands, so that the same run measures both. Generator's thread.
 */

import { CountedConnection } from './counted-connection.js';
import type { LaneFrames } from './load-connection.js';
import { clientHeaderBytes, RawWebSocket } from './raw-websocket.js';

const MASK_BYTES = 4;

export class EchoConnection extends CountedConnection {
  static async open(url: string, path: string): Promise<EchoConnection> {
    const connection = new EchoConnection(await RawWebSocket.open(url, path), path);
    connection.socket.hand(connection);
    return connection;
  }

  message(bytes: Buffer, from: number, to: number): void {
    const { frames, events } = this;
    if (frames === null || events === null) return;
    const frame = this.answered++;
    if (!this.#isFrame(frames, frame, bytes, from, to)) this.wrong(`echo ${frame} is not what was sent`);
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
