/**
 * What `tredye journal check` and `make verify` do: every shard of a venue of this machine looked through by engine/audit,
 * with words about it for people. Main thread.
 */

import { type VerifiedShard, verifyShard } from '../../../engine/audit/verify.js';
import { RealDisk } from '../../../engine/journal/disk.js';
import { limitsOfStart } from '../../configuration.js';
import { journalDirectory } from '../../data-directory.js';
import { openLocalVenue, takeLease } from './local-venue.js';

const PROGRESS_MS = 2_000;

/** Says a line about each shard, and how far it is now and then. Throws a PlatformError where there is no venue. */
export function verifyVenue(data: string, say: (text: string) => void): readonly VerifiedShard[] {
  const { path, shardCount, limits } = openLocalVenue(data);
  const disk = new RealDisk();
  return Array.from({ length: shardCount }, (_, shard) => {
    const startedMs = performance.now();
    let toldMs = startedMs;
    const journal = journalDirectory(path, shard);
    const lease = takeLease(disk, journal);
    const verified = verifyShard({
      disk,
      journal,
      identity: { shard, shardCount },
      limits: limitsOfStart(new Map(), limits),
      progress: (commands, segment) => {
        lease?.hold(segment);
        const nowMs = performance.now();
        if (nowMs - toldMs < PROGRESS_MS) return;
        toldMs = nowMs;
        say(
          `shard ${shard}: ${commands} commands so far, ${Math.round((commands / (nowMs - startedMs)) * 1000)} a second`,
        );
      },
    });
    lease?.release();
    for (const line of linesOf(shard, verified)) say(line);
    return verified;
  });
}

function linesOf(shard: number, verified: VerifiedShard): string[] {
  const { commands, events, groups, segments, epochs, snapshots, consumers, stateHash, tornBytes, problems } = verified;
  const { firstSegment, afterCommand } = verified;
  const lines = [
    `shard ${shard}: ${counted(commands, 'command')} and ${counted(events, 'event')} in ${counted(groups, 'group')}, ${counted(segments, 'segment')}, ${counted(epochs, 'epoch')}, ${counted(snapshots, 'snapshot')}${consumers === 0 ? '' : `, ${counted(consumers, 'consumer')}`}; state ${stateHash}`,
  ];
  if (afterCommand > 0)
    lines.push(
      `shard ${shard}: segments below ${firstSegment} were retired; events are made again behind the snapshot of command ${afterCommand}`,
    );
  if (tornBytes > 0) lines.push(`shard ${shard}: ${tornBytes} bytes at the end are torn; nobody was told of them`);
  for (const problem of problems) lines.push(`shard ${shard}: ${problem}`);
  if (problems.length === 0)
    lines.push(`shard ${shard}: every record, seal, event and state holds, and the money adds up`);
  return lines;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
