import t from 'tap';
import { loadUws, type UwsHost, UwsUnavailableError, type us_listen_socket } from './uws.js';

const NATIVE = { App() {}, us_listen_socket_close() {}, us_socket_local_port() {}, DISABLED: 0 };

/** A machine on which only the listed binaries load; everything else is missing, as on a foreign Node. */
function hostWith(loads: Record<string, unknown>, about: Partial<UwsHost> = {}): UwsHost & { asked: string[] } {
  const asked: string[] = [];
  return {
    platform: 'linux',
    arch: 'x64',
    nodeVersion: '20.20.2',
    modulesVersion: '115',
    glibcVersion: () => '2.36',
    loadBinary({ name }, fileName) {
      asked.push(`${name}/${fileName}`);
      if (!(name in loads)) throw new Error(`cannot open ${fileName}`);
      return loads[name];
    },
    ...about,
    asked,
  };
}

function refusal(host: UwsHost): UwsUnavailableError {
  try {
    loadUws(host);
  } catch (error) {
    if (error instanceof UwsUnavailableError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

t.test('the binary of this machine loads, listens and answers', async (t) => {
  const { uws, packageName } = loadUws();
  t.match(packageName, /^uws-node2[04]$/);
  const app = uws.App().get('/*', (response) => {
    response.end('native');
  });
  const socket = await new Promise<us_listen_socket>((resolve, reject) => {
    app.listen('127.0.0.1', 0, (listening) => (listening ? resolve(listening) : reject(new Error('no port'))));
  });
  t.teardown(() => uws.us_listen_socket_close(socket));
  const answer = await fetch(`http://127.0.0.1:${uws.us_socket_local_port(socket)}/`, {
    headers: { connection: 'close' },
  });
  t.equal(await answer.text(), 'native');
});

t.test('the JavaScript fallback is not loaded even where the environment asks for it', (t) => {
  process.env.UWS_USE_FALLBACK = '1';
  t.teardown(() => {
    delete process.env.UWS_USE_FALLBACK;
  });
  const { uws } = loadUws();
  t.match(uws.App.toString(), /\[native code\]/);
  t.end();
});

t.test('the package for Node 20 is taken when its binary loads', (t) => {
  const host = hostWith({ 'uws-node20': NATIVE, 'uws-node24': NATIVE });
  t.equal(loadUws(host).packageName, 'uws-node20');
  t.same(host.asked, ['uws-node20/uws_linux_x64_115.node']);
  t.end();
});

t.test('the package for Node 24 is taken when only its binary loads', (t) => {
  const host = hostWith(
    { 'uws-node24': NATIVE },
    { nodeVersion: '24.21.0', modulesVersion: '137', glibcVersion: () => '2.41' },
  );
  t.equal(loadUws(host).packageName, 'uws-node24');
  t.same(host.asked, ['uws-node20/uws_linux_x64_137.node', 'uws-node24/uws_linux_x64_137.node']);
  t.end();
});

t.test('Node 24 on an old glibc is refused in one sentence that says what works', (t) => {
  const error = refusal(hostWith({}, { nodeVersion: '24.21.0', modulesVersion: '137' }));
  t.equal(error.code, 'UWS_UNAVAILABLE');
  t.equal(error.canRetry, false);
  t.equal(
    error.message,
    'uWebSockets.js has no binary that loads on Node 24.21.0 (linux x64) with glibc 2.36: ' +
      'use Node 20 with glibc 2.27 or later, or Node 24 with glibc 2.38 or later.',
  );
  t.end();
});

t.test('a system without glibc is refused by that name', (t) => {
  const error = refusal(hostWith({}, { glibcVersion: () => undefined }));
  t.match(error.message, 'on Node 20.20.2 (linux x64) with no glibc: use');
  t.end();
});

t.test('a binary that lacks a function we use is passed over, and the causes are kept', (t) => {
  const error = refusal(hostWith({ 'uws-node20': { App() {} }, 'uws-node24': null }));
  t.match((error.cause as AggregateError).errors, [
    { message: 'the binary of uws-node20 has no function us_listen_socket_close' },
    { message: 'the binary of uws-node24 has no function App' },
  ]);
  t.end();
});
