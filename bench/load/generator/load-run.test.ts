/**
 * The generator against servers that answer rightly, wrongly, or not at all: each makes the run void, and so does a
 * generator that lags. The generator is a process of its own, as in the benches.
 */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { type WebSocket, WebSocketServer } from 'ws';
import { findExcerpt } from '../../../proof/recordings/data-folder.js';
import { BaselineProcess } from '../baselines/baseline-process.js';
import { generatorLag, wrongAnswers } from '../void-rules.js';
import { GeneratorProcess } from './generator-process.js';
import type { OpenAnswer } from './generator-words.js';

const FLOW = join(findExcerpt('flow_normal').folder, 'commands.bin.gz');
const RUN = { type: 'open', connections: 3, rate: 200, seconds: 0.5, warmSeconds: 0.1, lostMs: 500 } as const;

/** Answers message `count` of the server as it likes. */
type Answering = (socket: WebSocket, data: Buffer, count: number) => void;

async function against(t: { teardown(work: () => unknown): void }, answering: Answering): Promise<OpenAnswer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  t.teardown(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  let count = 0;
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => answering(socket, data, count++));
  });
  const generator = await GeneratorProcess.start(FLOW);
  t.teardown(() => generator.end());
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return generator.obey({ ...RUN, target: { kind: 'echo', url } });
}

t.test('the echo server answers every message with its own bytes, open and closed', async (t) => {
  const echo = await BaselineProcess.start('uws-baseline-main');
  const generator = await GeneratorProcess.start(FLOW);
  t.teardown(() => Promise.all([echo.end(), generator.end()]));
  const target = { kind: 'echo', url: `ws://127.0.0.1:${echo.port}` } as const;
  const { result } = await generator.obey({ ...RUN, target });
  t.same(wrongAnswers('echo', result), []);
  t.equal(result.planned, 120);
  t.equal(result.answered, 120);
  t.equal(result.latency.count, 100, 'the warm-up is not counted');
  t.ok(result.latency.p50 > 0 && result.latency.p50 <= result.latency.p99 && result.latency.p99 <= result.latency.max);
  const closed = await generator.obey({
    type: 'closed',
    target,
    connections: 3,
    perFrame: 16,
    commands: 5000,
    warmCommands: 500,
    unanswered: 4,
  });
  t.same(wrongAnswers('echo', closed.result), []);
  t.equal(closed.result.answered, 5000);
  t.ok(closed.result.commandsPerSecond > 0);
});

t.test('one wrong byte in one answer makes a run void', async (t) => {
  const { result } = await against(t, (socket, data, count) => {
    if (count === 50) data.writeUInt8(data.readUInt8(40) ^ 1, 40);
    socket.send(data);
  });
  t.match(wrongAnswers('echo', result), [/echo: \/echo: echo \d+ is not what was sent/]);
});

t.test('one lost answer makes a run void', async (t) => {
  const { result } = await against(t, (socket, data, count) => {
    if (count !== 119) socket.send(data);
  });
  t.match(wrongAnswers('echo', result), [/1 of 120 commands were not answered/]);
  t.equal(result.answered, 119);
});

t.test('a connection that ends makes a run void', async (t) => {
  const { result } = await against(t, (socket, data, count) => {
    if (count === 60) socket.close(1000, 'enough');
    else socket.send(data);
  });
  t.match(wrongAnswers('echo', result).join('\n'), /the server closed it: 1000 enough/);
});

t.test('a generator that stands still now and then makes a run void', async (t) => {
  const echo = await BaselineProcess.start('uws-baseline-main');
  const generator = await GeneratorProcess.start(FLOW);
  t.teardown(() => Promise.all([echo.end(), generator.end()]));
  const target = { kind: 'echo', url: `ws://127.0.0.1:${echo.port}` } as const;
  const { result } = await generator.obey({ ...RUN, target, stallMs: 30 });
  t.same(wrongAnswers('echo', result), [], 'its answers are right');
  t.match(generatorLag('echo', result).join('\n'), /the generator lagged \d+ us at p99/);
  t.ok(result.latency.p50 >= 1000, 'its own lag is part of what it measures');
});

t.test('the bounds of a lag are allowed, and a share below its bound is not', async (t) => {
  const lag = { count: 1, mean: 1, p50: 1, p90: 1, p99: 1000, p999: 1, max: 1, curve: [] };
  const result = {
    planned: 10,
    sentShare: 0.99,
    commands: 10,
    answered: 10,
    wrong: [],
    lag,
    latency: lag,
    inServer: null,
  };
  t.same(generatorLag('x', result), []);
  t.match(generatorLag('x', { ...result, sentShare: 0.9899 }), [/sent 99\.0% of its plan/]);
  t.match(generatorLag('x', { ...result, lag: { ...lag, p99: 1001 } }), [/lagged 1001 us/]);
  t.match(wrongAnswers('x', { ...result, answered: 9 }), [/9 of 10 were answered/]);
});
