/**
 * The load's own process: obeys one order after another over the IPC channel (generator-words.ts). Argument: the flow's
 * file. What it has played of the flow into a platform is not played again there: the next run goes on.
 */

import { generateKeyPairSync } from 'node:crypto';
import { readKeyFile, TredyeClient } from '../../../client/index.js';
import { type FlowPlan, planFlow } from '../../../proof/recordings/flow-plan.js';
import { AckLevel } from '../../../schemas/codes.js';
import { EchoConnection } from '../connections/echo-connection.js';
import type { LoadConnection } from '../connections/load-connection.js';
import { type Member, OrderSession, type SeenStream } from '../connections/order-session.js';
import { UsualConnection } from '../connections/usual-connection.js';
import { type FlowFrames, flowFrames } from './flow-lanes.js';
import type { GeneratorAnswer, GeneratorOrder, LoadTarget } from './generator-words.js';
import { closedLoop, openLoop } from './load-run.js';
import { PacedSender } from './paced-sender.js';
import { usualFrames } from './usual-frames.js';

/** All members use this lane, each of its own account. */
const LANE = 1;
const SYMBOL = 'FLOW';

interface Opened {
  readonly connections: readonly LoadConnection[];
  readonly frames: FlowFrames;
  readonly seen: () => readonly SeenStream[];
}

class Generator {
  readonly #plan: FlowPlan;
  readonly #sender: PacedSender;
  #members: readonly Member[] = [];
  #instrument = 1;
  /** Commands of the flow that the members have played. */
  #played = 0;

  constructor(plan: FlowPlan, sender: PacedSender) {
    this.#plan = plan;
    this.#sender = sender;
  }

  async obey(order: GeneratorOrder): Promise<GeneratorAnswer> {
    if (order.type === 'admit') {
      await this.#admit(order.url, order.keyFile, order.members);
      return { type: 'admitted', instrument: this.#instrument };
    }
    const commands =
      order.type === 'open' ? Math.round((order.seconds + order.warmSeconds) * order.rate) : order.commands;
    const perFrame = order.type === 'open' ? 1 : order.perFrame;
    const { connections, frames, seen } = await this.#open(order.target, order.connections, commands, perFrame);
    try {
      if (order.type === 'open') {
        const { rate, warmSeconds, stallMs, lostMs } = order;
        const options = {
          rate,
          warmMessages: Math.round(warmSeconds * rate),
          ...(lostMs === undefined ? {} : { lostMs }),
          ...(stallMs === undefined ? {} : { stallMs }),
        };
        return { type: 'open', result: await openLoop(this.#sender, connections, frames, options), streams: seen() };
      }
      return { type: 'closed', result: await closedLoop(connections, frames, order), streams: seen() };
    } finally {
      await Promise.all(connections.map((connection) => connection.close()));
    }
  }

  async #admit(url: string, keyFile: string, count: number): Promise<void> {
    const { needs } = this.#plan;
    const operator = await TredyeClient.connect(url, readKeyFile(keyFile));
    const { id } = await operator.addInstrument({
      symbol: SYMBOL,
      priceMin: needs.priceMin,
      priceMax: needs.priceMax,
      quantityMax: needs.quantityMax,
    });
    await operator.setPhase({ instrument: id, phase: 'Continuous' });
    this.#members = await Promise.all(
      Array.from({ length: count }, async (_, index): Promise<Member> => {
        const account = await operator.addAccount(`load-${index}`);
        const { publicKey, privateKey } = generateKeyPairSync('ed25519');
        const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
        const keyId = await operator.addKey({ account, publicKey: raw, rights: ['Read', 'Trade'] });
        return { account, keyId, privateKey };
      }),
    );
    await operator.close();
    this.#instrument = id;
    this.#played = 0;
  }

  async #open(target: LoadTarget, count: number, commands: number, perFrame: number): Promise<Opened> {
    const indexes = Array.from({ length: count }, (_, index) => index);
    if (target.kind === 'usual') {
      const frames = usualFrames(this.#plan, 0, commands, count);
      const connections = await Promise.all(indexes.map(() => UsualConnection.open(target.url)));
      return { connections, frames, seen: () => [] };
    }
    const shape = { connections: count, perFrame, lane: LANE, instrument: this.#instrument, firstFrameNumber: 1 };
    if (target.kind === 'echo') {
      const frames = flowFrames(this.#plan, this.#played, commands, shape);
      const connections = await Promise.all(indexes.map(() => EchoConnection.open(target.url, '/echo')));
      return { connections, frames, seen: () => [] };
    }
    if (count > this.#members.length) throw new Error(`Only ${this.#members.length} members were admitted.`);
    const frames = flowFrames(this.#plan, this.#played, commands, shape);
    const level = target.level === 'disk' ? AckLevel.Disk : AckLevel.Matched;
    const sessions = await Promise.all(
      indexes.map((index) => OrderSession.open(target.url, this.#members[index] as Member, LANE, level)),
    );
    this.#played += commands;
    return { connections: sessions, frames, seen: () => sessions.map((session) => session.seen()) };
  }
}

function tell(answer: GeneratorAnswer): void {
  process.send?.(answer);
}

const [flow = ''] = process.argv.slice(2);
const generator = new Generator(await planFlow(flow), await PacedSender.start());
let orders: Promise<unknown> = Promise.resolve();
process.on('message', (order: GeneratorOrder) => {
  orders = orders.then(async () => {
    await generator.obey(order).then(tell, (error: unknown) => {
      tell({ type: 'failed', why: error instanceof Error ? error.message : String(error) });
    });
  });
});
process.on('disconnect', () => process.exit(0));
tell({ type: 'ready' });
