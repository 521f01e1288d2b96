/**
 * Verifies the tables that are not hot, control frames and terms, along the shapes generated from the .fbs files: every
 * table, vector, string and union lies inside, is aligned, and required fields are there. Any thread; cold.
 * After it has said yes, the generated readers may be used on the same bytes.
 */

import { Reason } from './codes.js';
import { FlatTable, identifierWord } from './flat-table.js';
import { FILE_IDENTIFIERS, STRUCTS, TABLES } from './generated/shapes.js';
import { MAX_FRAME_BYTES } from './layout.js';
import type { FieldShape, StructShape, TableShape } from './shape.js';

const BAD_FRAME: number = Reason.BadFrame;
const FRAME_TOO_LONG: number = Reason.FrameTooLong;

const CONTROL_FRAME = identifierWord(FILE_IDENTIFIERS.ControlFrame);

/** Our deepest message is frame, instruments, instrument. */
const MAX_DEPTH = 4;
/**
 * Bytes looked at, and so many for a table. Offsets may lead many times to the same table or string, so the length of
 * the frame alone does not bound the work: without this one frame could stall the gateway for a tenth of a second.
 */
const MAX_WORK = 4 * MAX_FRAME_BYTES;
const TABLE_WORK = 64;

const shapes: Readonly<Record<string, TableShape>> = TABLES;
const structs: Readonly<Record<string, StructShape>> = STRUCTS;

const stack: readonly FlatTable[] = Array.from({ length: MAX_DEPTH }, () => new FlatTable());
let workLeft = 0;

/** A control frame, TDX1. Returns a Reason, 0: all of it may be read. */
export function verifyControlFrame(frame: Uint8Array): number {
  if (frame.length > MAX_FRAME_BYTES) return FRAME_TOO_LONG;
  return verifyRoot(frame, CONTROL_FRAME, TABLES.ControlFrame) < 0 ? BAD_FRAME : 0;
}

/** A table without an identifier, as LogonTerms. Returns a Reason. */
export function verifyLogonTerms(bytes: Uint8Array): number {
  return verifyRoot(bytes, 0, TABLES.LogonTerms) < 0 ? BAD_FRAME : 0;
}

/** The tables that Parts carry. */
type TermsTable =
  | 'InstrumentTerms'
  | 'AccountTerms'
  | 'KeyTerms'
  | 'FeeTerms'
  | 'LimitTerms'
  | 'AssetTerms'
  | 'NoteTerms'
  | 'BustTerms';

/** Terms out of Parts: besides, what is behind the last byte in use must be zero. Returns a Reason. */
export function verifyTerms(bytes: Uint8Array, table: TermsTable): number {
  const end = verifyRoot(bytes, 0, TABLES[table]);
  if (end < 0) return Reason.BadPayload;
  for (let at = end; at < bytes.length; at++) if (bytes[at] !== 0) return Reason.BadPayload;
  return 0;
}

/** The place behind the last byte that belongs to the buffer, or -1. */
function verifyRoot(bytes: Uint8Array, identifier: number, shape: TableShape): number {
  const root = stack[0] as FlatTable;
  workLeft = MAX_WORK;
  if (!root.openRoot(bytes, bytes.length, identifier)) return -1;
  return verifyFields(root, shape, 0) ? root.end : -1;
}

function verifyFields(table: FlatTable, shape: TableShape, depth: number): boolean {
  if (!mayLookAt(TABLE_WORK)) return false;
  for (let id = 0; id < shape.fields.length; id++) {
    const field = shape.fields[id] as FieldShape;
    const inlineBytes = field.kind === 'scalar' || field.kind === 'bool' ? field.bytes : 4;
    const place = table.field(id, inlineBytes);
    if (place < 0 || (place === 0 && field.required)) return false;
    if (place !== 0 && !verifyField(table, field, id, place, depth)) return false;
  }
  return true;
}

function verifyField(table: FlatTable, field: FieldShape, id: number, place: number, depth: number): boolean {
  switch (field.kind) {
    case 'scalar':
      return true;
    case 'bool':
      return table.u8At(place) <= 1;
    case 'string':
      return verifyString(table, place);
    case 'scalars':
      return table.openVector(place, field.bytes, field.bytes);
    case 'structs': {
      const struct = structs[field.struct] as StructShape;
      return table.openVector(place, struct.bytes, struct.alignment) && structsHold(table, struct);
    }
    case 'table':
      return verifyChild(table, shapes[field.table], place, depth);
    case 'tables': {
      if (!table.openVector(place, 4, 4)) return false;
      const first = table.vectorAt;
      const count = table.vectorCount;
      for (let index = 0; index < count; index++) {
        if (!verifyChild(table, shapes[field.table], first + 4 * index, depth)) return false;
      }
      return true;
    }
    case 'union': {
      const type = table.u8At(Math.max(table.field(id - 1, 1), 0));
      return verifyChild(table, shapes[field.members[type] ?? ''], place, depth);
    }
  }
}

function mayLookAt(bytes: number): boolean {
  workLeft -= bytes;
  return workLeft >= 0;
}

/** A missing shape (a union's type that is not known) is a refusal, too. */
function verifyChild(parent: FlatTable, shape: TableShape | undefined, place: number, depth: number): boolean {
  const child = stack[depth + 1];
  if (child === undefined || shape === undefined) return false;
  if (!child.openFrom(parent, place) || !verifyFields(child, shape, depth + 1)) return false;
  parent.end = child.end;
  return true;
}

function verifyString(table: FlatTable, place: number): boolean {
  if (!table.openVector(place, 1, 1)) return false;
  const end = table.vectorAt + table.vectorCount;
  // A NUL stands behind every string and is not counted.
  if (end >= table.length || table.bytes[end] !== 0) return false;
  if (end + 1 > table.end) table.end = end + 1;
  return mayLookAt(table.vectorCount) && isUtf8(table.bytes, table.vectorAt, end);
}

/** Fields named zero are zero. */
function structsHold(table: FlatTable, struct: StructShape): boolean {
  if (!mayLookAt(table.vectorCount * struct.bytes)) return false;
  for (const field of struct.fields) {
    if (!field.name.startsWith('zero')) continue;
    for (let index = 0; index < table.vectorCount; index++) {
      const at = table.vectorAt + index * struct.bytes + field.at;
      for (let byte = at; byte < at + field.bytes; byte++) if (table.bytes[byte] !== 0) return false;
    }
  }
  return true;
}

/** Whether the bytes are well-formed UTF-8: no overlong forms, surrogates, or code points above U+10FFFF. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; ) {
    const first = bytes[at] as number;
    at += 1;
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return false;
    const more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (at + more > end) return false;
    const second = bytes[at] as number;
    const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (second < least || second > most) return false;
    for (let next = 1; next < more; next++) if (((bytes[at + next] as number) & 0xc0) !== 0x80) return false;
    at += more;
  }
  return true;
}
