import t from 'tap';
import type { Configuration } from './configuration.js';
import type { DataDirectory } from './data-directory.js';
import { DiskWatch, reserveOf } from './disk-watch.js';

const MIB = 1024 * 1024;

function watch(reserve: number) {
  const disk = { free: 0, fails: false };
  const said: string[] = [];
  const seen: (readonly [number, boolean])[] = [];
  const it = new DiskWatch({
    path: '/data',
    reserve,
    freeBytes: async () => {
      if (disk.fails) throw new Error('EIO');
      return disk.free;
    },
    measured: (free, isNearlyFull) => seen.push([free, isNearlyFull]),
    log: (level, code, message) => said.push(`${level} ${code} ${message}`),
  });
  const look = async (free: number): Promise<boolean | undefined> => {
    disk.free = free;
    await it.look();
    return seen.at(-1)?.[1];
  };
  return { it, disk, said, seen, look };
}

t.test('below the reserve the disk is nearly full, until an eighth more is free', async (t) => {
  const { look, said } = watch(800 * MIB);
  t.equal(await look(800 * MIB), false);
  t.equal(await look(800 * MIB - 1), true);
  t.equal(await look(899 * MIB), true, 'not at once: it would come and go');
  t.equal(await look(900 * MIB), false);
  t.equal(await look(799 * MIB), true);
  t.same(
    said.map((line) => line.split(' ').slice(0, 2).join(' ')),
    ['warn DISK_NEARLY_FULL', 'info DISK_HAS_ROOM', 'warn DISK_NEARLY_FULL'],
  );
  t.match(
    said[0],
    /^warn DISK_NEARLY_FULL 799 MiB are free under \/data, less than the reserve of 800 MiB: orders are refused/,
  );
});

t.test('without a reserve it only measures', async (t) => {
  const { look, said, seen } = watch(0);
  t.equal(await look(0), false);
  t.same([said, seen], [[], [[0, false]]]);
});

t.test('a file system that cannot say changes nothing, and is named once', async (t) => {
  const { it, disk, look, said, seen } = watch(MIB);
  await look(0);
  disk.fails = true;
  await it.look();
  await it.look();
  t.same(seen, [[0, true]]);
  t.same(said.slice(1), ['warn DISK_UNKNOWN the free room of /data cannot be read: EIO']);
  disk.fails = false;
  t.equal(await look(2 * MIB), false);
});

t.test('a reserve that nobody set holds two segments a shard', async (t) => {
  const directory = { limits: { segmentBytes: 64 * MIB } } as DataDirectory;
  const asked = (diskReserveMib: number | null): Configuration => ({ shards: 3, diskReserveMib }) as Configuration;
  t.equal(reserveOf(asked(null), directory), (256 + 6 * 64) * MIB);
  t.equal(reserveOf(asked(0), directory), 0);
  t.equal(reserveOf(asked(10), directory), 10 * MIB);
});
