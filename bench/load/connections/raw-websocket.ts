/**
 * A WebSocket client for load: a TCP socket, frames that were masked before the clock began, and no object a message.
 * Binary and text messages of the other side are handed on as a place in the receive buffer. Any thread with a loop.
 *
 * It knows what a server may send to a client: unmasked, whole messages of any length; pings are answered. Anything
 * else ends the connection with a sentence.
 */

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const OPCODE_TEXT = 1;
const OPCODE_BINARY = 2;
const OPCODE_CLOSE = 8;
const OPCODE_PING = 9;
const OPCODE_PONG = 10;
const FIN = 0x80;
const MASKED = 0x80;
const MASK_BYTES = 4;
const RECEIVE_BYTES = 256 * 1024;
const CONNECT_MS = 20_000;

/** Bytes in front of a client's payload of this length, its mask included. */
export function clientHeaderBytes(payloadBytes: number): number {
  return (payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10) + MASK_BYTES;
}

/**
 * Writes a client's frame around the payload that already lies at `at + clientHeaderBytes(length)` and masks it there.
 * Returns the place behind it. mask: four bytes as a number.
 */
export function sealClientFrame(bytes: Buffer, at: number, length: number, mask: number, text = false): number {
  bytes[at] = FIN | (text ? OPCODE_TEXT : OPCODE_BINARY);
  let head = at + 2;
  if (length < 126) {
    bytes[at + 1] = MASKED | length;
  } else if (length < 65_536) {
    bytes[at + 1] = MASKED | 126;
    head = bytes.writeUInt16BE(length, head);
  } else {
    bytes[at + 1] = MASKED | 127;
    head = bytes.writeUInt32BE(0, head);
    head = bytes.writeUInt32BE(length, head);
  }
  const payload = bytes.writeUInt32BE(mask >>> 0, head);
  for (let index = 0; index < length; index++) {
    bytes[payload + index] = (bytes[payload + index] as number) ^ ((mask >>> (24 - 8 * (index & 3))) & 0xff);
  }
  return payload + length;
}

/** A frame of its own around a payload, for what is sent rarely. */
export function clientFrame(payload: Uint8Array, opcode = OPCODE_BINARY): Buffer {
  const at = clientHeaderBytes(payload.length);
  const bytes = Buffer.alloc(at + payload.length);
  bytes.set(payload, at);
  sealClientFrame(bytes, 0, payload.length, randomBytes(4).readUInt32BE(0));
  bytes[0] = FIN | opcode;
  return bytes;
}

/** Told of each message while the bytes stand there: `from` to `to` of `bytes`, valid until the call returns. */
export interface MessageTaker {
  message(bytes: Buffer, from: number, to: number): void;
  /** Once, also when it was wished. */
  closed(why: string): void;
}

export class RawWebSocket {
  readonly #socket: Socket;
  #taker: MessageTaker | null = null;
  /** What is left of a message that has not come whole. */
  #rest: Buffer = Buffer.alloc(0);
  #upgraded: (() => void) | null = null;
  #why = '';

  /** Resolves when the server has switched protocols. Throws with one sentence. */
  static async open(url: string, path: string): Promise<RawWebSocket> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => reject(new Error(`No WebSocket at ${url}${path} in time.`)), CONNECT_MS);
      const made: RawWebSocket = new RawWebSocket(hostname, Number(port), path, (failure) => {
        clearTimeout(timeout);
        if (failure === null) resolve(made);
        else reject(new Error(`No WebSocket at ${url}${path}: ${failure}.`));
      });
    });
  }

  private constructor(host: string, port: number, path: string, opened: (failure: string | null) => void) {
    // The callback takes each read at once, so one buffer does for a socket's life.
    const receive = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
    this.#upgraded = () => opened(null);
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer: receive,
        callback: (count) => {
          this.#received(receive, count);
          return true;
        },
      },
    });
    this.#socket.on('connect', () => {
      const key = randomBytes(16).toString('base64');
      this.#socket.write(
        `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
    });
    this.#socket.on('error', (error) => {
      this.#why ||= error.message;
    });
    this.#socket.on('close', () => {
      if (this.#upgraded !== null) opened(this.#why || 'closed before the upgrade');
      this.#taker?.closed(this.#why || 'the connection ended');
    });
  }

  /** From here on this one is told. */
  hand(taker: MessageTaker): void {
    this.#taker = taker;
  }

  /** Whole frames, masked already. They must not change before they are sent. */
  write(frames: Uint8Array): void {
    this.#socket.write(frames);
  }

  /**
   * The system's number of the socket, for whoever writes past the loop: not while something of `write` waits. Node
   * offers no public way to it.
   */
  get descriptor(): number {
    const { _handle: handle } = this.#socket as unknown as { readonly _handle: { readonly fd: number } | null };
    if (handle === null || !(handle.fd > 0))
      throw new Error('The socket is closed, or this Node does not show its number.');
    return handle.fd;
  }

  /** Bytes that the system has not taken. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  /** Resolves when the socket is gone. */
  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.destroy();
    });
  }

  #received(chunk: Buffer, count: number): void {
    if (this.#upgraded !== null) {
      this.#takeUpgrade(chunk.subarray(0, count));
      return;
    }
    if (this.#rest.length === 0) {
      const used = this.#takeFrames(chunk, 0, count);
      if (used < count) this.#rest = Buffer.from(chunk.subarray(used, count));
      return;
    }
    const joined = Buffer.concat([this.#rest, chunk.subarray(0, count)]);
    const used = this.#takeFrames(joined, 0, joined.length);
    this.#rest = used === joined.length ? Buffer.alloc(0) : joined.subarray(used);
  }

  #takeUpgrade(bytes: Buffer): void {
    const all = Buffer.concat([this.#rest, bytes]);
    const end = all.indexOf('\r\n\r\n');
    if (end < 0) {
      this.#rest = all;
      return;
    }
    const status = all.subarray(0, all.indexOf('\r\n')).toString('latin1');
    if (!status.startsWith('HTTP/1.1 101')) {
      this.#fail(`the server answered "${status}"`);
      return;
    }
    this.#rest = Buffer.from(all.subarray(end + 4));
    const upgraded = this.#upgraded;
    this.#upgraded = null;
    upgraded?.();
    // What came with the answer waits for whoever takes the messages, who is told of it in the same turn.
    queueMicrotask(() => queueMicrotask(() => this.#received(Buffer.alloc(0), 0)));
  }

  /** Hands on all whole messages and returns where the first one that is not whole begins. */
  #takeFrames(bytes: Buffer, from: number, to: number): number {
    let at = from;
    for (;;) {
      if (to - at < 2) return at;
      const first = bytes[at] as number;
      let length = bytes[at + 1] as number;
      let payload = at + 2;
      if (length === 126) {
        if (to - at < 4) return at;
        length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
        payload = at + 4;
      } else if (length > 126) {
        if (length > 127) {
          this.#fail('the server masked a frame');
          return to;
        }
        if (to - at < 10) return at;
        length = bytes.readUInt32BE(at + 6);
        payload = at + 10;
      }
      if (to - payload < length) return at;
      this.#takeFrame(first, bytes, payload, payload + length);
      at = payload + length;
    }
  }

  #takeFrame(first: number, bytes: Buffer, from: number, to: number): void {
    const opcode = first & 0x0f;
    if ((first & FIN) !== 0 && (opcode === OPCODE_BINARY || opcode === OPCODE_TEXT)) {
      this.#taker?.message(bytes, from, to);
    } else if (opcode === OPCODE_PING) {
      this.write(clientFrame(bytes.subarray(from, to), OPCODE_PONG));
    } else if (opcode === OPCODE_CLOSE) {
      const code = to - from >= 2 ? bytes.readUInt16BE(from) : 0;
      this.#fail(`the server closed it: ${code} ${bytes.toString('utf8', from + 2, to)}`);
    } else if (opcode !== OPCODE_PONG) {
      this.#fail('the server sent a message in pieces');
    }
  }

  #fail(why: string): void {
    this.#why ||= why;
    this.#socket.destroy();
  }
}
