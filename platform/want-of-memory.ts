/**
 * How a start without enough memory is told from a bug. All memory is claimed before the venue serves, in whichever
 * thread uses it, and what the machine does not give is one error of V8. Supervisor thread.
 */

import { EXIT_MISSING, PlatformError } from './exit-codes.js';

/** V8's own words; the error that carries them has no code. */
const ALLOCATION_FAILED = 'Array buffer allocation failed';

/** who: completes "There is not enough memory for …". Null when the message speaks of something else. */
export function wantOfMemory(who: string, message: string): PlatformError | null {
  if (!message.includes(ALLOCATION_FAILED)) return null;
  return new PlatformError(
    'NO_MEMORY',
    EXIT_MISSING,
    `There is not enough memory for ${who} with these limits: lower the --max-... limits or the numbers of --shards and --gateways, or give the platform more memory.`,
    true,
  );
}
