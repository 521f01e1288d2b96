/** Processor time of another process, from Linux. Any thread. */

import { readdirSync, readFileSync } from 'node:fs';

/** Processor time of a process so far, of all its threads. */
export function cpuSeconds(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  // The first field: nanoseconds on a processor; the sums of /proc/PID/stat count in hundredths of a second.
  const nanoseconds = readdirSync(tasks).map((task) =>
    Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((all, one) => all + one, 0) / 1e9;
}
