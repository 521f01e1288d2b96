import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { runKills } from './kill.js';

const rounds = Number(process.env.ROUNDS ?? 20);
const seed = Number(process.env.SEED ?? Date.now() % 0x7fffffff);

for (const [shards, share] of [
  [1, 0.75],
  [2, 0.25],
] as const) {
  t.test(
    `nothing acknowledged is lost or doubled by kills under load, ${shards} shard(s) and gateway(s)`,
    async (t) => {
      const scratch = mkdtempSync(join(tmpdir(), 'tredye-kill-'));
      t.teardown(() => rmSync(scratch, { recursive: true, force: true }));
      t.comment(`seed ${seed}`);
      const summary = await runKills({
        rounds: Math.max(1, Math.round(rounds * share)),
        seed,
        shards,
        gateways: shards,
        scratch,
        say: (line) => t.comment(line),
      });
      t.ok(Math.min(...summary.inFlight) > 0, 'every kill that counts had commands in flight');
      t.ok(summary.acknowledged > 0, 'commands were acknowledged');
      const { platform, recovery, both, parent } = summary.byWay;
      t.equal(platform + recovery + both + parent, summary.rounds);
      t.comment(
        `torn tails cut: ${summary.tornTails}, never happened: ${summary.neverHappened}, ${JSON.stringify(summary.byWay)}`,
      );
    },
  );
}
