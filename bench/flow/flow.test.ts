import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { findExcerpt } from '../../proof/recordings/data-folder.js';

const ENTRY = join(dirname(fileURLToPath(import.meta.url)), 'flow-main.js');
const EXCERPT = findExcerpt('flow_normal').folder;
const FLOW = join(EXCERPT, 'commands.bin.gz');

function run(args: readonly string[], passes = '2'): { code: number | null; out: string; said: string } {
  const ended = spawnSync(process.execPath, [ENTRY, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PASSES: passes },
  });
  return { code: ended.status, out: ended.stdout, said: ended.stderr };
}

t.test('a flow is played, read by the other thread, and has the expected hash', async (t) => {
  const { code, out, said } = run([FLOW]);
  t.equal(said, '');
  t.equal(code, 0);
  t.match(out, readFileSync(join(EXCERPT, 'reports.sha256'), 'latin1').trim());
  t.match(out, /^RESULT flow\.lines \d+ lines 1\.0 vs expected=SHA$/m);
  t.match(out, /^RESULT flow\.first [\d.]+ Mcommands\/s$/m);
  t.match(out, /^RESULT flow\.best [\d.]+ Mcommands\/s$/m);
});

t.test('another hash than the expected one fails', async (t) => {
  const folder = t.testdir({ wrong: `${'0'.repeat(64)}\n` });
  const { code, out, said } = run([FLOW, join(folder, 'wrong')], '1');
  t.equal(code, 1);
  t.match(said, /The hash is not the expected one: 0{64}/);
  t.match(out, /^RESULT flow\.lines \d+ lines 0 vs expected=SHA$/m);
});

t.test('a flow with one other command has another hash', async (t) => {
  const bytes = gunzipSync(readFileSync(FLOW));
  bytes.writeUInt32LE(bytes.readUInt32LE(4) + 1, 4);
  const folder = t.testdir({
    'commands.bin.gz': gzipSync(bytes),
    'reports.sha256': readFileSync(join(EXCERPT, 'reports.sha256')),
  });
  t.equal(run([join(folder, 'commands.bin.gz')], '1').code, 1);
});

t.test('what cannot be played is refused in one sentence that names it', async (t) => {
  const folder = t.testdir({
    'short.bin.gz': gzipSync(gunzipSync(readFileSync(FLOW)).subarray(0, 1000)),
    'cut.bin.gz': readFileSync(FLOW).subarray(0, 500),
    'empty.bin.gz': gzipSync(Buffer.alloc(0)),
    'reports.sha256': readFileSync(join(EXCERPT, 'reports.sha256')),
    'no-hash': 'not a hash',
  });
  const cases: [string[], RegExp][] = [
    [[], /Name a flow file/],
    [['/nowhere/commands.bin.gz'], /There is no file \/nowhere/],
    [[FLOW, '/nowhere/hash'], /There is no file \/nowhere\/hash with the expected hash/],
    [[FLOW, join(folder, 'no-hash')], /does not hold one SHA-256/],
    [[join(folder, 'short.bin.gz')], /short\.bin\.gz.*cut short/],
    [[join(folder, 'cut.bin.gz')], /cut\.bin\.gz.*cannot be read/],
    [[join(folder, 'empty.bin.gz')], /empty\.bin\.gz.*empty/],
  ];
  for (const [args, sentence] of cases) {
    const { code, said } = run(args, '1');
    t.equal(code, 1);
    t.match(said, sentence);
    t.equal(said.trim().split('\n').length, 1, 'one sentence, no stack');
  }
});
