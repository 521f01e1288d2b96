import t from 'tap';
import { seededRandom } from '../../proof/seeded-random.js';
import { SimulatedDisk } from '../../proof/simulated-disk.js';
import { CommandKind } from '../../schemas/codes.js';
import { errorOf } from '../journal/made-groups.js';
import { RecordHeader, recordChecksum } from '../journal/record.js';
import { CountingEngine } from './counting-engine.js';
import { countingShard, MADE_LIMITS, madeCommand, newOrder } from './made-shard.js';
import { type RecoveredShard, recoverShard } from './recovery.js';

const DIRECTORY = '/data/shard-0/journal';
const SEGMENT = `${DIRECTORY}/00000001.seg`;
const NOW_US = 1_700_000_000_000_000;

/** A dead shard's disk with a few groups, and the state it had. */
function diedAfter(rounds: number): { disk: SimulatedDisk; state: number } {
  const disk = new SimulatedDisk(seededRandom(1));
  const shard = countingShard(disk, 2);
  for (let round = 0; round < rounds; round += 1) {
    shard.send(1, newOrder(round, round), madeCommand(CommandKind.SessionOpen, 7, 0, 0, 100 + round));
    shard.send(1, madeCommand(CommandKind.SessionLost, 7, 0, 0, 100 + round - 2));
    shard.round.doRound(NOW_US + round, 0);
    shard.readDurable();
  }
  disk.powerFails();
  return { disk, state: shard.engine.state };
}

function recover(disk: SimulatedDisk, engine: CountingEngine, shardCount = 1, shard = 0): RecoveredShard {
  return recoverShard({
    disk,
    directory: DIRECTORY,
    shard,
    shardCount,
    limits: MADE_LIMITS,
    engine,
    platformStartId: 2,
    onProgress: null,
  });
}

t.test('replay brings back state, sequences, time, open incarnations, in a new epoch', async (t) => {
  const { disk, state } = diedAfter(10);
  for (let epoch = 2; epoch < 5; epoch += 1) {
    const engine = new CountingEngine(MADE_LIMITS.maxEventsPerCommand);
    const recovered = recover(disk, engine);
    t.equal(engine.state, state);
    t.equal(recovered.epoch, epoch);
    t.equal(recovered.epochs.length, epoch);
    t.equal(recovered.writer.nextCommandSequence, engine.commandSequence + 1);
    t.equal(recovered.writer.nextEventSequence, engine.eventSequence + 1);
    t.equal(recovered.lastTimeUs, NOW_US + 9);
    t.equal(recovered.commands, 30);
    t.same([...engine.openIncarnations()], [108, 109]);
    t.equal(engine.highestIncarnation, 109);
    recovered.writer.close();
    disk.powerFails();
  }
});

t.test('the clock of the next life never goes below the last journaled time', async (t) => {
  const { disk } = diedAfter(3);
  const shard = countingShard(disk, 2);
  shard.send(1, newOrder(1));
  shard.round.doRound(5, 0);
  disk.processDies();
  t.equal(recover(disk, new CountingEngine(16)).lastTimeUs, NOW_US + 2);
});

t.test('an engine that makes another event stops the start with field, file, offset and sequence', async (t) => {
  const { disk } = diedAfter(4);
  disk.spoil(SEGMENT, (bytes) => {
    // The second group: another quantity taken for the first command, with a checksum that fits.
    const words = new Int32Array(bytes.buffer);
    const header = new RecordHeader();
    const at = 12288;
    header.read(words, at / 4);
    words[at / 4 + 64] = 99; // client order id of the first command
    words[at / 4 + 1] = recordChecksum(bytes, at, header.length, {
      shard: 0,
      epoch: 1,
      commandSequence: header.firstCommandSequence,
      eventSequence: header.firstEventSequence,
    });
  });
  let before = new Uint8Array(0);
  disk.spoil(SEGMENT, (bytes) => {
    before = bytes.slice();
  });
  const error = errorOf(() => recover(disk, new CountingEngine(16)));
  t.equal(error.code, 'JOURNAL_DIVERGED');
  t.match(error.message, /orderId is -?\d+ now and was -?\d+/);
  t.equal(error.file, '00000001.seg');
  t.equal(error.offset, 12288);
  t.equal(error.sequence, 4);
  disk.spoil(SEGMENT, (bytes) => t.same(bytes, before, 'nothing was written'));
});

t.test('an engine that makes more or fewer events stops the start', async (t) => {
  class Chatty extends CountingEngine {
    readonly #more: number;
    constructor(more: number) {
      super(16);
      this.#more = more;
    }
    override apply(commands: Int32Array, at: number, eventAt: number, endAt: number): number {
      return Math.max(0, super.apply(commands, at, eventAt, endAt) + this.#more);
    }
  }
  t.match(errorOf(() => recover(diedAfter(2).disk, new Chatty(1))).code, 'JOURNAL_DIVERGED');
  t.match(errorOf(() => recover(diedAfter(2).disk, new Chatty(-1))).code, 'JOURNAL_DIVERGED');
});

t.test('another number of shards and another shard are refused by name', async (t) => {
  const { disk } = diedAfter(2);
  t.equal(errorOf(() => recover(disk, new CountingEngine(16), 2)).code, 'JOURNAL_OTHER_SHARD_COUNT');
  t.equal(errorOf(() => recover(disk, new CountingEngine(16), 2, 1)).code, 'JOURNAL_OTHER_SHARD');
});

t.test('an engine that does not stand where the journal ends is never served from', async (t) => {
  const engine = new CountingEngine(16);
  engine.commandSequence = 5;
  t.throws(
    () => recover(new SimulatedDisk(seededRandom(1)), engine),
    /goes on with command 1 .* the engine stands at 5/,
  );
});
