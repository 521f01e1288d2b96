/**
 * Bytes by hand against a real platform: each ends in an answer or a close with a code, or in a cut where the rules of
 * WebSocket or HTTP themselves are broken; and nothing of it comes between the orders of a member.
 */

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { readKeyFile, TredyeClient } from '../../client/index.js';
import { PlatformProcess } from '../../proof/platform-process.js';
import { CLOSE_CODES } from '../../schemas/close-codes.js';
import { AckLevel, StreamMode } from '../../schemas/codes.js';
import { encodeControl, encodeLogonTerms } from '../../schemas/control.js';
import { MAX_FRAME_BYTES } from '../../schemas/layout.js';

const FIN = 0x80;
const COMPRESSED = 0x40;
const [CONTINUED, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
/** Cut, without a code. */
const CUT = 0;
const FLOOD = 5000;

/** A frame of the WebSocket from a client, masked with zeros. `says` is the length that its head claims. */
function frame(head: number, body: Uint8Array, says = body.length): Buffer {
  const length = Buffer.alloc(says < 126 ? 0 : 8);
  if (says >= 126) length.writeBigUInt64BE(BigInt(says));
  return Buffer.concat([Buffer.from([head, 0x80 | (says < 126 ? says : 127)]), length, Buffer.alloc(4), body]);
}

function times(count: number, one: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, () => one));
}

const PUBLIC_LOGON = encodeControl({
  type: 'Logon',
  terms: encodeLogonTerms({ version: 1, keyId: 0, lane: 1, ackLevel: AckLevel.Disk, heartbeatSeconds: 5, resume: [] }),
  signature: new Uint8Array(0),
});
const FORGED_LOGON = encodeControl({
  type: 'Logon',
  terms: encodeLogonTerms({ version: 1, keyId: 1, lane: 1, ackLevel: AckLevel.Disk, heartbeatSeconds: 5, resume: [] }),
  signature: new Uint8Array(64),
});
const SUBSCRIBE = encodeControl({
  type: 'Subscribe',
  request: 1,
  channels: 3,
  mode: StreamMode.Raw,
  instruments: [1],
});

/** What is sent on a connection that has not logged on, and the close code. */
const STREAMS: readonly [what: string, bytes: Buffer, code: number][] = [
  ['text', frame(FIN | TEXT, Buffer.from('hello')), CLOSE_CODES.TEXT_FRAME],
  ['no frame of ours', frame(FIN | BINARY, Buffer.alloc(500, 0xff)), CLOSE_CODES.BAD_FRAME],
  ['a subscription before the logon', frame(FIN | BINARY, SUBSCRIBE), CLOSE_CODES.LOGON_REFUSED],
  ['a forged logon', frame(FIN | BINARY, FORGED_LOGON), CLOSE_CODES.LOGON_REFUSED],
  ['two logons', times(2, frame(FIN | BINARY, PUBLIC_LOGON)), CLOSE_CODES.LOGON_REFUSED],
  ['pings', times(FLOOD, frame(FIN | PING, Buffer.alloc(125))), CLOSE_CODES.TOO_MANY_MESSAGES],
  ['pongs', times(FLOOD, frame(FIN | PONG, Buffer.alloc(125))), CLOSE_CODES.TOO_MANY_MESSAGES],
  [
    'subscriptions without a key',
    Buffer.concat([frame(FIN | BINARY, PUBLIC_LOGON), times(FLOOD, frame(FIN | BINARY, SUBSCRIBE))]),
    CLOSE_CODES.TOO_MANY_MESSAGES,
  ],
  ['a frame that claims a tebibyte', frame(FIN | BINARY, Buffer.alloc(1), 2 ** 40), CUT],
  ['a frame of the library too long', frame(FIN | BINARY, Buffer.alloc(2 * MAX_FRAME_BYTES + 1)), CUT],
  [
    'a message in pieces of one byte, without an end',
    Buffer.concat([frame(BINARY, Buffer.alloc(1)), times(4 * MAX_FRAME_BYTES, frame(CONTINUED, Buffer.alloc(1)))]),
    CUT,
  ],
  ['a compressed frame', frame(FIN | COMPRESSED | BINARY, Buffer.alloc(3)), CUT],
  ['an unknown kind', frame(FIN | 5, Buffer.alloc(3)), CUT],
  ['a continuation of nothing', frame(FIN | CONTINUED, Buffer.alloc(3)), CUT],
  ['a ping in pieces', frame(PING, Buffer.alloc(3)), CUT],
  ['a ping too long', frame(FIN | PING, Buffer.alloc(126)), CUT],
];

const HOST = 'Host: x\r\n';
const OCTETS = `${HOST}content-type: application/octet-stream\r\n`;

/** What is sent, and the first line of the answer with the code of a refusal; '' when it is cut. */
const REQUESTS: readonly [bytes: string, answer: string][] = [
  [`GET /%00 HTTP/1.1\r\n${HOST}\r\n`, '404 Not Found NOT_FOUND'],
  [`GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n${HOST}\r\n`, '404 Not Found NOT_FOUND'],
  [`GET /${'a'.repeat(3000)} HTTP/1.1\r\n${HOST}\r\n`, '404 Not Found NOT_FOUND'],
  [`GET /v1/book/%E0%A4%A HTTP/1.1\r\n${HOST}\r\n`, '400 Bad Request BAD_PARAMETER'],
  [`DELETE /v1/orders HTTP/1.1\r\n${HOST}\r\n`, '405 Method Not Allowed METHOD_NOT_ALLOWED'],
  [`POST /v1/orders HTTP/1.1\r\n${OCTETS}content-length: 2\r\n\r\n{}`, '401 Unauthorized TOKEN_MISSING'],
  [
    `POST /v1/orders HTTP/1.1\r\n${OCTETS}authorization: Bearer ${'x'.repeat(3000)}\r\ncontent-length: 2\r\n\r\n{}`,
    '401 Unauthorized TOKEN_INVALID',
  ],
  [
    `POST /v1/logon HTTP/1.1\r\n${HOST}content-length: 2\r\n\r\n{}`,
    '415 Unsupported Media Type UNSUPPORTED_MEDIA_TYPE',
  ],
  [`POST /v1/logon HTTP/1.1\r\n${OCTETS}content-length: 2\r\n\r\n{}`, '401 Unauthorized NONCE_INVALID'],
  [
    `POST /v1/logon HTTP/1.1\r\n${OCTETS}content-length: 100000\r\n\r\n${'a'.repeat(100_000)}`,
    '413 Payload Too Large FRAME_TOO_LONG',
  ],
  [`FOO / HTTP/1.1\r\n${HOST}\r\n`, ''],
  [`POST /v1/logon HTTP/1.1\r\n${OCTETS}content-length: -5\r\n\r\nabcde`, ''],
  [`POST /v1/logon HTTP/1.1\r\n${OCTETS}transfer-encoding: chunked\r\n\r\nZZZ\r\nabc`, ''],
  [
    `POST /v1/logon HTTP/1.1\r\n${OCTETS}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n`,
    '',
  ],
];

function opened(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', () => undefined);
  });
}

/** All bytes that come until the connection ends, however it does, or until `enough` of them have. */
function heard(socket: Socket, enough: (bytes: Buffer) => boolean): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve) => {
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (enough(bytes)) resolve(bytes);
    });
    socket.on('close', () => resolve(bytes));
  });
}

/** The close code among what a server sent: its frames are not masked. */
function closeCode(bytes: Buffer): number {
  for (let at = bytes.indexOf('\r\n\r\n') + 4; at + 2 <= bytes.length; ) {
    const short = bytes.readUInt8(at + 1);
    const isLong = short === 126;
    const body = at + (isLong ? 4 : 2);
    if ((bytes.readUInt8(at) & 15) === CLOSE) return bytes.readUInt16BE(body);
    at = body + (isLong ? bytes.readUInt16BE(at + 2) : short);
  }
  return CUT;
}

async function endOfStream(port: number, sent: Buffer): Promise<number> {
  const socket = await opened(port);
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET /v1/stream HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  const answer = await heard(socket, (bytes) => bytes.includes('\r\n\r\n'));
  const rest = heard(socket, () => false);
  socket.write(sent);
  return closeCode(Buffer.concat([answer, await rest]));
}

async function answerTo(port: number, sent: string): Promise<string> {
  const socket = await opened(port);
  socket.write(sent);
  const text = (await heard(socket, (bytes) => bytes.includes('"code"') && bytes.includes('}'))).toString('latin1');
  socket.destroy();
  const status = /^HTTP\/1\.1 (.*)/.exec(text)?.[1] ?? '';
  const code = /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? '';
  return `${status} ${code}`.trim();
}

t.test('bytes by hand end in a code, an answer or a cut, and change nothing', async (t) => {
  const venue = await PlatformProcess.start({ data: join(t.testdir(), 'data'), flags: ['--segment-mib', '8'] });
  t.teardown(() => venue.stop());
  const { port, url, adminKey } = venue.ready;
  const client = await TredyeClient.connect(url, readKeyFile(adminKey));
  await client.addInstrument({ symbol: 'A', priceMax: 100, quantityMax: 100 });
  await client.setPhase({ symbol: 'A', phase: 'Continuous' });
  const order = { symbol: 'A', side: 'Buy', price: 1, quantity: 1 } as const;
  const before = await client.place(order);
  const next = await client.place(order);
  for (const [what, bytes, code] of STREAMS) t.equal(await endOfStream(port, bytes), code, what);
  for (const [bytes, answer] of REQUESTS) t.equal(await answerTo(port, bytes), answer, bytes.slice(0, 60));
  const after = await client.place(order);
  t.equal(after.sequence - next.sequence, next.sequence - before.sequence, 'nothing came between two orders');
  await client.close();
});
