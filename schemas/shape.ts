/**
 * What the frame verifier knows of a table or a struct; the shapes themselves are generated (generated/shapes.ts).
 * Any thread. Sizes and offsets are in bytes.
 */

export interface StructShape {
  readonly name: string;
  readonly bytes: number;
  readonly alignment: number;
  /** A field whose name begins with `zero` must be zero. */
  readonly fields: readonly { readonly name: string; readonly at: number; readonly bytes: number }[];
}

export interface TableShape {
  readonly name: string;
  readonly fields: readonly FieldShape[];
}

export type FieldShape = { readonly name: string; readonly required: boolean } & (
  | { readonly kind: 'scalar' | 'bool' | 'scalars'; readonly bytes: number }
  | { readonly kind: 'string' }
  | { readonly kind: 'structs'; readonly struct: string }
  | { readonly kind: 'table' | 'tables'; readonly table: string }
  /** Members by the union's type number; the number itself is the field before. */
  | { readonly kind: 'union'; readonly members: readonly string[] }
);
