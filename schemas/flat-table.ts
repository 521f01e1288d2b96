/**
 * One FlatBuffers table looked at with suspicion: nothing is read before its place is known to lie inside the frame.
 * The readers of generated code do none of this: beyond the end they find zeros, and a crafted length makes a loop that
 * never ends. Any thread; reusable, allocates nothing.
 *
 *   root table:  at +0 i32 distance back to the vtable, then fields in any order
 *   vtable:      u16 bytes of the vtable, u16 bytes of the table, then u16 place in the table for each field (0: absent)
 *   vector:      u32 count, elements; a field holds the u32 distance from itself forward to the count
 *
 * Offsets are bytes from the start of the frame, and alignment is that of the frame's start.
 */

/** No table of ours comes near it; a bound for the loop over a crafted vtable. */
const MAX_FIELDS = 64;

/** The first place behind root offset and identifier. */
const AFTER_IDENTIFIER = 8;
const AFTER_ROOT = 4;

export class FlatTable {
  bytes: Uint8Array = new Uint8Array(0);
  /** Bytes of the frame; what lies behind it in `bytes` is never read. */
  length = 0;
  /** Place of the table. */
  at = 0;
  #vtable = 0;
  #vtableBytes = 0;
  #tableBytes = 0;
  /** Of the last vector that was found: place of its first element, and their count. */
  vectorAt = 0;
  vectorCount = 0;
  /** The highest place behind anything found so far in this frame: table, vtable, vector. */
  end = 0;

  /** Opens the root table. identifier: four characters as a little-endian word, or 0 for a buffer without. */
  openRoot(bytes: Uint8Array, length: number, identifier: number): boolean {
    this.bytes = bytes;
    this.length = length;
    this.end = 0;
    const least = identifier === 0 ? AFTER_ROOT : AFTER_IDENTIFIER;
    if (length < least + 8 || length > bytes.length) return false;
    if (identifier !== 0 && this.u32(4) !== identifier >>> 0) return false;
    const root = this.u32(0);
    return root >= least && this.#open(root);
  }

  /** Opens the table that the 4-byte offset at `from` leads to; `from` is known to be inside. */
  openFrom(frame: FlatTable, from: number): boolean {
    this.bytes = frame.bytes;
    this.length = frame.length;
    this.end = frame.end;
    const distance = this.u32(from);
    return distance >= 4 && this.#open(from + distance);
  }

  #open(at: number): boolean {
    if ((at & 3) !== 0 || at > this.length - 4) return false;
    const vtable = at - (this.u32(at) | 0);
    if (vtable < AFTER_ROOT || (vtable & 1) !== 0 || vtable > this.length - 4) return false;
    const vtableBytes = this.u16(vtable);
    const tableBytes = this.u16(vtable + 2);
    if (vtableBytes < 4 || (vtableBytes & 1) !== 0 || vtableBytes > 4 + 2 * MAX_FIELDS) return false;
    if (vtable + vtableBytes > this.length) return false;
    if (tableBytes < 4 || at + tableBytes > this.length) return false;
    // Fields that a newer sender knows and we do not are looked at as well: they must lie in the table.
    for (let entry = vtable + 4; entry < vtable + vtableBytes; entry += 2) {
      const place = this.u16(entry);
      if (place !== 0 && (place < 4 || place >= tableBytes)) return false;
    }
    this.at = at;
    this.#vtable = vtable;
    this.#vtableBytes = vtableBytes;
    this.#tableBytes = tableBytes;
    if (at + tableBytes > this.end) this.end = at + tableBytes;
    if (vtable + vtableBytes > this.end) this.end = vtable + vtableBytes;
    return true;
  }

  /** Place of a field of 1, 2, 4 or 8 bytes; 0 when it is absent, -1 when it is not inside or not aligned. */
  field(id: number, size: number): number {
    const entry = 4 + 2 * id;
    if (entry + 2 > this.#vtableBytes) return 0;
    const place = this.u16(this.#vtable + entry);
    if (place === 0) return 0;
    if (place + size > this.#tableBytes || ((this.at + place) & (size - 1)) !== 0) return -1;
    return this.at + place;
  }

  /** Follows the offset at `from` to a vector, which must fit in the bytes that remain. False: it does not. */
  openVector(from: number, elementBytes: number, alignment: number): boolean {
    const distance = this.u32(from);
    const start = from + distance;
    if (distance < 4 || (start & 3) !== 0 || start > this.length - 4) return false;
    const count = this.u32(start);
    const first = start + 4;
    if (first % alignment !== 0 || count > Math.floor((this.length - first) / elementBytes)) return false;
    this.vectorAt = first;
    this.vectorCount = count;
    const end = first + count * elementBytes;
    if (end > this.end) this.end = end;
    return true;
  }

  /** A required vector by its field's number. False: absent or not inside. */
  requireVector(id: number, elementBytes: number, alignment: number): boolean {
    const from = this.field(id, 4);
    return from > 0 && this.openVector(from, elementBytes, alignment);
  }

  /** The byte at a place that `field` gave, 0 for an absent one. */
  u8At(place: number): number {
    return place === 0 ? 0 : (this.bytes[place] as number);
  }

  u16At(place: number): number {
    return place === 0 ? 0 : this.u16(place);
  }

  u32At(place: number): number {
    return place === 0 ? 0 : this.u32(place);
  }

  /** As a double, exact up to 2^53. */
  u64At(place: number): number {
    return place === 0 ? 0 : this.u32(place + 4) * 4294967296 + this.u32(place);
  }

  u16(at: number): number {
    return (this.bytes[at] as number) | ((this.bytes[at + 1] as number) << 8);
  }

  u32(at: number): number {
    const bytes = this.bytes;
    return (
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24)) >>>
      0
    );
  }
}

/** A file identifier as the word that lies at byte 4 of a frame. */
export function identifierWord(identifier: string): number {
  let word = 0;
  for (let at = 0; at < 4; at++) word |= identifier.charCodeAt(at) << (8 * at);
  return word >>> 0;
}
