/**
 * The command line where it is used wrongly, or where nothing is at the other end: one sentence, a code of the table, and
 * help everywhere with an example.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import t from 'tap';
import {
  EXIT_CLEAN,
  EXIT_CODES,
  EXIT_CONFIGURATION,
  EXIT_DATA_DIRECTORY,
  EXIT_KEY,
  EXIT_NO_VENUE,
} from '../exit-codes.js';
import { CLI_ENTRY, cliEnvironment, tredye } from './cli-process.js';
import { commandLine } from './program.js';

/** Nothing listens there: it is reserved. */
const NOBODY = 'ws://127.0.0.1:1';

function helpOf(command: CommandUnknownOpts): string {
  let said = '';
  command.configureOutput({
    writeOut: (part) => {
      said += part;
    },
  });
  command.outputHelp();
  return said;
}

function commandsUnder(command: CommandUnknownOpts, path: string): [string, CommandUnknownOpts][] {
  return [[path, command], ...command.commands.flatMap((inner) => commandsUnder(inner, `${path} ${inner.name()}`))];
}

t.test('every command has help with an example that begins with its own words', async (t) => {
  const commands = commandsUnder(commandLine(), 'tredye').filter(([path]) => path !== 'tredye run');
  t.ok(commands.length >= 22, `${commands.length} commands`);
  for (const [path, command] of commands) {
    const help = helpOf(command);
    const examples = /\nExamples?:\n((?: {2}.*\n)+)/.exec(help)?.[1] ?? '';
    t.ok(examples.includes(`${path} `), `${path}: ${examples}`);
    t.match(help, /^Usage: tredye/);
  }
});

t.test('the help of the program and of run, and the table of exit codes', async (t) => {
  const help = await tredye(['--help']);
  t.equal(help.code, EXIT_CLEAN);
  for (const [code, means] of EXIT_CODES) t.ok(help.out.includes(`${code}  ${means}`), means);
  const run = await tredye(['run', '--help']);
  t.match(run.out, /^Examples:\n {2}tredye run --port 7500/m);
  t.match(run, { code: EXIT_CLEAN, out: /--clock-behind-minutes NUMBER/ });
  t.match(await tredye(['--version']), { code: EXIT_CLEAN, out: /^\d+\.\d+\.\d+\n$/ });
  t.match(await tredye(['run', '--prot', '1']), {
    code: EXIT_CONFIGURATION,
    err: 'The flag --prot is unknown: did you mean --port?',
  });
});

const WRONG: readonly [args: string, sentence: string][] = [
  ['bok ACME', "Unknown command 'bok': did you mean book?"],
  ['acount list', "Unknown command 'acount': did you mean account?"],
  ['order cancle ACME 1', "Unknown command 'cancle': did you mean cancel?"],
  ['entirely-different', "Unknown command 'entirely-different': --help shows what there is."],
  ['book ACME --dept 3', "Unknown option '--dept': did you mean --depth?"],
  ['book', "Missing required argument 'symbol': --help shows what there is."],
  ['book ACME more', "Too many arguments for 'book'. Expected 1 argument but got 2: --help shows what there is."],
  [
    'book ACME --depth 1001',
    "Option '--depth <levels>' argument '1001' is invalid. It must be a whole number from 1 to 1000: --help shows what there is.",
  ],
  [
    'order new ACME up 1 1',
    "Command-argument value 'up' is invalid for argument 'side'. It must be one of Buy, Sell: --help shows what there is.",
  ],
  ['book ACME --url 7400', '"7400" is not a WebSocket address: give one like ws://127.0.0.1:7400.'],
  [
    'order cancel ACME -- -1',
    "Command-argument value '-1' is invalid for argument 'id'. It must be the id of an order, a whole number below 2^64: --help shows what there is.",
  ],
];

t.test('a wrong command line is refused in one sentence, with a suggestion where there is one', async (t) => {
  for (const [args, sentence] of WRONG) {
    t.same(await tredye(args.split(' ')), { code: EXIT_CONFIGURATION, out: '', err: sentence }, args);
  }
  const bare = await tredye(['order']);
  t.match(bare, { code: EXIT_CONFIGURATION, err: /Usage: tredye order/ });
});

t.test('where no venue is, where the key is no key, and where no data directory is', async (t) => {
  const folder = t.testdir({
    'torn.json': '{',
    'other.json': '{"keyId":"1"}',
    'pem.json': '{"keyId":1,"privateKey":"x"}',
  });
  const at = (args: string) => tredye(args.split(' '), { environment: { TREDYE_URL: NOBODY }, cwd: folder });
  for (const args of ['book ACME', 'trades ACME', 'instrument list', 'watch ACME', 'order status ACME 1']) {
    t.match(await at(args), {
      code: EXIT_NO_VENUE,
      err: /^(Nothing listens at|No answer of a venue from) ws:\/\/127\.0\.0\.1:1\b.*\.$/,
    });
  }
  t.match(await at('ping'), {
    code: EXIT_KEY,
    err: "There is no key file data/admin-key.json: the platform's first start leaves admin-key.json in its data directory.",
  });
  t.match(await at('ping --key torn.json'), { code: EXIT_KEY, err: 'The key file torn.json cannot be read as JSON.' });
  t.match(await at('ping --key other.json'), {
    code: EXIT_KEY,
    err: 'The key file other.json needs a number keyId and a PEM text privateKey.',
  });
  t.match(await at('ping --key pem.json'), {
    code: EXIT_KEY,
    err: 'The private key cannot be read: give PKCS #8 in PEM or a JWK.',
  });
  t.match(await at('journal ls'), {
    code: EXIT_DATA_DIRECTORY,
    err: `There is no venue in ${join(folder, 'data')}: name the data directory of a platform of this machine with --data.`,
  });
  writeFileSync(join(folder, 'venue.json'), '{"layoutVersion":2}');
  t.match(await at('account list --data .'), {
    code: EXIT_DATA_DIRECTORY,
    err: `${join(folder, 'venue.json')} is not what a platform wrote: restore it from a backup.`,
  });
});

t.test('what answers and is no venue is said to be none', async (t) => {
  const answers = [
    { status: 200, text: '<html>', said: 'status 200 and no JSON' },
    { status: 404, text: '{}', said: 'status 404' },
  ];
  let asked = 0;
  const server = createServer((_, response) => {
    const { status = 500, text: body = '' } = answers[asked++] ?? {};
    response.writeHead(status).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  for (const { said } of answers) {
    t.same(await tredye(['book', 'ACME', '--url', url]), {
      code: EXIT_NO_VENUE,
      out: '',
      err: `No answer of a venue from ${url} (${said}): correct the address.`,
    });
  }
  server.close();
});

t.test('a reader that goes away ends a long output quietly', async (t) => {
  const child = spawn('sh', ['-c', '"$0" "$1" match | head -1', process.execPath, CLI_ENTRY], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: cliEnvironment(),
  });
  const order = '{"kind":"new","side":"Buy","price":1,"quantity":1}\n';
  child.stdin.on('error', () => undefined);
  child.stdin.end(order.repeat(50_000));
  const ended = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  t.match(JSON.parse(out), { line: 1, kind: 'Accepted' });
  t.equal(err, '');
  t.equal(code, 0);
});
