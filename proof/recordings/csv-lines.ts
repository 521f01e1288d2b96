/**
 * Reads a gzipped CSV file line by line, without holding it, and strictly: the header must be the expected one, each
 * line must have as many fields as the header, the last line must be ended, and there must be at least one row. A
 * reader that is lenient here lets a proof pass on half a file. Any thread, off the hot path.
 */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { RecordingError } from './recording-error.js';

/** One row with its place, and the field readers that name the place when a field is wrong. */
export class CsvRow {
  /** Line number in the file; the header is line 1. */
  line = 0;
  fields: string[] = [];

  constructor(
    readonly path: string,
    readonly columns: readonly string[],
  ) {}

  /** Refuses the row. */
  refuse(what: string): never {
    throw new RecordingError(this.path, `line ${this.line}`, what);
  }

  text(column: number): string {
    return this.fields[column] ?? '';
  }

  /** One of a few words; returns its index. */
  oneOf(column: number, words: readonly string[]): number {
    const index = words.indexOf(this.text(column));
    if (index < 0) {
      this.refuse(`${this.columns[column]} is "${this.text(column)}", not one of ${words.join(' ')}`);
    }
    return index;
  }

  /** A whole number from `lowest` to `highest`, both within the exact doubles. */
  whole(column: number, lowest: number, highest: number): number {
    const text = this.text(column);
    const value = Number(text);
    if (!/^-?\d{1,15}$/.test(text) || value < lowest || value > highest) {
      this.refuse(`${this.columns[column]} is "${text}", not a whole number from ${lowest} to ${highest}`);
    }
    return value;
  }

  /** An id: any unsigned 64-bit number, as text without leading zeros, so that equal ids are equal texts. */
  id(column: number): string {
    const text = this.text(column);
    if (!/^(0|[1-9]\d{0,19})$/.test(text) || (text.length === 20 && BigInt(text) > 0xffff_ffff_ffff_ffffn)) {
      this.refuse(`${this.columns[column]} is "${text}", not an unsigned 64-bit number`);
    }
    return text;
  }

  /** A time of day with milliseconds. */
  time(column: number): string {
    const text = this.text(column);
    if (!/^([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}$/.test(text)) {
      this.refuse(`${this.columns[column]} is "${text}", not a time HH:MM:SS.mmm`);
    }
    return text;
  }
}

/** Calls `onRow` for each row in turn; the row object is used again. Returns the number of rows, at least 1. */
export async function readCsvGz(
  path: string,
  header: readonly string[],
  onRow: (row: CsvRow) => void,
): Promise<number> {
  const row = new CsvRow(path, header);
  const expectedHeader = header.join(',');
  let rest = '';
  const takeLine = (line: string): void => {
    row.line += 1;
    if (row.line === 1) {
      if (line !== expectedHeader) {
        row.refuse(`the header is "${line.slice(0, 200)}", not "${expectedHeader.slice(0, 200)}"`);
      }
      return;
    }
    row.fields = line.split(',');
    if (row.fields.length !== header.length) {
      row.refuse(`${row.fields.length} fields, not ${header.length}`);
    }
    onRow(row);
  };

  const source = createReadStream(path);
  const text = source.pipe(createGunzip());
  source.on('error', (error) => text.destroy(error));
  text.setEncoding('latin1');
  try {
    for await (const chunk of text) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        takeLine(line);
      }
    }
  } catch (error) {
    if (error instanceof RecordingError) {
      throw error;
    }
    throw new RecordingError(path, '', `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    source.destroy();
  }
  if (rest !== '') {
    throw new RecordingError(path, `line ${row.line + 1}`, 'the last line is not ended: the file is cut short');
  }
  if (row.line < 2) {
    throw new RecordingError(path, '', row.line === 0 ? 'the file is empty' : 'no rows behind the header');
  }
  return row.line - 1;
}
