/**
 * Has the gateway's code compiled before it listens: a scratch gateway, with a scratch shard behind it and a socket that
 * goes nowhere, takes the frames of a made-up session and sends its reports and its public data. The gateway's thread.
 */

import { Doorbell } from '../engine/ring/doorbell.js';
import { NOWHERE, SCRATCH_BATCH, SCRATCH_ID, ScratchScript, ScratchShard } from '../engine/shard/scratch-shard.js';
import { ShardStatus } from '../engine/shard/status-words.js';
import { AckLevel, StreamMode } from '../schemas/codes.js';
import { encodeControl, encodeLogonTerms } from '../schemas/control.js';
import { CommandFrameWriter } from '../schemas/frame-writer.js';
import { PROTOCOL_VERSION, SIGNATURE_BYTES } from '../schemas/logon.js';
import { SYSTEM_CLOCK } from './clock.js';
import { Gateway } from './gateway.js';
import { TOP_BIT, TRADES_BIT } from './market-data/market-data.js';
import { claimMetrics } from './metrics/metrics-memory.js';
import { claimAccess } from './sessions/access.js';
import type { SessionSocket } from './sessions/session.js';
import { DEFAULT_GATEWAY_SETTINGS, takenSpansNeeded } from './worker-data.js';

/** More gains nothing that can be measured (docs/decisions/0007). */
const COMMANDS = 12_000;
const CHANNELS = TRADES_BIT | TOP_BIT;

/** Plays `commands` of them; the number of bytes that a client would have been sent. */
export function warmUpGateway(commands = COMMANDS): number {
  const shard = new ScratchShard(takenSpansNeeded(new ScratchShard(1).limits));
  const incarnation = new SharedArrayBuffer(4);
  new Int32Array(incarnation)[0] = SCRATCH_ID;
  // Its own rings and words: what it counts is seen by nobody.
  const scratch = claimMetrics('', [[shard.gatewayRing], [shard.gatewayRing]], [ShardStatus.create()], true);
  const gateway = new Gateway(
    {
      index: 0,
      host: '',
      port: 0,
      venue: 'scratch',
      shardCount: 1,
      limits: shard.limits,
      rings: [shard.gatewayRing],
      spans: [shard.spans],
      outputs: [shard.output],
      readerIndex: 0,
      doorbell: shard.readerBell,
      shardDoorbells: [Doorbell.create()],
      adminLog: shard.adminLog,
      incarnation,
      progress: new SharedArrayBuffer(4),
      journalDirectories: [''],
      epochs: [[{ epoch: shard.epoch, firstSequence: 1 }]],
      eventSequences: [0],
      images: [shard.image],
      auditor: null,
      metrics: { ...scratch, shards: [shard.metrics] },
      access: claimAccess(),
      pageDirectory: '',
      gateways: 1,
      remains: null,
      settings: DEFAULT_GATEWAY_SETTINGS,
    },
    {
      clock: SYSTEM_CLOCK,
      disk: NOWHERE,
      verify: (_message, _key, _signature, done) => done(true),
      framedWanted: () => undefined,
      soon: (work) => work(),
      log: () => undefined,
    },
  );
  let sent = 0;
  const socket: SessionSocket = {
    send: (bytes) => {
      sent += bytes.length;
      return true;
    },
    bufferedBytes: () => 0,
    cork: (write) => write(),
    end: () => undefined,
  };
  const settle = (): void => {
    do {
      while (shard.doRound());
    } while (gateway.turn() || gateway.hasWork());
  };
  settle();
  const session = gateway.connected(socket);
  const terms = encodeLogonTerms({
    version: PROTOCOL_VERSION,
    keyId: SCRATCH_ID,
    lane: SCRATCH_ID,
    ackLevel: AckLevel.Disk,
    heartbeatSeconds: DEFAULT_GATEWAY_SETTINGS.heartbeatSecondsMax,
    resume: [],
  });
  const say = (bytes: Uint8Array): void => {
    gateway.message(session, bytes.slice(), true);
    settle();
  };
  say(encodeControl({ type: 'Logon', terms, signature: new Uint8Array(SIGNATURE_BYTES) }));
  say(encodeControl({ type: 'Subscribe', request: 1, channels: CHANNELS, mode: StreamMode.Raw, instruments: [] }));
  const script = new ScratchScript();
  const writer = new CommandFrameWriter();
  let number = 0;
  const play = (words: Int32Array, count: number): void => {
    writer.begin();
    writer.append(words, 0, count);
    say(writer.finish(++number));
  };
  play(script.openMarket(), 1);
  for (let made = 0; made < commands; made += SCRATCH_BATCH) {
    play(script.batch(), SCRATCH_BATCH);
  }
  gateway.release();
  shard.close();
  return sent;
}
