/**
 * docs/errors.md, row by row: each mishap is brought about as a user would meet it, by a real process on a real port and
 * a real directory, and must say its sentence word for word and leave with its code.
 */

import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { readKeyFile, TredyeClient } from '../client/index.js';
import { signerOf } from '../client/node/signer.js';
import { RealDisk } from '../engine/journal/disk.js';
import { writeConsumer } from '../engine/retention/consumers.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { repositoryFolder } from '../proof/recordings/data-folder.js';
import { AckLevel } from '../schemas/codes.js';
import { decodeControl, encodeControl, encodeLogonTerms } from '../schemas/control.js';
import { logonMessage, PROTOCOL_VERSION } from '../schemas/logon.js';
import { CLI_ENTRY, cliEnvironment, tredye } from './cli/cli-process.js';
import { EXIT_CODES } from './exit-codes.js';

const ROOT = repositoryFolder();
const DOCUMENT = readFileSync(join(ROOT, 'docs', 'errors.md'), 'utf8');
const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
const PAGE = 4096;
/** More than may come without a key, however slowly this machine sends them. */
const MESSAGES = 20_000;
const DAY_MS = 24 * 60 * 60 * 1000;

interface Mishap {
  readonly name: string;
  readonly sentence: string;
  readonly code: number;
  /** The path of another test; '' for none. */
  readonly also: string;
}

interface Met {
  readonly said: string;
  readonly code: number | null;
}

function rowsUnder(head: string): string[][] {
  const table = DOCUMENT.slice(DOCUMENT.indexOf(head)).split('\n\n')[0] ?? '';
  return table
    .split('\n')
    .slice(2)
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

const MISHAPS: readonly Mishap[] = rowsUnder('| mishap |').map(([name = '', sentence = '', code = '', also = '']) => ({
  name,
  sentence,
  code: Number(code),
  also,
}));

/** The sentence with its `{…}` as anything that stays on the line. */
function patternOf(sentence: string): RegExp {
  const parts = sentence.split(/\{[a-z0-9]+\}/).map((part) => part.replace(/[.*+?^$()[\]{}|\\/]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+?')}$`);
}

/** The last word of a process: a fatal line of the log in JSON, or what stands on standard error. */
function lastWordOf(said: string): string {
  const lines = said.trim().split('\n');
  const fatal = lines.findLast((line) => line.startsWith('{') && line.includes('"level":60'));
  const parsed: { msg?: string } = fatal === undefined ? {} : JSON.parse(fatal);
  return parsed.msg ?? lines.at(-1) ?? '';
}

/** `tredye run` that is expected to refuse. through: a program that runs it, with its flags. */
async function start(
  data: string,
  flags: readonly string[] = [],
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly nodeFlags?: readonly string[];
    readonly through?: readonly string[];
  } = {},
): Promise<Met> {
  const [program = '', ...args] = [
    ...(options.through ?? []),
    process.execPath,
    ...(options.nodeFlags ?? []),
    CLI_ENTRY,
    'run',
    '--data',
    data,
    '--log-format',
    'json',
    ...(flags.includes('--port') ? [] : ['--port', '0']),
    ...SMALL,
    ...flags,
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: cliEnvironment(options.environment) });
  const ended = once(child, 'close');
  const limit = setTimeout(() => child.kill('SIGKILL'), 120_000);
  const said = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  clearTimeout(limit);
  return { said: lastWordOf(said.join('\n')), code };
}

async function command(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Met> {
  const { err, code } = await tredye(args, { environment });
  return { said: err, code };
}

/** A venue that has run and was stopped. */
async function stoppedVenue(t: Test): Promise<string> {
  const { platform, data } = await runningVenue(t);
  const operator = await TredyeClient.connect(platform.ready.url, readKeyFile(platform.ready.adminKey));
  await operator.addInstrument({ symbol: 'ACME', priceMax: 10, quantityMax: 10 });
  await operator.close();
  await platform.stop();
  return data;
}

async function runningVenue(t: Test): Promise<{ platform: PlatformProcess; data: string; url: string }> {
  const data = join(t.testdir(), 'data');
  const platform = await PlatformProcess.start({ data, flags: SMALL });
  t.teardown(() => platform.kill());
  return { platform, data, url: platform.ready.url };
}

/** Changes bytes of the first segment where they lie. */
function changeSegment(data: string, change: (file: number) => void): void {
  const file = openSync(join(data, 'shard-0', 'journal', '00000001.seg'), 'r+');
  change(file);
}

function changeVenueFile(data: string, changes: object): void {
  const path = join(data, 'venue.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...changes }));
}

function newKeyFile(folder: string, keyId: number): { path: string; publicKey: Uint8Array } {
  const pair = generateKeyPairSync('ed25519');
  const path = join(folder, 'key.json');
  const privateKey = pair.privateKey.export({ format: 'pem', type: 'pkcs8' });
  writeFileSync(path, JSON.stringify({ keyId, privateKey }));
  return { path, publicKey: Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url') };
}

/** A client of somebody else's making: it answers the challenge with a logon of that version, and hears the end. */
async function logOnAs(url: string, keyFile: string, version: number): Promise<Met> {
  const signer = signerOf(readKeyFile(keyFile));
  const socket = new WebSocket(url);
  let said = '';
  socket.on('message', (bytes: Buffer) => {
    const message = decodeControl(new Uint8Array(bytes));
    if (typeof message === 'number') return;
    if (message.type === 'Refused') said = message.text;
    if (message.type !== 'Challenge') return;
    const { venue, nonce } = message;
    const terms = encodeLogonTerms({
      version,
      keyId: signer.keyId,
      lane: 1,
      ackLevel: AckLevel.Disk,
      heartbeatSeconds: 10,
      resume: [],
    });
    void signer
      .hash(terms)
      .then((hash) => signer.sign(logonMessage(venue, nonce, signer.keyId, hash)))
      .then((signature) => socket.send(encodeControl({ type: 'Logon', terms, signature })));
  });
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return { said: said || reason.toString(), code };
}

/** A program of the start whose clock says another time than it is. */
function clockAt(milliseconds: string): string[] {
  return ['--import', `data:text/javascript,const real = Date.now; Date.now = () => ${milliseconds};`];
}

/** Rights of a superuser given up, so that permissions mean something to him as well. */
const WITHOUT_RIGHTS = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];
const asAnyone = process.getuid?.() === 0 ? WITHOUT_RIGHTS : [];

const PROVOKED: Readonly<Record<string, (t: Test) => Promise<Met>>> = {
  'port taken': async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const met = await start(join(t.testdir(), 'data'), ['--port', String(port)]);
    server.close();
    return met;
  },
  'data directory locked': async (t) => start((await runningVenue(t)).data),
  'data directory of another version': async (t) => {
    const data = await stoppedVenue(t);
    changeVenueFile(data, { layoutVersion: 1 });
    return start(data);
  },
  'journal of another version': async (t) => {
    const data = await stoppedVenue(t);
    changeSegment(data, (file) => {
      const header = Buffer.alloc(PAGE);
      readSync(file, header, 0, PAGE, 0);
      header.writeUInt32LE(99, 12);
      header.writeUInt32LE(crc32(header.subarray(12)), 8);
      writeSync(file, header, 0, PAGE, 0);
    });
    return start(data);
  },
  'data directory of another number of shards': async (t) => start(await stoppedVenue(t), ['--shards', '2']),
  'data directory of another venue': async (t) => start(await stoppedVenue(t), ['--venue', 'other']),
  'damaged journal': async (t) => {
    const data = await stoppedVenue(t);
    changeSegment(data, (file) => {
      const byte = Buffer.alloc(1);
      // A command of the first group, behind the segment's header and the start record.
      readSync(file, byte, 0, 1, 2 * PAGE + 256);
      writeSync(file, Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, 2 * PAGE + 256);
    });
    return start(data);
  },
  'older data directory put back': async (t) => {
    const data = await stoppedVenue(t);
    writeConsumer(new RealDisk(), join(data, 'shard-0', 'journal'), { name: 'kafka', segment: 1, eventSequence: 5000 });
    return start(data);
  },
  'unknown configuration key': (t) => start(join(t.testdir(), 'data'), [], { environment: { TREDYE_GATEWAY: '2' } }),
  'bad schedule': (t) =>
    start(join(t.testdir({ day: 'Mon 25:00 * Auction' }), 'data'), ['--schedule', join(t.testdirName, 'day')]),
  'bad configuration value': (t) => start(join(t.testdir(), 'data'), ['--port', 'many']),
  'configuration of a later version': (t) =>
    start(join(t.testdir(), 'data'), [], { environment: { KAFKA_BROKERS: 'localhost:9092' } }),
  'unknown flag of the platform': (t) => start(join(t.testdir(), 'data'), ['--shard', '2']),
  'unknown flag of a command': () => command(['book', 'ACME', '--dept', '3']),
  'unknown command': () => command(['bok', 'ACME']),
  'nothing listens at the address': async (t) => {
    const { platform, url } = await runningVenue(t);
    const key = platform.ready.adminKey;
    await platform.stop();
    return command(['ping', '--url', url, '--key', key]);
  },
  'no such instrument': async (t) => {
    const { platform, url } = await runningVenue(t);
    const key = platform.ready.adminKey;
    const byStream = await command(['order', 'new', 'NOPE', 'buy', '1', '1', '--url', url, '--key', key]);
    t.same(await command(['book', 'NOPE', '--url', url]), byStream, 'the same over HTTP');
    return byStream;
  },
  'no key file': (t) => command(['ping', '--key', join(t.testdir(), 'key.json')]),
  'key file in the way': async (t) => {
    const { platform, url, data } = await runningVenue(t);
    const key = platform.ready.adminKey;
    return command(['account', 'create', 'alice', '--out', join(data, 'venue.json'), '--url', url, '--key', key]);
  },
  'wrong key': async (t) => {
    const { url, data } = await runningVenue(t);
    return command(['ping', '--url', url, '--key', newKeyFile(data, 1).path]);
  },
  'wrong key on the wire': async (t) => {
    const { url, data } = await runningVenue(t);
    return logOnAs(url, newKeyFile(data, 1).path, PROTOCOL_VERSION);
  },
  'revoked key': async (t) => {
    const { url, path } = await revokedKey(t);
    return command(['ping', '--url', url, '--key', path]);
  },
  'revoked key on the wire': async (t) => {
    const { url, path } = await revokedKey(t);
    return logOnAs(url, path, PROTOCOL_VERSION);
  },
  'frame of the wrong version': async (t) => {
    const { platform, url } = await runningVenue(t);
    return logOnAs(url, platform.ready.adminKey, PROTOCOL_VERSION + 1);
  },
  'text frame': async (t) => {
    const socket = new WebSocket((await runningVenue(t)).url);
    socket.on('open', () => socket.send('hello'));
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    return { said: reason.toString(), code };
  },
  'too many messages without a key': async (t) => {
    const socket = new WebSocket((await runningVenue(t)).url);
    const beat = encodeControl({ type: 'Heartbeat', timeUs: 1, marks: [], echoUs: 0, heldUs: 0 });
    socket.on('open', () => {
      for (let sent = 0; sent < MESSAGES; sent++) socket.send(beat);
    });
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    return { said: reason.toString(), code };
  },
  'unsupported Node': async (t) => {
    // make asks it before anything else; here with a node that says that it is another one.
    const folder = t.testdir({ node: '#!/bin/sh\necho v22.1.0\n', npm: '#!/bin/sh\n' });
    spawnSync('chmod', ['+x', join(folder, 'node'), join(folder, 'npm')]);
    const { stderr, status } = spawnSync(join(ROOT, 'tools', 'require-node.sh'), {
      env: { PATH: `${folder}:${process.env.PATH}` },
    });
    return { said: stderr.toString().trim(), code: status };
  },
  'missing native binary': async (t) => {
    const data = join(t.testdir(), 'data');
    // The binary of a Node that there is not, asked for before the program begins.
    const otherNode = "data:text/javascript,Object.defineProperty(process.versions, 'modules', { value: '1' })";
    const met = await start(data, [], { nodeFlags: ['--import', otherNode] });
    t.notOk(existsSync(data), 'nothing was written');
    return met;
  },
  'missing program': (t) => start(join(t.testdir(), 'data'), [], { environment: { PATH: '' } }),
  'disk full': async (t) => {
    const { platform, url } = await runningVenue(t);
    const client = await TredyeClient.connect(url, readKeyFile(platform.ready.adminKey), { giveUpAfterMs: 1 });
    // The kernel answers writes beyond a size as it does those of a full disk.
    spawnSync('prlimit', ['--pid', String(platform.pid), '--fsize=4096:']);
    const unwritten = client.addAccount('nobody').catch((error: unknown) => error);
    const { code } = await platform.exited;
    t.ok((await unwritten) instanceof Error, 'it was never acknowledged');
    await client.close();
    return { said: lastWordOf(platform.log()), code };
  },
  'disk full at the first start': (t) => start(join(t.testdir(), 'data'), [], { through: ['prlimit', '--fsize=0:'] }),
  'no permission': async (t) => {
    const data = join(t.testdir(), 'data');
    mkdirSync(data, { mode: 0o500 });
    return start(data, [], { through: asAnyone });
  },
  'no permission to make it': async (t) => {
    const folder = join(t.testdir(), 'closed');
    mkdirSync(folder, { mode: 0o500 });
    return start(join(folder, 'data'), [], { through: asAnyone });
  },
  'a place that takes no directory': async () => start('/proc/none/data', [], {}),
  'clock before 2020': async (t) => {
    const data = join(t.testdir(), 'data');
    const met = await start(data, [], { nodeFlags: clockAt('5000') });
    t.notOk(existsSync(data), 'nothing was written');
    return met;
  },
  'clock behind the journal': async (t) => {
    const data = await stoppedVenue(t);
    const yesterday = clockAt(`real() - ${DAY_MS}`);
    const met = await start(data, [], { nodeFlags: yesterday });
    const platform = await PlatformProcess.start({
      data,
      flags: [...SMALL, '--clock-behind-minutes', '1440'],
      nodeFlags: yesterday,
    });
    t.match(
      platform.log(),
      /"level":40.*"the clock of this machine says .*: commands are stamped with that time until/,
    );
    t.same(await platform.stop(), { code: 0, signal: null }, 'as far behind as it was allowed to be');
    return met;
  },
};

async function revokedKey(t: Test): Promise<{ url: string; path: string }> {
  const { platform, url, data } = await runningVenue(t);
  const operator = await TredyeClient.connect(url, readKeyFile(platform.ready.adminKey));
  const account = await operator.addAccount('alice');
  const { path, publicKey } = newKeyFile(data, 2);
  const keyId = await operator.addKey({ account, publicKey, rights: ['Read'] });
  await operator.revokeKey(keyId);
  await operator.close();
  return { url, path };
}

t.test('the document and this test name the same mishaps, and the tests it names exist', async (t) => {
  t.same(
    MISHAPS.map(({ name }) => name),
    Object.keys(PROVOKED),
  );
  for (const { name, also } of MISHAPS) {
    if (also !== '') t.ok(existsSync(join(ROOT, also)), `${name}: ${also}`);
  }
});

t.test('the table of exit codes is the one in the program', async (t) => {
  const shown = rowsUnder('| code | means |').map(([code, means]) => [Number(code), means]);
  t.same(shown, EXIT_CODES);
});

for (const { name, sentence, code } of MISHAPS) {
  t.test(name, async (t) => {
    const provoke = PROVOKED[name];
    if (provoke === undefined) throw new Error(`Nobody knows how to bring about: ${name}.`);
    const met = await provoke(t);
    t.match(met.said, patternOf(sentence));
    t.equal(met.code, code);
  });
}
