import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { importFindings, roomSourceCount } from './import-directions.js';

/** A small house in which every room has a file and every import is allowed. */
const HOUSE: Readonly<Record<string, string>> = {
  'schemas/record.ts': 'export type Price = number;\nexport const RECORD_BYTES = 64;\n',
  'engine/book/book.ts': "import type { Price } from '../../schemas/record.js';\nexport const best: Price = 1;\n",
  'engine/ring/ring.ts':
    "import { RECORD_BYTES } from '../../schemas/record.js';\nexport const ringBytes = RECORD_BYTES;\n",
  'engine/shard/worker.ts':
    "import { best } from '../book/book.js';\nimport { ringBytes } from '../ring/ring.js';\nconsole.log(best, ringBytes);\n",
  'gateway/session.ts': "import { ringBytes } from '../engine/ring/ring.js';\nexport const session = ringBytes;\n",
  'backbone/tail.ts': "import { RECORD_BYTES } from '../schemas/record.js';\nexport const tail = RECORD_BYTES;\n",
  'client/src/index.ts':
    "import { RECORD_BYTES } from '../../schemas/record.js';\nexport const frame = RECORD_BYTES;\n",
  'platform/supervisor.ts':
    "import { session } from '../gateway/session.js';\nimport { tail } from '../backbone/tail.js';\nexport const all = [session, tail];\n",
  'proof/model/model.ts':
    "import { RECORD_BYTES } from '../../schemas/record.js';\nexport const model = RECORD_BYTES;\n",
  'proof/kill.ts': "import { all } from '../platform/supervisor.js';\nexport const kill = all;\n",
  'bench/load.ts': "import { kill } from '../proof/kill.js';\nexport const load = kill;\n",
  'engine/book/book.test.ts':
    "import { model } from '../../proof/model/model.js';\nimport { best } from './book.js';\nconsole.log(model, best);\n",
};

function house(t: Test, planted: Readonly<Record<string, string>> = {}): string {
  const root = t.testdir();
  for (const [path, text] of Object.entries({ ...HOUSE, ...planted })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

t.test('a house whose imports point the right way has no violation, and each file is read', async (t) => {
  const root = house(t);
  const { violations, fileCount } = await importFindings(root);
  t.same(violations, []);
  t.equal(fileCount, Object.keys(HOUSE).length);
  t.equal(fileCount, roomSourceCount(root));
});

const WRONG: readonly { what: string; path: string; imports: string; expected: string }[] = [
  {
    what: 'the engine imports the gateway',
    path: 'engine/shard/round.ts',
    imports: "import { session } from '../../gateway/session.js';\nexport const x = session;",
    expected: 'engine/shard/round.ts -> gateway/session.ts: engine may import schemas only',
  },
  {
    what: 'a component imports the gateway',
    path: 'client/page/bar.tsx',
    imports: "import { session } from '../../gateway/session.js';\nexport const Bar = () => <p>{session}</p>;",
    expected: 'client/page/bar.tsx -> gateway/session.ts: a component is of the page',
  },
  {
    what: 'gateway and backbone meet',
    path: 'gateway/history.ts',
    imports: "import { tail } from '../backbone/tail.js';\nexport const x = tail;",
    expected: 'gateway/history.ts -> backbone/tail.ts: gateway may import engine, schemas only',
  },
  {
    what: 'a type alone points the wrong way',
    path: 'schemas/codes.ts',
    imports: "import type { best } from '../engine/book/book.js';\nexport type X = typeof best;",
    expected: 'schemas/codes.ts -> engine/book/book.ts: schemas may import itself only',
  },
  {
    what: 'an import is made at run time',
    path: 'client/src/dial.ts',
    imports: "export const x = () => import('../../engine/ring/ring.js');",
    expected: 'client/src/dial.ts -> engine/ring/ring.ts: client may import schemas only',
  },
  {
    what: 'a name is passed on from the wrong room',
    path: 'platform/check.ts',
    imports: "export { kill } from '../proof/kill.js';",
    expected: 'platform/check.ts -> proof/kill.ts: platform may import gateway, backbone, client, engine, schemas only',
  },
  {
    what: 'proof leans on a benchmark',
    path: 'proof/rate.ts',
    imports: "import { load } from '../bench/load.js';\nexport const x = load;",
    expected:
      'proof/rate.ts -> bench/load.ts: proof may import platform, gateway, backbone, client, engine, schemas only',
  },
  {
    what: 'a test reaches above its room for something that proves nothing',
    path: 'engine/ring/ring.test.ts',
    imports: "import { session } from '../../gateway/session.js';\nconsole.log(session);",
    expected:
      'engine/ring/ring.test.ts -> gateway/session.ts: engine may import schemas only, and its tests proof, bench',
  },
  {
    what: 'the model knows the engine',
    path: 'proof/model/books.ts',
    imports: "import { best } from '../../engine/book/book.js';\nexport const x = best;",
    expected: 'proof/model/books.ts -> engine/book/book.ts: the model knows schemas alone',
  },
  {
    what: 'an entry file is imported',
    path: 'engine/shard/start.ts',
    imports: "import './worker.js';\nexport const x = 1;",
    expected: 'engine/shard/start.ts -> engine/shard/worker.ts: nothing imports an entry file',
  },
  {
    what: 'the book makes a system call',
    path: 'engine/book/dump.ts',
    imports: "import { writeFileSync } from 'node:fs';\nexport const x = writeFileSync;",
    expected: 'engine/book/dump.ts -> fs: book and matching make no system call',
  },
  {
    what: 'a part of the client that browsers run needs Node',
    path: 'client/backoff.ts',
    imports: "import { randomInt } from 'node:crypto';\nexport const x = randomInt;",
    expected: 'client/backoff.ts -> crypto: client and schemas run in browsers, but for client/node',
  },
  {
    what: 'a schema needs Node',
    path: 'schemas/hash.ts',
    imports: "import { createHash } from 'node:crypto';\nexport const x = createHash;",
    expected: 'schemas/hash.ts -> crypto: client and schemas run in browsers, but for client/node',
  },
  {
    what: "the browser's client takes the socket of Node",
    path: 'client/browser.ts',
    imports: "import { open } from './node/socket.js';\nexport const x = open;",
    expected:
      "client/browser.ts -> client/node/socket.ts: what runs in browsers does without Node's part of the client",
  },
  {
    what: "the browser's client loads the package ws",
    path: 'client/browser.ts',
    imports: "import { WebSocket } from 'ws';\nexport const x = WebSocket;",
    expected: "what runs in browsers does without Node's part of the client",
  },
  {
    what: 'matching knows a ring',
    path: 'engine/matching/out.ts',
    imports: "import { ringBytes } from '../ring/ring.js';\nexport const x = ringBytes;",
    expected: 'engine/matching/out.ts -> engine/ring/ring.ts: book and matching know no ring, journal or shard',
  },
  {
    what: 'a package of uWebSockets.js is loaded by its name',
    path: 'gateway/listener.ts',
    imports: "import uws from 'uws-node20';\nexport const x = uws;",
    expected: 'uWebSockets.js is loaded by gateway/uws.ts alone',
  },
  {
    what: 'two files need each other',
    path: 'schemas/a.ts',
    imports: "import { b } from './b.js';\nexport const a = () => b;",
    expected: 'schemas/a.ts -> schemas/b.ts: no circle of imports',
  },
];
const BESIDE: Readonly<Record<string, Record<string, string>>> = {
  'client/browser.ts': {
    'client/node/socket.ts': "import { connect } from 'node:net';\nexport const open = connect;\n",
  },
  'schemas/a.ts': { 'schemas/b.ts': "import { a } from './a.js';\nexport const b = () => a;\n" },
};

for (const { what, path, imports, expected } of WRONG) {
  t.test(`it is a violation when ${what}`, async (t) => {
    const root = house(t, { [path]: `${imports}\n`, ...BESIDE[path] });
    const { violations } = await importFindings(root);
    t.ok(
      violations.some((violation) => violation.endsWith(expected)),
      violations.join('\n'),
    );
  });
}
