/**
 * The witness's own file: one line for each command that it settled, written before it sends more. What the file says is
 * all that the check believes of what was acknowledged; the platform never sees it.
 *
 *   ack <clientOrderId> <kind> <orderId> <shard> <epoch> <sequence> <reason>     answered with that event
 *   never <clientOrderId>                                                        settled by the fence: never happened
 *   refused <clientOrderId> <reason>                                             not taken, outside the stream
 *
 * Any thread; no state.
 */

export interface AckLine {
  readonly type: 'ack';
  readonly clientOrderId: bigint;
  readonly kind: string;
  readonly orderId: bigint;
  readonly shard: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly reason: string;
}
export interface NeverLine {
  readonly type: 'never';
  readonly clientOrderId: bigint;
}
export interface RefusedLine {
  readonly type: 'refused';
  readonly clientOrderId: bigint;
  readonly reason: string;
}
export type WitnessLine = AckLine | NeverLine | RefusedLine;

/** What the witness says to its parent, and what it is told. */
export type WitnessMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'inFlight'; readonly count: number }
  | { readonly type: 'settled'; readonly issued: number; readonly firstCounter: number }
  | { readonly type: 'failed'; readonly why: string };
export type WitnessOrder = 'go' | 'pause';

export function writeWitnessLine(line: WitnessLine): string {
  switch (line.type) {
    case 'ack': {
      const { clientOrderId, kind, orderId, shard, epoch, sequence, reason } = line;
      return `ack ${clientOrderId} ${kind} ${orderId} ${shard} ${epoch} ${sequence} ${reason}\n`;
    }
    case 'never':
      return `never ${line.clientOrderId}\n`;
    case 'refused':
      return `refused ${line.clientOrderId} ${line.reason}\n`;
  }
}

/** Throws on a line that is none: a file that the witness did not write is no evidence. */
function readWitnessLine(text: string, number: number): WitnessLine {
  const words = text.split(' ');
  const [type, clientOrderId, third = '', ...rest] = words;
  if (type === 'ack' && clientOrderId !== undefined && words.length === 8) {
    const [orderId = '', shard, epoch, sequence, reason = ''] = rest;
    return {
      type,
      clientOrderId: BigInt(clientOrderId),
      kind: third,
      orderId: BigInt(orderId),
      shard: Number(shard),
      epoch: Number(epoch),
      sequence: Number(sequence),
      reason,
    };
  }
  if (type === 'never' && clientOrderId !== undefined && words.length === 2) {
    return { type, clientOrderId: BigInt(clientOrderId) };
  }
  if (type === 'refused' && clientOrderId !== undefined && words.length === 3) {
    return { type, clientOrderId: BigInt(clientOrderId), reason: third };
  }
  throw new Error(`Line ${number} of the witness's file is none of its lines: "${text}".`);
}

/** All lines of a witness's file. */
export function readWitnessLines(text: string): WitnessLine[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error("The witness's file does not end with a whole line.");
  return lines.map((line, index) => readWitnessLine(line, index + 1));
}
