/** The JSON that the usual server takes. A type alone. */

interface Named {
  /** Comes back in the answer. */
  readonly id: number;
  readonly orderID: string;
}

interface Terms {
  readonly side: 'buy' | 'sell';
  readonly size: number;
  readonly price: number;
}

export type UsualRequest =
  | (Named & Terms & { readonly op: 'new'; readonly timeInForce: 'GTC' | 'IOC' })
  | (Named & Terms & { readonly op: 'modify' })
  | (Named & { readonly op: 'cancel' });
