/**
 * The client's socket in a browser, its windows and its workers: the WebSocket that is there. It says less than a socket of
 * Node: a script never hears why nothing could be reached.
 */

import type { ClientSocket, SocketEvents } from '../seams.js';

const NO_CLOSE_FRAME = 1006;

/** Where the browser forbids it at once: ws: from a page that came by https:, for one. */
const NO_SOCKET: ClientSocket = {
  send: () => undefined,
  bufferedBytes: () => 0,
  close: () => undefined,
  terminate: () => undefined,
};

export function openBrowserSocket(url: string, events: SocketEvents): ClientSocket {
  let socket: WebSocket;
  try {
    socket = new WebSocket(url);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    queueMicrotask(() => events.closed(NO_CLOSE_FRAME, why));
    return NO_SOCKET;
  }
  let over = false;
  const end = (code: number, why: string) => {
    if (over) return;
    over = true;
    events.closed(code, why);
  };
  // A browser drops nothing without a close frame: it is asked to close, and what still comes is not listened to.
  const terminate = () => {
    socket.close();
    queueMicrotask(() => end(NO_CLOSE_FRAME, ''));
  };
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }) => {
    if (over) return;
    if (data instanceof ArrayBuffer) events.message(new Uint8Array(data));
    else terminate();
  };
  // It says nothing that the close behind it does not; unheard, some would throw it.
  socket.onerror = () => undefined;
  socket.onclose = ({ code, reason }) => end(code, reason);
  return {
    // A browser takes no memory that is shared; frames are written into memory of this thread alone.
    send: (bytes) => {
      if (socket.readyState === socket.OPEN) socket.send(bytes as Uint8Array<ArrayBuffer>);
    },
    bufferedBytes: () => socket.bufferedAmount,
    close: (code, why) => socket.close(code, why),
    terminate,
  };
}
