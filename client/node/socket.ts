/**
 * The client's socket in Node: the package ws, because Node 20 has no WebSocket of its own.
 */

import { WebSocket } from 'ws';
import type { ClientSocket, SocketEvents } from '../seams.js';

/** No frame of the platform is longer. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const HANDSHAKE_MS = 10_000;
const NO_CLOSE_FRAME = 1006;

/** What the system said, for people: ECONNREFUSED, ENOTFOUND; a message when there is no code. */
function whyOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  return code === '' ? error.message : code;
}

export function openNodeSocket(url: string, events: SocketEvents): ClientSocket {
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handshakeTimeout: HANDSHAKE_MS,
  });
  let why = '';
  socket.on('open', () => events.opened());
  socket.on('message', (data, isBinary) => {
    if (!isBinary || !(data instanceof Uint8Array)) {
      socket.terminate();
      return;
    }
    events.message(data);
  });
  socket.on('error', (error) => {
    why = whyOf(error);
  });
  socket.on('close', (code, reason) => events.closed(code === 0 ? NO_CLOSE_FRAME : code, reason.toString() || why));
  return {
    // ws masks into memory of its own before it returns, so the caller may use these bytes again.
    send: (bytes) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(bytes);
    },
    bufferedBytes: () => socket.bufferedAmount,
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}
