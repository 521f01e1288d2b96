/** A client that is logged on at a gateway of fake-gateway.ts, and what tests of it wait and ask with. */

import { type ConnectOptions, TredyeClient } from '../index.js';
import { TredyeError } from '../tredye-error.js';
import { FAKE_SIGNER, FakeClock, type FakeConnection, FakeNetwork } from './fake-gateway.js';

export const ORDER = { instrument: 1, side: 'Buy', price: 100, quantity: 5 } as const;
/** The first command has the counter 1001. */
const START_COUNTER = 1000;

/** The code of the TredyeError that it rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TredyeError) return error.code;
    throw error;
  }
  return 'it did not fail';
}

/** Lets promises and microtasks settle. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export async function connected(
  options: ConnectOptions = {},
  points: readonly (readonly [number, number])[] = [[10, 1]],
  window = 4096,
): Promise<{ client: TredyeClient; network: FakeNetwork; clock: FakeClock; gateway: FakeConnection }> {
  const network = new FakeNetwork();
  const clock = new FakeClock();
  const connecting = TredyeClient.connect('ws://fake', FAKE_SIGNER, {
    clock,
    openSocket: network.openSocket,
    random: () => 0.5,
    startCounter: START_COUNTER,
    ...options,
  });
  const gateway = await network.logon();
  gateway.answerLogon(50, points, window);
  const client = await connecting;
  clock.advance(0);
  return { client, network, clock, gateway };
}
