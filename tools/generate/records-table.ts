/**
 * Writes docs/records-table.md from the two tables of schemas/kinds.ts and that of schemas/phases.ts. A tool; generate.ts calls it.
 */

import { CommandFlag, CommandKind, EventKind } from '../../schemas/codes.js';
import { COMMAND_FIELDS, COMMAND_ROWS, EVENT_FIELDS, EVENT_ROWS } from '../../schemas/kinds.js';
import { PHASE_NAMES, PHASE_ROWS } from '../../schemas/phases.js';

export function recordsTable(): string {
  return [
    '<!-- generated from schemas/kinds.ts and schemas/phases.ts by tools/generate/generate.ts, do not modify -->',
    '# Which field means what, by kind',
    '',
    'A field that a kind does not name must be zero: the gateway and the engine refuse a command otherwise.',
    'Bytes are offsets in the record. Codes and overlays: `schemas/records.fbs`, `schemas/overlays.fbs`.',
    '',
    '## Commands, 64 bytes',
    '',
    ...COMMAND_ROWS.flatMap(({ kind, overlay, fields, flags, parts, filledInside }) => {
      const lines = Object.entries(fields)
        .sort(byOffset(COMMAND_FIELDS))
        .map(([name, meaning]) => {
          const inside = (filledInside as readonly string[]).includes(name) ? ' (zero on the wire)' : '';
          return entry(COMMAND_FIELDS[name as keyof typeof COMMAND_FIELDS], name, `${meaning}${inside}`);
        });
      if (kind === CommandKind.Part) {
        lines.push(entry([0, 8], 'operationId', "the head's"), entry([8, 1], 'index', 'from 0'));
        lines.push(entry([9, 1], 'count', '1 to 32'), entry([16, 40], 'payload', 'of the terms, zeros behind them'));
      }
      const names = Object.values(CommandFlag).filter((flag) => typeof flag === 'number' && (flags & flag) !== 0);
      if (names.length > 0) {
        lines.push(entry(COMMAND_FIELDS.flags, 'flags', names.map((flag) => CommandFlag[Number(flag)]).join(', ')));
      }
      return section(
        `${kind} ${CommandKind[kind]}`,
        `\`${overlay}\`${parts ? ', followed by 1 to 32 Parts' : ''}`,
        lines,
      );
    }),
    '## Events, 96 bytes',
    '',
    'Every event has `sequence`, `commandSequence` and `timeUs`.',
    '',
    ...EVENT_ROWS.flatMap(({ kind, fields, bits }) => {
      const lines = Object.entries(fields)
        .sort(byOffset(EVENT_FIELDS))
        .map(([name, meaning]) => entry(EVENT_FIELDS[name as keyof typeof EVENT_FIELDS], name, meaning));
      lines.push(entry(EVENT_FIELDS.bits, 'bits', bits.join(', ')));
      return section(`${kind} ${EventKind[kind]}`, '', lines);
    }),
    ...phasesSection(),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function phasesSection(): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    '## What each kind does in each phase',
    '',
    '`matches`: trades at once, the rest rests or goes. `rests`: waits in the book for an uncross. `applies`: is carried',
    'out. A reason: it is refused with that. The first row that fits a command counts. A MassCancel of all instruments',
    'asks for no phase.',
    '',
    row(['command', ...PHASE_NAMES]),
    row(['---', ...PHASE_NAMES.map(() => '---')]),
    ...PHASE_ROWS.map(({ what, effects }) => row([what, ...PHASE_NAMES.map((name) => effects[name])])),
    '',
  ];
}

type Places = Readonly<Record<string, readonly [number, number]>>;

function byOffset(places: Places): (left: [string, string], right: [string, string]) => number {
  return ([left], [right]) => (places[left]?.[0] ?? 0) - (places[right]?.[0] ?? 0);
}

function entry([at, bytes]: readonly [number, number], name: string, meaning: string): string {
  return `| ${at} | ${bytes} | \`${name}\` | ${meaning} |`;
}

function section(title: string, text: string, lines: readonly string[]): string[] {
  const head = text === '' ? [] : [text, ''];
  return [`### ${title}`, '', ...head, '| byte | size | field | meaning |', '|---|---|---|---|', ...lines, ''];
}
