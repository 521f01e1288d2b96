// The import rule of ARCHITECTURE.md as rules for dependency-cruiser, and the run of it.
// Runs in the tools' main thread. Reads the .ts sources, compiles nothing.
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { sourceFiles } from './source-tree.js';

/** For each room, the rooms that its files may import from besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  schemas: [],
  engine: ['schemas'],
  gateway: ['engine', 'schemas'],
  backbone: ['engine', 'schemas'],
  client: ['schemas'],
  platform: ['gateway', 'backbone', 'client', 'engine', 'schemas'],
  proof: ['platform', 'gateway', 'backbone', 'client', 'engine', 'schemas'],
  bench: ['proof', 'platform', 'gateway', 'backbone', 'client', 'engine', 'schemas'],
  tools: ['schemas'],
};
const ROOMS = Object.keys(MAY_IMPORT);

/** A test may lean on what proves things, wherever it stands. */
const TEST_MAY_IMPORT = ['proof', 'bench'];
const TEST_FILE = '\\.(test|fuzz|stress|bench)\\.ts$';

/** An entry file runs when it is loaded: `main.ts`, `worker.ts`, and names that end in `-main.ts`, `-worker.ts`. */
const ENTRY_FILE = '[/-](main|worker)\\.tsx?$';

/** What computes events from commands does it without the system and without the rooms that carry its bytes. */
const PURE_ENGINE =
  '^engine/(engine.ts|(administration|book|inspection|ledger|matching|money|operations|state|stops|timers)/)';

/** Of the client, what Node has and browsers have not: its socket, its keys, the entry that brings both; and its fakes. */
const NODE_CLIENT = '^client/(node/|(index|http)\\.ts$|session/fake-)';

export interface ImportFindings {
  violations: string[];
  /** Files that were read. Compare it with what there is: a parser that fails may see nothing and find nothing. */
  fileCount: number;
}

export async function importFindings(root: string): Promise<ImportFindings> {
  const options: ICruiseOptions = {
    baseDir: root,
    // With TypeScript 7 dependency-cruiser's own parser sees no module and says nothing; swc sees type imports, too.
    parser: 'swc',
    tsPreCompilationDeps: true,
    exclude: { path: '(^|/)(build|build-[^/]*|scratch|\\.tap)/|\\.tsx$' },
    doNotFollow: { path: 'node_modules' },
    ruleSet: { forbidden: forbidden() },
    validate: true,
  };
  const { output } = await cruise(
    ROOMS.filter((room) => existsSync(join(root, room))),
    options,
  );
  const { modules, summary } = output as ICruiseResult;
  return {
    violations: [
      ...summary.violations.map(({ rule, from, to }) => `${from} -> ${to}: ${rule.name}`),
      ...componentViolations(root),
    ],
    fileCount: modules.filter(({ source }) => isRoomSource(source)).length,
  };
}

/** How many files importFindings must have read. */
export function roomSourceCount(root: string): number {
  return sourceFiles(root).filter(isRoomSource).length;
}

function isRoomSource(path: string): boolean {
  return path.endsWith('.ts') && ROOMS.some((room) => path.startsWith(`${room}/`));
}

/** The same for components, whose JSX dependency-cruiser's parser does not read: the page's, so schemas and client alone. */
function componentViolations(root: string): string[] {
  const found: string[] = [];
  for (const path of sourceFiles(root).filter((source) => source.endsWith('.tsx'))) {
    for (const [, name = ''] of readFileSync(join(root, path), 'utf8').matchAll(/(?:from|import) '(\.[^']+)'/g)) {
      const target = posix.join(posix.dirname(path), name.replace(/\.js$/, '.ts'));
      const allowed = /^(client|schemas)\//.test(target) && !new RegExp(NODE_CLIENT).test(target);
      if (!allowed || new RegExp(ENTRY_FILE).test(target))
        found.push(`${path} -> ${target}: a component is of the page`);
    }
  }
  return found;
}

function forbidden(): IForbiddenRuleType[] {
  const rules: IForbiddenRuleType[] = [];
  for (const room of ROOMS) {
    const allowed = [room, ...(MAY_IMPORT[room] ?? [])];
    const closed = ROOMS.filter((other) => !allowed.includes(other));
    const closedForTests = closed.filter((other) => !TEST_MAY_IMPORT.includes(other));
    const words = `${room} may import ${MAY_IMPORT[room]?.join(', ') || 'itself'} only`;
    rules.push(
      {
        name: words,
        severity: 'error',
        from: { path: `^${room}/`, pathNot: TEST_FILE },
        to: { path: inRooms(closed) },
      },
      {
        name: `${words}, and its tests ${TEST_MAY_IMPORT.join(', ')}`,
        severity: 'error',
        from: { path: `^${room}/.*${TEST_FILE}` },
        to: { path: inRooms(closedForTests) },
      },
    );
  }
  rules.push(
    {
      name: 'the model knows schemas alone',
      severity: 'error',
      from: { path: '^proof/model/', pathNot: TEST_FILE },
      to: { path: inRooms(ROOMS), pathNot: '^(proof/model|schemas)/' },
    },
    { name: 'nothing imports an entry file', severity: 'error', from: {}, to: { path: ENTRY_FILE } },
    {
      name: 'book and matching make no system call',
      severity: 'error',
      from: { path: PURE_ENGINE, pathNot: TEST_FILE },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'book and matching know no ring, journal or shard',
      severity: 'error',
      from: { path: PURE_ENGINE, pathNot: TEST_FILE },
      to: { path: '^engine/(ring|journal|shard)/' },
    },
    {
      name: 'client and schemas run in browsers, but for client/node',
      severity: 'error',
      from: { path: '^(client|schemas)/', pathNot: [TEST_FILE, NODE_CLIENT] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: "what runs in browsers does without Node's part of the client",
      severity: 'error',
      from: { path: '^client/', pathNot: [TEST_FILE, NODE_CLIENT] },
      to: { path: `${NODE_CLIENT}|(^|/)ws(/|$)` },
    },
    {
      name: 'uWebSockets.js is loaded by gateway/uws.ts alone',
      severity: 'error',
      from: { pathNot: '^gateway/uws\\.ts$' },
      to: { path: '(^|/)uws-node(20|24)(/|$)|uWebSockets' },
    },
    {
      name: 'no circle of imports',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  );
  return rules;
}

function inRooms(rooms: readonly string[]): string {
  return `^(${rooms.join('|')})/`;
}
