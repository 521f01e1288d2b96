/** What the model's own checks of money are worth: each is made to fail once. And its bucket of tokens. */
import t from 'tap';
import { limitsFrom } from '../../engine/limits.js';
import { encodeAccountTerms, encodeAssetTerms, setOperationId } from '../../schemas/admin.js';
import { CommandKind, EventKind } from '../../schemas/codes.js';
import {
  COMMAND_ACCOUNT,
  COMMAND_INSTRUMENT,
  COMMAND_KIND_WORD,
  COMMAND_QUANTITY,
  COMMAND_SESSION,
  COMMAND_WORDS,
} from '../../schemas/layout.js';
import { Bucket } from './bucket.js';
import { Model } from './model.js';
import { State } from './state.js';

/** An account with 100 of an asset. */
function madeModel(): { readonly model: Model; readonly state: State } {
  const model = new Model(limitsFrom({}));
  const admin = (kind: CommandKind, parts: Int32Array): void => {
    const words = new Int32Array(COMMAND_WORDS + parts.length);
    words[COMMAND_KIND_WORD] = kind;
    words.set(parts, COMMAND_WORDS);
    setOperationId(words, 0, parts.length / COMMAND_WORDS, 0, 0);
    model.apply(words, 0);
  };
  admin(CommandKind.AddAccount, encodeAccountTerms({ name: 'alice' }));
  admin(CommandKind.AddAsset, encodeAssetTerms({ name: 'EUR', decimals: 2 }));
  const words = new Int32Array(COMMAND_WORDS);
  words[COMMAND_ACCOUNT] = 1;
  words[COMMAND_SESSION] = 1;
  words[COMMAND_KIND_WORD] = CommandKind.SessionOpen;
  model.apply(words, 0);
  words[COMMAND_INSTRUMENT] = 1;
  words[COMMAND_QUANTITY] = 100;
  words[COMMAND_KIND_WORD] = CommandKind.Deposit;
  const [deposited] = model.apply(words, 0);
  if (deposited?.kind !== EventKind.Deposited) {
    throw new Error('The deposit is refused.');
  }
  const state: unknown = Reflect.get(model, 'state');
  if (!(state instanceof State)) {
    throw new Error('The model keeps its state elsewhere.');
  }
  return { model, state };
}

t.test('a model whose asset does not add up, or that owes, says so', async (t) => {
  const { model, state } = madeModel();
  t.same(model.readPurse(1, 1), { available: 100, reserved: 0 });
  t.equal(model.supply(1), 100);
  model.checkMoney();
  const purse = state.purse(1, 1);
  const venue = state.purse(0, 1);
  if (purse === undefined || venue === undefined) {
    throw new Error('A purse is missing.');
  }
  purse.holds += 1n;
  t.throws(() => model.checkMoney(), { message: 'Purses hold 101 of asset 1, of 100.' });
  venue.holds -= 1n;
  t.throws(() => model.checkMoney(), { message: 'Account 0 has -1 of asset 1, 0 reserved.' });
});

t.test('a bucket fills to its burst with time, and a token is taken out of it', async (t) => {
  const bucket = new Bucket();
  bucket.fill(2n, 1000n);
  const takes = (timeUs: bigint): boolean => bucket.take(4n, 2n, timeUs);
  t.same([takes(1000n), takes(1000n), takes(1000n)], [true, true, false]);
  t.same([takes(250_999n), takes(251_000n), takes(251_000n)], [false, true, false]);
  t.same([takes(100n), takes(500_999n), takes(501_000n)], [false, false, true], 'time that goes back changes nothing');
  t.same([takes(10_000_000n), takes(10_000_000n), takes(10_000_000n)], [true, true, false]);
});
