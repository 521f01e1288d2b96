import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import t from 'tap';
import { hasListener, probePort } from './port-probe.js';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1CE8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 630 1
   1: 0100007F:E079 0100007F:8836 06 00000000:00000000 03:00000000 00000000     0        0 0 3
`;

t.test('a listener is told from a connection that lingers', async (t) => {
  t.equal(hasListener(TABLE, 7400), true);
  t.equal(hasListener(TABLE, 0xe079), false);
  t.equal(hasListener(TABLE, 0x1ce9), false);
  t.equal(hasListener('', 7400), false);
});

t.test('a port with a listener is taken, and free when it has gone', async (t) => {
  const server = createServer((socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.equal(await probePort('127.0.0.1', port), 'taken');
  // The server's end closes first, so that its side of the connection is what lingers.
  const client = connect(port, '127.0.0.1');
  client.resume();
  await once(client, 'close');
  server.close();
  await once(server, 'close');
  t.equal(await probePort('127.0.0.1', port), 'free');
});

t.test('an address that is not of this machine is unusable', async (t) => {
  t.match(await probePort('192.0.2.1', 7400), { unusable: /\w+/ });
});
