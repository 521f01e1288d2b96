/**
 * What a first start fixes and when: one without the memory it asks for binds nobody, one that has begun is never begun
 * anew, and shards whose journals are not of one venue's life do not start together. Real processes.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readKeyFile, TredyeClient } from '../client/index.js';
import { PlatformProcess } from '../proof/platform-process.js';
import { EXIT_CLEAN, EXIT_CORRUPT_JOURNAL, EXIT_MISSING } from './exit-codes.js';

const SMALL = ['--segment-mib', '8', '--max-orders', '10000', '--max-instruments', '100', '--max-accounts', '100'];
/** One array of more than 8 GB a shard; never touched, so that a machine which promises it does not have to give it. */
const TOO_MANY_LANES = ['--segment-mib', '8', '--max-lanes', '30000'];

/** The address space of this process and of the children that it starts from now on. */
function limitMemory(bytes: string): void {
  const limited = spawnSync('prlimit', ['--pid', String(process.pid), `--as=${bytes}:`]);
  if (limited.status !== 0) throw new Error(`prlimit does not work: ${limited.stderr}`);
}

t.test('a first start without the memory it asks for says so and binds no later start to it', async (t) => {
  const data = join(t.testdir(), 'data');
  limitMemory('8000000000');
  const refused = await PlatformProcess.refused({ data, flags: TOO_MANY_LANES });
  limitMemory('unlimited');
  t.equal(refused.code, EXIT_MISSING, refused.said);
  t.match(refused.said, /There is not enough memory for shard 0 with these limits: lower the --max-/);
  t.notOk(existsSync(join(data, 'shard-0', 'journal', '00000001.seg')));
  const platform = await PlatformProcess.start({ data, flags: [...SMALL, '--max-lanes', '100'] });
  t.same(await platform.stop(), { code: EXIT_CLEAN, signal: null }, platform.log());
  t.match(JSON.parse(readFileSync(join(data, 'venue.json'), 'utf8')), { begun: true, limits: { maxLanes: 100 } });
  const later = await PlatformProcess.refused({ data, flags: [...SMALL, '--max-lanes', '101'] });
  t.match(later.said, /^--max-lanes is 100 in this data directory and cannot be changed yet/);
});

t.test('a lost journal is missed without the operator key, too, and a shard ahead of shard 0 is refused', async (t) => {
  const folder = t.testdir();
  const [data, older, kept] = [join(folder, 'data'), join(folder, 'older'), join(folder, 'kept')];
  const flags = [...SMALL, '--shards', '2'];
  const first = await PlatformProcess.start({ data, flags });
  t.same(await first.stop(), { code: EXIT_CLEAN, signal: null }, first.log());
  cpSync(join(data, 'shard-0'), older, { recursive: true });
  const second = await PlatformProcess.start({ data, flags });
  const operator = await TredyeClient.connect(second.ready.url, readKeyFile(second.ready.adminKey));
  t.equal(await operator.addAccount('trader'), 2);
  // Shard 1 has the account when it trades an instrument that came behind it.
  await operator.addInstrument({ symbol: 'TWO', shard: 1, priceMax: 10, quantityMax: 10 });
  t.match(await operator.setPhase({ symbol: 'TWO', phase: 'Continuous' }), { kind: 'PhaseChanged' });
  await operator.close();
  t.same(await second.stop(), { code: EXIT_CLEAN, signal: null }, second.log());

  rmSync(join(data, 'admin-key.json'));
  renameSync(join(data, 'shard-1'), kept);
  const lost = await PlatformProcess.refused({ data, flags });
  t.equal(lost.code, EXIT_CORRUPT_JOURNAL, lost.said);
  t.match(lost.said, /^The journal of shard 1 is missing in \S+shard-1\/journal, though this venue has begun/);
  t.notOk(existsSync(join(data, 'shard-1')), 'nothing was made');
  renameSync(kept, join(data, 'shard-1'));
  const whole = await PlatformProcess.start({ data, flags });
  t.match(whole.log(), /there is no operator key at \S+admin-key\.json/);
  t.notOk(existsSync(join(data, 'admin-key.json')), 'no second operator');
  t.same(await whole.stop(), { code: EXIT_CLEAN, signal: null }, whole.log());

  rmSync(join(data, 'shard-0'), { recursive: true });
  cpSync(older, join(data, 'shard-0'), { recursive: true });
  const ahead = await PlatformProcess.refused({ data, flags });
  t.equal(ahead.code, EXIT_CORRUPT_JOURNAL, ahead.said);
  t.match(
    ahead.said,
    /Shard 1 holds 4 admin records \(\S+shard-1\/journal\/00000001\.seg\), but shard 0, which numbers them, ends with 2 \(\S+shard-0\/journal\/00000001\.seg\): restore the journals of all shards from one backup\./,
  );
});
