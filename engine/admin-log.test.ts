import t from 'tap';
import { COMMAND_WORDS } from '../schemas/layout.js';
import { AdminLog } from './admin-log.js';
import { limitsFrom } from './limits.js';

const LIMITS = limitsFrom({ adminLogBytes: 64 * 1024 });

function logOf(buffer: SharedArrayBuffer, ...records: number[]): AdminLog {
  const log = new AdminLog(buffer);
  for (const record of records) log.append(new Int32Array(COMMAND_WORDS).fill(record), 0, 1);
  return log;
}

t.test('a shard that came back goes on in the memory that others read, behind what is published there', async (t) => {
  const shared = AdminLog.create(LIMITS);
  const dead = logOf(shared, 1, 2);
  dead.publish();
  // Not durable: nobody has seen it.
  dead.append(new Int32Array(COMMAND_WORDS).fill(9), 0, 1);
  const reader = new AdminLog(shared);
  const back = logOf(AdminLog.create(LIMITS), 1, 2);
  back.goOnIn(shared);
  back.append(new Int32Array(COMMAND_WORDS).fill(3), 0, 1);
  t.equal(reader.published(), 2);
  back.publish();
  t.equal(reader.published(), 3);
  t.same(
    [0, 1, 2].map((slot) => reader.words[reader.wordOf(slot)]),
    [1, 2, 3],
  );
});

t.test('one that recovered something else than is published does not', async (t) => {
  const shared = AdminLog.create(LIMITS);
  logOf(shared, 1, 2).publish();
  for (const records of [[1], [1, 3], [1, 2, 3]]) {
    t.throws(() => logOf(AdminLog.create(LIMITS), ...records).goOnIn(shared), /is not the recovered one/);
  }
});
