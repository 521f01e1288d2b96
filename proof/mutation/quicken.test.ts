import t from 'tap';
import { quickened } from './quicken.js';

const CODE = `function stryCov_9fa48() { hits++; }
function stryMutAct_9fa48(id) { return id === on; }
let hits = 0;
return stryMutAct_9fa48("7") ? 'seven' : stryMutAct_9fa48("0") ? 'none' : (stryCov_9fa48("0", "7"), hits);`;

t.test('a mutant is on when its word says so, and hits are counted when they are wanted', async (t) => {
  const words = Int32Array.of(0, 0);
  const run = (on: string) => {
    Object.assign(globalThis, { __strykerWords__: words });
    return new Function('on', quickened(CODE))(on) as string | number;
  };
  t.equal(run('7'), 1, 'the words decide');
  words[1] = 1;
  t.equal(run('7'), 0, 'no hit is counted');
  words[0] = 8;
  t.equal(run('7'), 'seven');
  t.equal(run('3'), 0, 'and Stryker agrees');
  words[0] = 1;
  t.equal(run('0'), 'none', 'the first mutant is one, too');
  Reflect.deleteProperty(globalThis, '__strykerWords__');
});

t.test('code without a mutant stays as it is', async (t) => {
  t.equal(quickened('const a = 1;\n'), 'const a = 1;\n');
});
