/** Configuration: each bad value gives its exact sentence, a flag wins over its variable, the help names every setting. */

import t from 'tap';
import { helpText, limitsOfStart, readConfiguration } from './configuration.js';
import { EXIT_CONFIGURATION, PlatformError } from './exit-codes.js';

function configurationOf(argv: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const asked = readConfiguration(argv, environment);
  if (asked.ask !== 'run') throw new Error(`It asked for ${asked.ask}.`);
  return asked.configuration;
}

function sentenceOf(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): string {
  try {
    limitsOfStart(configurationOf(argv, environment).askedLimits, null);
  } catch (error) {
    if (error instanceof PlatformError && error.exitCode === EXIT_CONFIGURATION) return error.message;
    throw error;
  }
  return 'it was taken';
}

const REFUSED: readonly [argv: readonly string[], environment: NodeJS.ProcessEnv, sentence: string][] = [
  [['--port', 'abc'], {}, '--port must be a whole number from 0 to 65535; it is "abc".'],
  [['--port', '65536'], {}, '--port must be a whole number from 0 to 65535; it is "65536".'],
  [['--port', '-1'], {}, '--port must be a whole number from 0 to 65535; it is "-1".'],
  [['--port', '7400.5'], {}, '--port must be a whole number from 0 to 65535; it is "7400.5".'],
  [['--port='], {}, '--port must be a whole number from 0 to 65535; it is "".'],
  [[], { TREDYE_PORT: 'x' }, 'TREDYE_PORT must be a whole number from 0 to 65535; it is "x".'],
  [['--port'], {}, 'The flag --port needs a value: a whole number from 0 to 65535.'],
  [['--port', '--data'], {}, 'The flag --port needs a value: a whole number from 0 to 65535.'],
  [['--port', '1', '--port', '2'], {}, 'The flag --port is given twice: give it once.'],
  [['--prot', '7400'], {}, 'The flag --prot is unknown: did you mean --port?'],
  [['--max-order', '7400'], {}, 'The flag --max-order is unknown: did you mean --max-orders?'],
  [
    ['--something-else-entirely', '1'],
    {},
    'The flag --something-else-entirely is unknown: --help lists all there are.',
  ],
  [['7400'], {}, '"7400" is not a flag: flags look like --port 7400; --help lists all there are.'],
  [[], { TREDYE_GATEWAY: '2' }, 'The variable TREDYE_GATEWAY is unknown: did you mean TREDYE_GATEWAYS?'],
  [
    [],
    { TREDYE_COLOUR_OF_THE_SKY: '2' },
    'The variable TREDYE_COLOUR_OF_THE_SKY is unknown: --help lists all there are.',
  ],
  [[], { KAFKA_BROKERS: 'localhost:9092' }, 'KAFKA_BROKERS is set, but Kafka joins in a later version: unset it.'],
  [[], { DATABASE_URL: 'postgres://' }, 'DATABASE_URL is set, but Postgres joins in a later version: unset it.'],
  [['--data', ''], {}, '--data must be the path of a directory; it is "".'],
  [['--host', 'example'], {}, '--host must be an IPv4 or IPv6 address or localhost; it is "example".'],
  [
    ['--venue', 'My Venue'],
    {},
    '--venue must be 1 to 32 characters of a-z, 0-9, dot, dash or underscore; it is "My Venue".',
  ],
  [['--gateways', '0'], {}, '--gateways must be a whole number from 1 to 16; it is "0".'],
  [['--public-sessions', '-1'], {}, '--public-sessions must be a whole number from 0 to 100000; it is "-1".'],
  [['--connections', '9'], {}, '--connections must be a whole number from 10 to 1000000; it is "9".'],
  [['--shards', '65'], {}, '--shards must be a whole number from 1 to 64; it is "65".'],
  [['--log-level', 'loud'], {}, '--log-level must be one of trace, debug, info, warn, error or fatal; it is "loud".'],
  [['--log-format', 'xml'], {}, '--log-format must be one of auto, text or json; it is "xml".'],
  [['--output-ring-slots', '40000'], {}, 'The limit --output-ring-slots must be a power of two, it is 40000.'],
  [
    ['--max-orders', '1000', '--max-levels', '2000'],
    {},
    '--max-levels (2000) above --max-orders (1000) can never be used.',
  ],
  [['--max-orders', '16777216'], {}, '--max-orders must be a whole number from 1000 to 16777215; it is "16777216".'],
  [['--max-levels', '2097152'], {}, '--max-levels must be a whole number from 100 to 2097151; it is "2097152".'],
  [
    ['--max-lanes', '10', '--max-lanes-per-account', '11'],
    {},
    '--max-lanes-per-account (11) above --max-lanes (10) can never be used.',
  ],
  [['--segment-mib', '7'], {}, '--segment-mib must be a whole number from 8 to 1024; it is "7".'],
];

t.test('every value that is refused is refused in one sentence that says what to change', async (t) => {
  for (const [argv, environment, sentence] of REFUSED) {
    t.equal(sentenceOf(argv, environment), sentence, `${argv.join(' ')} ${JSON.stringify(environment)}`);
  }
});

t.test('without flags and variables the defaults stand', async (t) => {
  const configuration = configurationOf([]);
  t.match(configuration, { data: 'data', host: '127.0.0.1', port: 7400, gateways: 1, shards: 1, venue: 'tredye' });
  t.match(configuration, { publicSessions: 1000 });
  t.same([...configuration.askedLimits], []);
  t.equal(limitsOfStart(configuration.askedLimits, null).segmentBytes, 64 * 1024 * 1024);
});

t.test(
  'a flag wins over its variable, a variable over the default, and both spellings of a flag are the same',
  async (t) => {
    t.equal(configurationOf([], { TREDYE_PORT: '7500' }).port, 7500);
    t.equal(configurationOf(['--port', '7600'], { TREDYE_PORT: '7500' }).port, 7600);
    t.equal(configurationOf(['--port=7600']).port, 7600);
    const fewer = limitsOfStart(configurationOf([], { TREDYE_MAX_ORDERS: '5000' }).askedLimits, null);
    t.equal(fewer.maxOrders, 5000);
    t.equal(fewer.maxLevels, 5000, 'no more levels than orders');
    const both = configurationOf(['--max-orders', '6000', '--segment-mib', '8'], {
      TREDYE_MAX_ORDERS: '5000',
      TREDYE_MAX_KEYS: '5',
    });
    t.same([...both.askedLimits].sort(), [
      ['maxKeys', { value: 5, by: 'TREDYE_MAX_KEYS' }],
      ['maxOrders', { value: 6000, by: '--max-orders' }],
      ['segmentBytes', { value: 8 * 1024 * 1024, by: '--segment-mib' }],
    ]);
  },
);

t.test('one of two related limits fits or not with what is recorded, not with the default of the other', async (t) => {
  const levels = configurationOf(['--max-levels', '1500000']).askedLimits;
  t.equal(limitsOfStart(levels, { maxOrders: 2_000_000, maxLevels: 1_500_000 }).maxOrders, 2_000_000);
  const lanes = configurationOf(['--max-lanes-per-account', '5000']).askedLimits;
  const recordedLanes = { maxLanes: 6_000, maxLanesPerAccount: 5_000 };
  t.equal(limitsOfStart(lanes, recordedLanes).maxLanes, 6_000);
  const refusalOf = (recorded: { maxOrders: number; maxLevels: number } | null) => {
    try {
      return limitsOfStart(levels, recorded);
    } catch (error) {
      return error;
    }
  };
  t.match(refusalOf(null), { exitCode: EXIT_CONFIGURATION, message: /^--max-levels \(1500000\) above --max-orders/ });
  t.match(refusalOf({ maxOrders: 1000, maxLevels: 2000 }), {
    code: 'LIMITS_DO_NOT_FIT',
    message:
      'With the limits that this data directory has recorded: --max-levels (2000) above --max-orders (1000) can never be used.',
  });
});

t.test('variables of others, and empty ones of later versions, are left alone', async (t) => {
  t.equal(sentenceOf([], { PATH: '/bin', KAFKA_BROKERS: '', DATABASE_URL: '' }), 'it was taken');
  t.equal(
    sentenceOf([], { TREDYE_URL: 'ws://elsewhere:1', TREDYE_KEY: 'key.json' }),
    'it was taken',
    'of the command line',
  );
});

t.test('help and version are answered before anything else is looked at', async (t) => {
  t.same(readConfiguration(['--help'], { TREDYE_PORT: 'x' }), { ask: 'help' });
  t.same(readConfiguration(['--version'], {}), { ask: 'version' });
  const help = helpText();
  for (const flag of [
    '--port',
    '--data',
    '--gateways',
    '--shards',
    '--venue',
    '--host',
    '--log-level',
    '--max-orders',
  ]) {
    t.match(help, new RegExp(`${flag} .*\\(default `), flag);
  }
});
