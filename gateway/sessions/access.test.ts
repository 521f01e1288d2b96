/** What gateways share about who may come in: challenges of HTTP logons, and the number of public sessions. */

import t from 'tap';
import { claimAccess, HttpChallenges, PublicSessions } from './access.js';

const NOW_US = 1_700_000_000_000_000;

t.test('a nonce is good once, for ten seconds, at any gateway', async (t) => {
  const { challenges } = claimAccess();
  const [here, there] = [new HttpChallenges(challenges), new HttpChallenges(challenges)];
  const nonce = here.issue(NOW_US);
  t.equal(nonce.length, 32);
  t.ok(there.take(nonce, NOW_US + 9_900_000));
  t.notOk(there.take(nonce, NOW_US + 9_900_000), 'used');
  t.notOk(here.take(nonce, NOW_US), 'used there');
  const late = here.issue(NOW_US);
  t.notOk(there.take(late, NOW_US + 10_100_000));
  t.notOk(there.take(late, NOW_US), 'asking too late uses it up');
  t.not(Buffer.from(here.issue(NOW_US)).toString('hex'), Buffer.from(here.issue(NOW_US)).toString('hex'));
});

t.test('what was never given is no nonce', async (t) => {
  const challenges = new HttpChallenges(claimAccess().challenges);
  const nonce = challenges.issue(NOW_US);
  t.notOk(challenges.take(new Uint8Array(32), NOW_US));
  t.notOk(challenges.take(new Uint8Array(32).fill(255), NOW_US));
  t.notOk(challenges.take(nonce.subarray(1), NOW_US));
  let passed = 0;
  for (let byte = 0; byte < 32; byte++) {
    const changed = nonce.slice();
    changed[byte] = (changed[byte] as number) ^ 1;
    if (challenges.take(changed, NOW_US)) passed++;
  }
  t.equal(passed, 0);
  t.ok(challenges.take(nonce, NOW_US), 'it is still good itself');
  const other = new HttpChallenges(claimAccess().challenges);
  t.notOk(other.take(challenges.issue(NOW_US), NOW_US), 'not at another platform');
});

t.test('the oldest of more challenges than there is room for is given up', async (t) => {
  const challenges = new HttpChallenges(claimAccess().challenges);
  const first = challenges.issue(NOW_US);
  const second = challenges.issue(NOW_US);
  for (let more = 2; more <= 16_384; more++) challenges.issue(NOW_US);
  t.notOk(challenges.take(first, NOW_US));
  t.ok(challenges.take(second, NOW_US));
});

t.test('deadlines hold where their word wraps', async (t) => {
  const challenges = new HttpChallenges(claimAccess().challenges);
  for (const tenths of [2 ** 31 - 50, 2 ** 32 - 100, 2 ** 32 - 50, 4 * 2 ** 32 - 1]) {
    const nowUs = tenths * 100_000;
    const [good, late] = [challenges.issue(nowUs), challenges.issue(nowUs)];
    t.ok(challenges.take(good, nowUs + 9_000_000), `at ${tenths}`);
    t.notOk(challenges.take(late, nowUs + 11_000_000), `after ${tenths}`);
  }
});

t.test('public sessions are counted over all gateways', async (t) => {
  const { publicSessions } = claimAccess();
  const [here, there] = [new PublicSessions(publicSessions, 2), new PublicSessions(publicSessions, 2)];
  t.ok(here.allowed && here.enter() && there.enter());
  t.notOk(here.enter());
  t.equal(there.count, 2, 'who was refused is not counted');
  here.leave();
  t.ok(there.enter());
  t.notOk(new PublicSessions(claimAccess().publicSessions, 0).allowed);
});
