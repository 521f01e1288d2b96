/** Where the code of a compiled file stands in its source. Any thread. */

import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { join } from 'node:path';

export class CompiledFile {
  /** The source, from the root of the tree. */
  readonly source: string;
  private readonly map: SourceMap;
  private readonly lines: readonly string[];

  /** `file`: the compiled one, from the root of the tree. */
  constructor(root: string, build: string, file: string) {
    this.source = file.slice(build.length + 1).replace(/js$/, 'ts');
    this.map = new SourceMap(JSON.parse(readFileSync(join(root, `${file}.map`), 'utf8')) as SourceMapPayload);
    this.lines = readFileSync(join(root, this.source), 'utf8').split('\n');
  }

  /** Lines and columns are counted from 1. */
  place(line: number, column: number): { line: number; text: string } {
    const found = this.map.findEntry(line - 1, column - 1);
    const at = 'originalLine' in found ? found.originalLine : line - 1;
    return { line: at + 1, text: (this.lines[at] ?? '').trim() };
  }
}
