/**
 * `tredye audit`: who did what to a venue of this machine, and why. Main thread.
 */

import type { Command } from '@commander-js/extra-typings';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { examples } from '../help-text.js';
import { dataOption, jsonOption, wholeNumber } from '../options.js';
import { say, sayAll, sayJson, tableLines } from '../terminal.js';
import { type AuditEntry, auditTrail } from './audit.js';
import { historyFromUs } from './local-directory.js';
import { openLocalVenue } from './local-venue.js';

const MAX_ID = 0xffff_ffff;

/** A time as people write it, UTC unless it says otherwise: 2026-11-23 or 2026-11-23T09:30. Microseconds since 1970. */
function timeUsOf(text: string): number {
  const isDate = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text);
  const zoned = text.length === 10 || /(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`;
  const time = isDate ? Date.parse(zoned) : Number.NaN;
  if (!Number.isNaN(time)) return time * 1000;
  throw new InvalidArgumentError('It must be a time such as 2026-11-23 or 2026-11-23T09:30, UTC.');
}

function trailLines(entries: readonly AuditEntry[]): string[] {
  const heads = ['time', 'who', 'session', 'what', 'why', 'answer'];
  const rows = entries.map(({ timeUs, account, name, session, what, why, answer }) => [
    new Date(timeUs / 1000).toISOString(),
    account <= 0 ? name : `${name} (${account})`,
    String(session),
    what,
    why ?? '-',
    answer,
  ]);
  return tableLines(heads, rows, ['session']);
}

export function addAuditCommand(program: Command): void {
  program
    .command('audit')
    .summary('show who did what to the venue, and why')
    .description(
      "show who did what about market, risk, administration and money, and why, from the venue's journal on this machine",
    )
    .option('--since <time>', 'from then on, UTC, like 2026-11-23 or 2026-11-23T09:30', timeUsOf, 0)
    .option('--account <number>', 'what this account did', wholeNumber(1, MAX_ID))
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('tredye audit', 'tredye audit --since 2026-11-23T09:30 --account 1', 'tredye audit --json'),
    )
    .action((options) => {
      const { since, account } = options;
      const venue = openLocalVenue(options.data);
      const entries = auditTrail(venue).filter(
        (entry) => entry.timeUs >= since && (account === undefined || entry.account === account),
      );
      if (options.json === true) sayJson(entries);
      else {
        const from = historyFromUs(venue);
        if (from > since) say(`what was done before ${new Date(from / 1000).toISOString()} is in retired segments`);
        if (entries.length === 0) say('nothing was done');
        else sayAll(trailLines(entries));
      }
    });
}
