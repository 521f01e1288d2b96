/**
 * Where each field of the two records lies. Any thread.
 */

/** Byte offset and size of each field in a Command, in order (a test compares with the generated shape). */
export const COMMAND_FIELDS = {
  clientOrderId: [0, 8],
  targetId: [8, 8],
  timeUs: [16, 8],
  account: [24, 4],
  session: [28, 4],
  instrument: [32, 4],
  price: [36, 4],
  quantity: [40, 4],
  displayQuantity: [44, 4],
  triggerPrice: [48, 4],
  minQuantity: [52, 4],
  kind: [56, 1],
  side: [57, 1],
  type: [58, 1],
  timeInForce: [59, 1],
  selfTrade: [60, 1],
  trigger: [61, 1],
  flags: [62, 2],
} as const satisfies Record<string, readonly [number, number]>;

/** Byte offset and size of each field in an Event, in order. */
export const EVENT_FIELDS = {
  sequence: [0, 8],
  commandSequence: [8, 8],
  timeUs: [16, 8],
  orderId: [24, 8],
  clientOrderId: [32, 8],
  relatedId: [40, 8],
  amount: [48, 8],
  account: [56, 4],
  accountSequence: [60, 4],
  instrument: [64, 4],
  price: [68, 4],
  quantity: [72, 4],
  leaves: [76, 4],
  displayed: [80, 4],
  cumulative: [84, 4],
  session: [88, 4],
  kind: [92, 1],
  bits: [93, 1],
  reason: [94, 2],
} as const satisfies Record<string, readonly [number, number]>;

export type CommandField = Exclude<keyof typeof COMMAND_FIELDS, 'kind' | 'flags'>;
export type EventField = Exclude<
  keyof typeof EVENT_FIELDS,
  'kind' | 'bits' | 'sequence' | 'commandSequence' | 'timeUs'
>;
