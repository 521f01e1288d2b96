/** Each condition of FlatTable and of isUtf8 alone, on bytes that are right but for that one thing. */

import { isUtf8 as nodeIsUtf8 } from 'node:buffer';
import t from 'tap';
import { isUtf8 } from './control-verifier.js';
import { FlatTable } from './flat-table.js';

/** 64 bytes, or more: a root table and its vtable at the given places, no identifier. */
function bytesOf(root: number, vtable: number, halves: readonly number[], length = 64): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, root, true);
  view.setInt32(root, root - vtable, true);
  for (const [index, half] of halves.entries()) {
    if (vtable + 2 * index + 2 <= length) view.setUint16(vtable + 2 * index, half, true);
  }
  return bytes;
}

function opens(bytes: Uint8Array, length = bytes.length): boolean {
  return new FlatTable().openRoot(bytes, length, 0);
}

t.test('a table is where root and vtable may be, or it is not opened', async (t) => {
  t.equal(opens(bytesOf(12, 4, [6, 8, 4])), true);
  t.equal(opens(bytesOf(12, 20, [6, 8, 4])), true, 'the vtable behind the table');
  t.equal(opens(bytesOf(10, 20, [6, 8, 4])), false, 'a table that is not aligned');
  t.equal(opens(bytesOf(12, 21, [6, 8, 4])), false, 'a vtable that is not aligned');
  t.equal(opens(bytesOf(12, 2, [6, 8, 4])), false, 'a vtable over the root offset');
  t.equal(opens(bytesOf(12, 4, [2, 8])), false, 'a vtable without room for its own head');
  t.equal(opens(bytesOf(12, 4, [4, 8])), true, 'a table without fields');
  t.equal(opens(bytesOf(12, 4, [4, 3])), false, 'a table without room for its own head');
  t.equal(opens(bytesOf(12, 4, [4, 53])), false, 'a table longer than the frame');
  t.equal(opens(bytesOf(12, 4, [4, 52])), true, 'a table up to the end');
  t.equal(opens(bytesOf(12, 60, [4, 8])), true, 'a vtable up to the end');
  t.equal(opens(bytesOf(12, 60, [6, 8])), false, 'a vtable beyond the end');
  t.equal(opens(bytesOf(12, 20, [132, 8], 256)), true, '64 fields');
  t.equal(opens(bytesOf(12, 20, [134, 8], 256)), false, '65 fields');
  t.equal(opens(bytesOf(12, 4, [6, 8, 4]), 65), false, 'a frame longer than its bytes');
  t.equal(opens(bytesOf(12, 4, [6, 8, 4]), 19), false, 'a frame shorter than its table');
  t.equal(opens(new Uint8Array(11)), false);
});

t.test('a vector is in front of nothing, aligned and inside, or it is not opened', async (t) => {
  function opensVector(distance: number, count: number, elementBytes: number, alignment: number): boolean {
    const bytes = bytesOf(12, 4, [6, 8, 4]);
    const view = new DataView(bytes.buffer);
    view.setUint32(16, distance, true);
    if (distance >= 4 && distance < 44) view.setUint32(16 + distance, count, true);
    const table = new FlatTable();
    return table.openRoot(bytes, 64, 0) && table.requireVector(0, elementBytes, alignment);
  }
  t.equal(opensVector(4, 40, 1, 1), true);
  t.equal(opensVector(4, 41, 1, 1), false, 'one byte too many');
  t.equal(opensVector(4, 5, 8, 8), true);
  t.equal(opensVector(4, 6, 8, 8), false, 'one struct too many');
  t.equal(opensVector(8, 1, 8, 8), false, 'structs not aligned');
  t.equal(opensVector(0, 0, 1, 1), false, 'at its own offset');
  t.equal(opensVector(6, 1, 1, 1), false, 'a count that is not aligned');
  t.equal(opensVector(44, 0, 1, 1), true, 'an empty one at the end');
  t.equal(opensVector(48, 0, 1, 1), false, 'a count behind the end');
});

t.test('a table under a table is opened by the same rules', async (t) => {
  function opensChild(distance: number): boolean {
    const bytes = bytesOf(12, 4, [6, 8, 4]);
    const view = new DataView(bytes.buffer);
    view.setUint32(16, distance, true);
    view.setInt32(32, 32 - 4, true);
    const table = new FlatTable();
    return table.openRoot(bytes, 64, 0) && new FlatTable().openFrom(table, table.field(0, 4));
  }
  t.equal(opensChild(16), true);
  t.equal(opensChild(0), false, 'the offset itself');
  t.equal(opensChild(0xfffffffc), false, 'the parent, by wrapping around');
  t.equal(opensChild(48), false, 'behind the end');
});

t.test('UTF-8 is what the platform says it is', async (t) => {
  // All of the first two bytes, the edges of the third and fourth.
  const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
  let different = 0;
  let right = 0;
  const look = (bytes: Uint8Array): void => {
    const expected = nodeIsUtf8(bytes);
    if (isUtf8(bytes, 0, bytes.length) !== expected) different += 1;
    if (expected) right += 1;
  };
  for (let first = 0; first < 256; first++) {
    look(Uint8Array.of(first));
    for (let second = 0; second < 256; second++) {
      look(Uint8Array.of(first, second));
      if (first < 0xc0) continue;
      for (const third of edges) {
        look(Uint8Array.of(first, second, third));
        for (const fourth of edges) look(Uint8Array.of(first, second, third, fourth));
      }
    }
  }
  t.equal(different, 0);
  t.ok(right > 20_000, `${right} are right`);
  t.equal(isUtf8(Uint8Array.of(0xff, 0x41, 0xff), 1, 2), true, 'looks between start and end only');
  t.equal(isUtf8(Uint8Array.of(0xc3, 0xa4), 0, 1), false, 'cut inside a character');
});
