/**
 * Where the client meets the world: a socket, a signature, the clock and chance. The client knows these four only, so
 * that a browser can bring its own and a test can bring ones that fail on purpose.
 */

/** What a socket tells its owner; each is called from the event loop, never from inside a call of ours. */
export interface SocketEvents {
  opened(): void;
  /** One binary message; the bytes are valid until the call returns. */
  message(bytes: Uint8Array): void;
  /** Once, last. code 1006 when there was no close frame; why: the close reason, or what the system said. */
  closed(code: number, why: string): void;
}

export interface ClientSocket {
  /** Copies or sends the bytes before it returns. */
  send(bytes: Uint8Array): void;
  /** Bytes handed over and not yet given to the network. */
  bufferedBytes(): number;
  close(code: number, why: string): void;
  /** Drops the connection without a close frame; `closed` follows. */
  terminate(): void;
}

export type OpenSocket = (url: string, events: SocketEvents) => ClientSocket;

export interface Signer {
  readonly keyId: number;
  /** Ed25519 over the bytes: 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  /** SHA-256 of the bytes: 32 bytes. */
  hash(bytes: Uint8Array): Promise<Uint8Array>;
}

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since 1970, with fractions. */
  now(): number;
  /** Calls once, after at least so many milliseconds. */
  after(milliseconds: number, call: () => void): Timer;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after: (milliseconds, call) => {
    const handle = setTimeout(call, milliseconds);
    return { cancel: () => clearTimeout(handle) };
  },
};
