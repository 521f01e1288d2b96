/**
 * What the command line writes: lines, tables, JSON, and nothing more once nobody reads. Main thread.
 */

import { EXIT_CLEAN } from '../exit-codes.js';

/** Lines are handed over when so many characters wait. */
const CHUNK_CHARACTERS = 64 * 1024;

/** `tredye … | head -1` ends quietly: who read has what he wanted. */
export function endWithTheReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT_CLEAN);
    throw error;
  });
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function sayAll(lines: readonly string[]): void {
  for (const line of lines) say(line);
}

/** One document, ids of 64 bits as decimal strings. */
export function sayJson(value: unknown): void {
  say(JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)));
}

/** Rows under their heads, columns as wide as they must be. right: the heads whose columns stand at the right. */
export function tableLines(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string[] {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => (row[column] ?? '').length)));
  return [heads, ...rows].map((cells) =>
    widths
      .map((width, column) => {
        const text = cells[column] ?? '';
        return right.includes(heads[column] ?? '') ? text.padStart(width) : text.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Many lines, in pieces, as fast as the reader takes them. */
export class LineWriter {
  private text = '';

  /** Null when the line waits with others; else resolves when the reader has taken them. */
  add(line: string): Promise<void> | null {
    this.text += `${line}\n`;
    return this.text.length < CHUNK_CHARACTERS ? null : this.flush();
  }

  flush(): Promise<void> {
    const { text } = this;
    this.text = '';
    // A reader that is gone ends the process by the stream's error, so the call's own is not looked at.
    return new Promise((resolve) => process.stdout.write(text, () => resolve()));
  }
}
