/** The load's own WebSocket client against a plain TCP server, which may send what it likes, and against `ws`. */

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t from 'tap';
import { WebSocketServer } from 'ws';
import { clientFrame, clientHeaderBytes, RawWebSocket, sealClientFrame } from './raw-websocket.js';

type Tap = { teardown(work: () => void): void };

/** A server that switches protocols, and its side of the connection. */
async function plainServer(t: Tap): Promise<{ url: string; socket: Promise<Socket> }> {
  const server = createServer();
  const socket = once(server, 'connection').then(async ([connection]) => {
    const peer = connection as Socket;
    await once(peer, 'data');
    peer.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n');
    t.teardown(() => peer.destroy());
    return peer;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, socket };
}

/** What comes, as text, and why it ended. */
function listenTo(socket: RawWebSocket): { messages: string[]; ended: Promise<string> } {
  const messages: string[] = [];
  const ended = new Promise<string>((resolve) => {
    socket.hand({
      message: (bytes, from, to) => messages.push(bytes.toString('latin1', from, to)),
      closed: resolve,
    });
  });
  return { messages, ended };
}

/** A server's frame: not masked. */
function serverFrame(payload: string): Buffer {
  const length = payload.length;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x82;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeUInt32BE(length, 6);
  }
  return Buffer.concat([head, Buffer.from(payload, 'latin1')]);
}

const PAYLOADS = [0, 1, 125, 126, 300, 65_535, 65_536, 70_000].map((length, at) => String(at).repeat(length));

t.test('messages of all lengths come out whole, whether they come at once or in any pieces', async (t) => {
  const bytes = Buffer.concat(PAYLOADS.map(serverFrame));
  for (const piece of [bytes.length, 1000, 7]) {
    const server = await plainServer(t);
    const socket = await RawWebSocket.open(server.url, '/');
    const { messages } = listenTo(socket);
    const peer = await server.socket;
    peer.setNoDelay(true);
    for (let at = 0; at < bytes.length; at += piece) peer.write(bytes.subarray(at, at + piece));
    while (messages.length < PAYLOADS.length) await new Promise((resolve) => setTimeout(resolve, 5));
    t.ok(
      messages.every((message, at) => message === PAYLOADS[at]),
      `in pieces of ${piece}`,
    );
    await socket.close();
  }
});

t.test('another server understands the frames, and what it sends back is the same', async (t) => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  t.teardown(() => server.close());
  server.on('connection', (peer) => peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary })));
  const socket = await RawWebSocket.open(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, '/any');
  const { messages } = listenTo(socket);
  for (const payload of PAYLOADS) socket.write(clientFrame(Buffer.from(payload)));
  while (messages.length < PAYLOADS.length) await new Promise((resolve) => setTimeout(resolve, 5));
  t.same(messages, PAYLOADS);
  await socket.close();
});

t.test('frames that are laid out beforehand are those that are made one by one', async (t) => {
  const payload = Buffer.from('x'.repeat(200));
  const at = clientHeaderBytes(payload.length);
  const bytes = Buffer.alloc(3 + at + payload.length);
  bytes.set(payload, 3 + at);
  t.equal(sealClientFrame(bytes, 3, payload.length, 0x01020304), bytes.length);
  t.same([...bytes.subarray(3, 11)], [0x82, 0x80 | 126, 0, 200, 1, 2, 3, 4]);
  t.same(
    [...bytes.subarray(11, 15)],
    [1, 2, 3, 4].map((mask) => mask ^ 'x'.charCodeAt(0)),
  );
});

t.test('what is no server of ours ends the connection with a sentence', async (t) => {
  for (const [frame, why] of [
    [Buffer.from([0x82, 0x81, 0, 0, 0, 0, 5]), /masked a frame/],
    [Buffer.from([0x02, 0x01, 5]), /in pieces/],
    [Buffer.concat([Buffer.from([0x88, 4, 0x0f, 0xa1]), Buffer.from('no')]), /closed it: 4001 no/],
  ] as const) {
    const server = await plainServer(t);
    const socket = await RawWebSocket.open(server.url, '/');
    const { ended } = listenTo(socket);
    (await server.socket).write(frame);
    t.match(await ended, why);
  }
  const refusing = createServer((peer) => {
    peer.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
  });
  refusing.listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  t.teardown(() => refusing.close());
  const url = `ws://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
  await t.rejects(RawWebSocket.open(url, '/'), /503 Service Unavailable/);
});

t.test('a ping is answered with what it holds', async (t) => {
  const server = await plainServer(t);
  const socket = await RawWebSocket.open(server.url, '/');
  listenTo(socket);
  const peer = await server.socket;
  const answer = once(peer, 'data');
  peer.write(Buffer.from([0x89, 2, 65, 66]));
  const [pong] = (await answer) as [Buffer];
  t.equal(pong[0], 0x8a);
  const mask = pong.subarray(2, 6);
  t.equal(String.fromCharCode(...pong.subarray(6).map((byte, at) => byte ^ (mask[at] ?? 0))), 'AB');
  await socket.close();
});
