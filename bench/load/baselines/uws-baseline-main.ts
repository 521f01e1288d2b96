/**
 * The baselines over the network: raw uWebSockets.js with nothing behind it. A WebSocket that sends back what it gets at
 * /echo, and an HTTP route that reads a body and answers so many bytes at /empty. A process of its own, on a free port
 * that it prints; ends when its parent closes the pipe.
 */

import { loadUws } from '../../../gateway/uws.js';

const HOST = '127.0.0.1';
const IDLE_SECONDS = 240;
const MAX_PAYLOAD_BYTES = 64 * 1024;
const MAX_BACKPRESSURE_BYTES = 64 * 1024 * 1024;

const { uws } = loadUws();
const answer = new Uint8Array(Number(process.argv[2] ?? 184));
uws
  .App()
  .ws('/echo', {
    compression: uws.DISABLED,
    maxPayloadLength: MAX_PAYLOAD_BYTES,
    maxBackpressure: MAX_BACKPRESSURE_BYTES,
    idleTimeout: IDLE_SECONDS,
    sendPingsAutomatically: false,
    message: (ws, message, isBinary) => {
      ws.send(message, isBinary, false);
    },
  })
  .post('/empty', (response) => {
    response.onAborted(() => undefined);
    response.onData((_, isLast) => {
      if (isLast) response.cork(() => response.end(answer));
    });
  })
  .listen(HOST, 0, (listening) => {
    if (listening === false) throw new Error('The baseline found no port.');
    process.stdout.write(`${uws.us_socket_local_port(listening)}\n`);
  });
process.stdin.on('end', () => process.exit(0)).resume();
