/** Code with Stryker's mutants in it, asked by words of memory which of them is on. Any thread. */

/** The number of the mutant that is on plus 1, or 0; and 1 when hits are not counted. */
export type SwitchWords = Int32Array;

const IS_ON = /stryMutAct_9fa48\("(\d+)"\)/g;
const COUNT = /stryCov_9fa48\("/g;
// A process of a test is told by its environment and counts nothing; the runner has made the words before it loads the code.
const HEADER = `const stryWords_9fa48 = (globalThis.__strykerWords__ ??= Int32Array.of(Number(globalThis.process?.env.__STRYKER_ACTIVE_MUTANT__ ?? -1) + 1, 1));\n`;

/** As Stryker left the code of a file, or as it is when there is no mutant in it. */
export function quickened(code: string): string {
  if (!code.includes('stryMutAct_9fa48')) return code;
  const asked = code
    .replace(IS_ON, (call, id: string) => `(stryWords_9fa48[0] === ${Number(id) + 1} && ${call})`)
    .replace(COUNT, (call) => `stryWords_9fa48[1] || ${call}`);
  return HEADER + asked;
}
