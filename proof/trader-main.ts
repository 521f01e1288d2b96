/**
 * A trader in a process of its own, to be killed: it connects, enters orders that rest, sets its dead-man timer, says so on
 * standard output, and stays.
 *
 *   node trader-main.js URL KEY-FILE LANE CANCEL-AFTER-SECONDS DEAD-MAN-MS   (- for none)
 */

import { readKeyFile, TredyeClient } from '../client/index.js';

const ORDERS = 20;
const NONE = '-';
const [url = '', keyFile = '', lane = '', cancelAfter = NONE, deadManMs = NONE] = process.argv.slice(2);
const client = await TredyeClient.connect(url, readKeyFile(keyFile), {
  lane: Number(lane),
  ...(cancelAfter === NONE ? {} : { cancelAfterSeconds: Number(cancelAfter) }),
});
for (let count = 0; count < ORDERS; count++) {
  for (const symbol of ['ONE', 'TWO']) await client.place({ symbol, side: 'Buy', price: 10 + count, quantity: 1 });
}
if (deadManMs !== NONE) await client.deadMan(Number(deadManMs));
console.log('ready');
