/** A session without a key: it keeps trying from the first attempt on, says when, and hands on what a page shows. */

import t from 'tap';
import { CLOSE_CODES } from '../../schemas/close-codes.js';
import { Reason } from '../../schemas/codes.js';
import { TredyeWatcher } from '../browser.js';
import { FakeClock, FakeNetwork } from './fake-gateway.js';
import { settle } from './fake-session.js';

function watching(failing: number): { client: TredyeWatcher; network: FakeNetwork; clock: FakeClock; said: string[] } {
  const network = new FakeNetwork();
  network.refuseNext = Array.from({ length: failing }, () => ({ code: 1006, why: 'nobody' }));
  const clock = new FakeClock();
  const client = TredyeWatcher.watch('ws://fake', {
    clock,
    openSocket: network.openSocket,
    random: () => 0.5,
    heartbeatSeconds: 2,
  });
  const said: string[] = [];
  client.onStateChange((state, why) => said.push(`${state} ${why}`.trim()));
  client.onRetry((waitMs, attempt) => said.push(`attempt ${attempt} in ${waitMs} ms`));
  client.onHeartbeat((timeUs) => said.push(`the time is ${timeUs}`));
  client.onPublicFrame((sentUs) => said.push(`frame of ${sentUs}`));
  client.onTrade((trade) => said.push(`trade ${trade.sequence}`));
  return { client, network, clock, said };
}

t.test('it begins at once, says its next attempts, and logs on without key and signature', async (t) => {
  const { client, network, clock, said } = watching(2);
  t.equal(client.state, 'connecting');
  await settle();
  clock.advance(250);
  await settle();
  clock.advance(500);
  const gateway = await network.logon();
  t.match(gateway.terms, { keyId: 0, heartbeatSeconds: 2 });
  const logon = gateway.messages.find((message) => message.type === 'Logon');
  t.match(logon, { type: 'Logon', signature: new Uint8Array(0) });
  gateway.answerLogon(0, []);
  t.equal(client.state, 'ready');
  t.same(said, ['reconnecting nobody', 'attempt 1 in 250 ms', 'attempt 2 in 500 ms', 'ready']);

  said.length = 0;
  gateway.say({ type: 'Heartbeat', timeUs: 1234, marks: [], echoUs: 0, heldUs: 0 });
  gateway.publicTrade(1, 0, 77);
  t.same(said, ['the time is 1234', 'frame of 0', 'trade 77']);

  const sample = { latencyUs: [5, 6], frameUs: [7], longFrames: 1, frames: 60 };
  client.sendPageSample(sample);
  t.match(gateway.messages.at(-1), { type: 'PageSample', ...sample });
  gateway.drop(1006, 'cut');
  const sent = gateway.messages.length;
  client.sendPageSample(sample);
  t.equal(gateway.messages.length, sent, 'nothing is sent without a session');
  t.equal(client.state, 'reconnecting');
  await client.close();
  t.equal(client.state, 'closed');
});

t.test('it does not come back to a venue that lets nobody watch', async (t) => {
  const { client, network, clock, said } = watching(0);
  const gateway = await network.logon();
  const text = 'nobody may watch without a key';
  gateway.say({ type: 'Refused', number: 0, request: 0, index: 0, reason: Reason.NotAllowed, text });
  gateway.drop(CLOSE_CODES.LOGON_REFUSED, 'refused');
  t.same(said, [`closed ${text}`]);
  t.equal(clock.nextIn(), -1, 'no attempt is planned');
  t.equal(client.state, 'closed');
});
