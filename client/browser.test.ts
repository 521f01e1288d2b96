/** The browser's client against a real platform, with the socket and the keys that Node offers as a browser does. */

import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { PlatformProcess } from '../proof/platform-process.js';
import { openBrowserSocket } from './browser/socket.js';
import { type PublicTrade, TredyeClient } from './browser.js';
import { TredyeClient as NodeClient, readKeyFile } from './index.js';
import { TredyeError } from './tredye-error.js';

// Node 20 has none; the one of ws keeps to the same interface.
Object.assign(globalThis, { WebSocket });

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];

async function errorOf(promise: Promise<unknown>): Promise<TredyeError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof TredyeError) return error;
  throw new Error(`Not a TredyeError: ${String(error)}`);
}

t.test('it logs on with each form of key, trades, and watches', async (t) => {
  const platform = await PlatformProcess.start({ data: join(t.testdir(), 'data'), flags: SMALL });
  const { url, adminKey } = platform.ready;
  const operator = await NodeClient.connect(url, readKeyFile(adminKey));
  await operator.addInstrument({ symbol: 'ACME', priceMax: 1000, quantityMax: 1000 });
  await operator.setPhase({ symbol: 'ACME', phase: 'Continuous' });
  const account = await operator.addAccount('page');
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '', d = '' } = privateKey.export({ format: 'jwk' });
  const raw = Buffer.from(x, 'base64url');
  t.same(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32), raw);
  const keyId = await operator.addKey({ account, publicKey: raw, rights: ['Read', 'Trade'] });

  const jwk = { kty: 'OKP', crv: 'Ed25519', x, d };
  const kept = await webcrypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['sign']);
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  for (const [lane, given] of [jwk, kept, pem].entries()) {
    const client = await TredyeClient.connect(url, { keyId, privateKey: given }, { lane });
    const trades: PublicTrade[] = [];
    const traded = new Promise<void>((resolve) => {
      client.onTrade((trade) => {
        trades.push(trade);
        resolve();
      });
    });
    await client.subscribe(['trades']);
    const terms = { symbol: 'ACME', price: 100, quantity: 3 + lane } as const;
    t.match(await client.place({ ...terms, side: 'Sell' }), { kind: 'Accepted', account });
    t.match(await operator.place({ ...terms, side: 'Buy' }), { kind: 'Accepted' });
    await traded;
    t.match(trades, [{ price: 100, quantity: 3 + lane }]);
    await client.close();
    t.equal(client.state, 'closed');
  }
  const other = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  t.equal((await errorOf(TredyeClient.connect(url, { keyId, privateKey: other }))).code, 'LOGON_REFUSED');
  await operator.close();
  await platform.stop();
  const nothing = await errorOf(TredyeClient.connect(url, { keyId, privateKey: pem }));
  t.match(nothing, { code: 'CONNECT_FAILED', canRetry: true });
});

t.test('a key that is none is refused before anything is sent', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const wrong = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const pair = await webcrypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  if (!('publicKey' in pair)) throw new Error('Ed25519 comes in pairs.');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: 'AA', d: 'AA' };
  for (const given of [pem, 'none', jwk, wrong.privateKey, pair.publicKey]) {
    const error = await errorOf(TredyeClient.connect('ws://127.0.0.1:1', { keyId: 1, privateKey: given }));
    t.equal(error.code, 'BAD_KEY', error.message);
  }
});

t.test(
  'a socket ends once: closed by the other, dropped by a text, dropped by its owner, or never allowed',
  async (t) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    t.teardown(() => server.close());
    server.on('connection', (socket, { url }) => {
      if (url === '/close') socket.close(4102, 'newer');
      if (url === '/text') socket.send('text');
      if (url === '/bytes') socket.send(Uint8Array.of(1, 2, 3));
    });
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port.');

    /** What the owner hears, in order, until it is over. */
    function heard(url: string): Promise<string[]> {
      const said: string[] = [];
      return new Promise((resolve) => {
        const socket = openBrowserSocket(url, {
          opened: () => said.push('opened'),
          message: (bytes) => {
            said.push(`bytes ${bytes.join(' ')}`);
            socket.terminate();
          },
          closed: (code, why) => {
            said.push(`closed ${code} ${why}`.trim());
            // Time for what must not come any more.
            setTimeout(() => resolve(said), 50);
          },
        });
      });
    }
    const base = `ws://127.0.0.1:${address.port}`;
    t.same(await heard(`${base}/close`), ['opened', 'closed 4102 newer']);
    t.same(await heard(`${base}/text`), ['opened', 'closed 1006']);
    t.same(await heard(`${base}/bytes`), ['opened', 'bytes 1 2 3', 'closed 1006']);
    t.match(await heard('http://127.0.0.1:1/#fragment'), [/^closed 1006 /]);
  },
);
