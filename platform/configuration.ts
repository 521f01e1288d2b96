/**
 * What can be set about the platform: one table of settings, each a flag and a variable with the same meaning, read
 * once at start and refused as a whole in one sentence. A flag wins over its variable, a variable over the default.
 * Any thread; a pure function of the arguments and the environment.
 */

import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { DEFAULT_LIMITS, type Limits, LimitsError, limitsFrom, MOST_LEVELS, MOST_ORDERS } from '../engine/limits.js';
import { DEFAULT_GATEWAY_SETTINGS } from '../gateway/worker-data.js';
import { EXIT_CONFIGURATION, EXIT_DATA_DIRECTORY, PlatformError } from './exit-codes.js';
import { RESTARTS_VARIABLE } from './parent-line.js';

const VARIABLE_PREFIX = 'TREDYE_';
/** The value of --schedule that means none. */
const NO_SCHEDULE = 'none';
/** The value of --archive that means none. */
const NO_ARCHIVE = 'none';
const MEBIBYTE = 1024 * 1024;
/** A suggestion is given for a name with at most this share of its letters wrong. */
const SUGGEST_WITHIN = 0.4;
/** Variables of later versions: set, they would be ignored in silence, which nobody wants of a broker's address. */
const LATER_VARIABLES = [
  { name: 'KAFKA_BROKERS', joins: 'Kafka' },
  { name: 'DATABASE_URL', joins: 'Postgres' },
] as const;

/** Variables of the command line, which whoever runs both has set, and of the parent: they are no settings. */
const OTHER_VARIABLES: readonly string[] = ['TREDYE_URL', 'TREDYE_KEY', RESTARTS_VARIABLE];

interface Setting {
  readonly key: string;
  /** Without the dashes; the variable is TREDYE_ and the same in capitals. */
  readonly flag: string;
  readonly value: string;
  readonly fallback: string;
  readonly means: string;
  /** Completes "--flag must be …". */
  readonly must: string;
  readonly schema: z.ZodType<string | number>;
}

function whole(
  key: string,
  flag: string,
  range: readonly [number, number],
  fallback: number,
  means: string,
  note = '',
): Setting {
  const [from, to] = range;
  return {
    key,
    flag,
    value: 'NUMBER',
    fallback: String(fallback),
    means,
    must: `a whole number from ${from} to ${to}${note}`,
    schema: z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number)
      .pipe(z.int().min(from).max(to)),
  };
}

function choice(key: string, flag: string, values: readonly string[], fallback: string, means: string): Setting {
  return {
    key,
    flag,
    value: values.join('|'),
    fallback,
    means,
    must: `one of ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`,
    schema: z.enum(values),
  };
}

/** Limits of the engine that may be set, in the units people use; what they mean is engine/limits.ts. */
const SETTINGS: readonly Setting[] = [
  {
    key: 'data',
    flag: 'data',
    value: 'DIR',
    fallback: 'data',
    means: 'the data directory: journal, venue file, operator key',
    must: 'the path of a directory',
    schema: z.string().min(1).max(4096),
  },
  {
    key: 'host',
    flag: 'host',
    value: 'ADDRESS',
    fallback: '127.0.0.1',
    means: 'the address to listen on; 0.0.0.0 for all',
    must: 'an IPv4 or IPv6 address or localhost',
    schema: z.union([z.ipv4(), z.ipv6(), z.literal('localhost')]),
  },
  whole('port', 'port', [0, 65535], 7400, 'the port to listen on; 0 takes a free one'),
  {
    key: 'venue',
    flag: 'venue',
    value: 'NAME',
    fallback: 'tredye',
    means: 'the name of the venue, part of what a logon signs',
    must: '1 to 32 characters of a-z, 0-9, dot, dash or underscore',
    schema: z.string().regex(/^[a-z0-9._-]{1,32}$/),
  },
  whole('gateways', 'gateways', [1, 16], 1, 'threads that listen'),
  whole(
    'publicSessions',
    'public-sessions',
    [0, 100_000],
    DEFAULT_GATEWAY_SETTINGS.maxPublicSessions,
    'connections without a key that may watch public data; 0: none',
  ),
  whole(
    'connections',
    'connections',
    [10, 1_000_000],
    50_000,
    'connections of every kind that may be open; beyond it no new ones are taken',
  ),
  whole('shards', 'shards', [1, 64], 1, 'threads that match; fixed by the first start of a data directory'),
  choice('logLevel', 'log-level', ['trace', 'debug', 'info', 'warn', 'error', 'fatal'], 'info', 'what is logged'),
  choice('logFormat', 'log-format', ['auto', 'text', 'json'], 'auto', 'auto: text on a terminal, JSON otherwise'),
  choice('metrics', 'metrics', ['on', 'off'], 'on', 'whether what happens is counted and timed, for GET /metrics'),
  choice(
    'auditor',
    'auditor',
    ['on', 'off'],
    'on',
    'whether a second engine compares every event and writes snapshots',
  ),
  whole(
    'snapshotCommands',
    'snapshot-commands',
    [0, 1_000_000_000],
    1_000_000,
    'commands of a shard from one snapshot to the next; 0: none are written',
  ),
  whole(
    'keepSegments',
    'keep-segments',
    [0, 1_000_000],
    64,
    'segments of a journal that stay when nobody needs them any more; 0: all',
  ),
  {
    key: 'archive',
    flag: 'archive',
    value: 'DIR|none',
    fallback: NO_ARCHIVE,
    means: 'a directory, of another disk, to which finished segments and snapshots are copied',
    must: 'the path of a directory, or none',
    schema: z.string().min(1).max(4096),
  },
  whole('maxOrders', 'max-orders', [1_000, MOST_ORDERS], DEFAULT_LIMITS.maxOrders, 'resting orders a shard'),
  whole('maxInstruments', 'max-instruments', [1, 1_000_000], DEFAULT_LIMITS.maxInstruments, 'instruments of the venue'),
  whole('maxAccounts', 'max-accounts', [1, 10_000_000], DEFAULT_LIMITS.maxAccounts, 'accounts of the venue'),
  whole('maxKeys', 'max-keys', [1, 10_000_000], DEFAULT_LIMITS.maxKeys, 'keys of the venue'),
  whole(
    'maxLanes',
    'max-lanes',
    [1, 65_536],
    DEFAULT_LIMITS.maxLanes,
    'lanes (connections that ever were) of the venue',
  ),
  whole(
    'maxLanesPerAccount',
    'max-lanes-per-account',
    [1, 65_536],
    DEFAULT_LIMITS.maxLanesPerAccount,
    'lanes that one account may ever use, at most max-lanes',
  ),
  whole(
    'maxLevels',
    'max-levels',
    [100, MOST_LEVELS],
    DEFAULT_LIMITS.maxLevels,
    'price levels a shard, at most max-orders',
  ),
  whole('segmentMib', 'segment-mib', [8, 1024], DEFAULT_LIMITS.segmentBytes / MEBIBYTE, 'MiB of a journal segment'),
  whole(
    'roundCommands',
    'round-commands',
    [64, 65_536],
    DEFAULT_LIMITS.roundCommands,
    'commands that one write of the journal may carry',
  ),
  whole(
    'commandRingSlots',
    'command-ring-slots',
    [1_024, 1_048_576],
    DEFAULT_LIMITS.commandRingSlots,
    'commands that may wait between a gateway and a shard',
    ', a power of two',
  ),
  whole(
    'outputRingSlots',
    'output-ring-slots',
    [32_768, 4_194_304],
    DEFAULT_LIMITS.outputRingSlots,
    'events that a reader may lag behind a shard',
    ', a power of two',
  ),
  whole(
    'syncLimitSeconds',
    'sync-limit-seconds',
    [1, 3_600],
    30,
    'a journal write, or a gateway that does nothing, longer than this ends the process; so does a round twice as long',
  ),
  whole(
    'resumeEvents',
    'resume-events',
    [0, 1_000_000_000],
    DEFAULT_GATEWAY_SETTINGS.resumeEvents,
    'events of a shard that a resume replays; who is further behind begins with a snapshot',
  ),
  whole(
    'clockBehindMinutes',
    'clock-behind-minutes',
    [0, 100_000_000],
    5,
    'a clock further behind the last journaled command than this refuses the start',
  ),
  {
    key: 'diskReserveMib',
    flag: 'disk-reserve-mib',
    value: 'NUMBER|auto',
    fallback: 'auto',
    means:
      'MiB to be kept free under the data directory: with less only cancels are taken; auto: 256 and two segments a shard',
    must: 'a whole number from 0 to 100000000, or auto',
    schema: z.union([
      z.literal('auto'),
      z
        .string()
        .regex(/^\d{1,9}$/)
        .transform(Number)
        .pipe(z.int().min(0).max(100_000_000)),
    ]),
  },
  whole('stopSeconds', 'stop-seconds', [1, 600], 20, 'a clean stop longer than this is given up'),
  {
    key: 'schedule',
    flag: 'schedule',
    value: 'FILE',
    fallback: NO_SCHEDULE,
    means: 'phases, uncrosses and ends of day by the clock (docs/schedule.md); none: by hand',
    must: `the path of a file, or ${NO_SCHEDULE}`,
    schema: z.string().min(1).max(4096),
  },
];

/** A limit that was asked for: in the engine's unit, and by which flag or variable. */
export interface AskedLimit {
  readonly value: number;
  readonly by: string;
}

export type AskedLimits = ReadonlyMap<keyof Limits, AskedLimit>;

/** What a start asks for. Which limits hold is known when the data directory is open: a later start has its own. */
export interface Configuration {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly venue: string;
  readonly gateways: number;
  readonly shards: number;
  /** Connections without a key, over all gateways; 0: none. */
  readonly publicSessions: number;
  /** WebSocket and HTTP, also those that say nothing, over all gateways. */
  readonly connections: number;
  readonly logLevel: string;
  readonly logFormat: string;
  readonly metrics: boolean;
  readonly auditor: boolean;
  /** 0: none. */
  readonly snapshotCommands: number;
  /** Segments of a shard's journal; 0: all. */
  readonly keepSegments: number;
  /** A directory; null: nothing is archived. */
  readonly archive: string | null;
  readonly syncLimitSeconds: number;
  readonly resumeEvents: number;
  readonly clockBehindMinutes: number;
  readonly stopSeconds: number;
  /** Null: what shards and segments ask for. */
  readonly diskReserveMib: number | null;
  /** Null: none. */
  readonly scheduleFile: string | null;
  /** Those that were given; the others are the defaults, or what the data directory has recorded. */
  readonly askedLimits: AskedLimits;
}

export type CommandLine =
  | { readonly ask: 'run'; readonly configuration: Configuration }
  | { readonly ask: 'help' }
  | { readonly ask: 'version' };

function refuse(sentence: string): PlatformError {
  return new PlatformError('CONFIGURATION', EXIT_CONFIGURATION, sentence);
}

function variableOf(setting: Setting): string {
  return VARIABLE_PREFIX + setting.flag.toUpperCase().replaceAll('-', '_');
}

/** " Did you mean X?" for a name that is nearly one of ours, else where to look. */
function suggest(name: string, known: readonly string[]): string {
  let best = '';
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const candidateDistance = distance(name.toLowerCase(), candidate.toLowerCase());
    if (candidateDistance < bestDistance) {
      bestDistance = candidateDistance;
      best = candidate;
    }
  }
  const near = bestDistance <= Math.ceil(best.length * SUGGEST_WITHIN);
  return near ? `did you mean ${best}?` : '--help lists all there are.';
}

interface Given {
  readonly text: string;
  /** The flag or variable that it came by, for the sentence. */
  readonly by: string;
}

function takeVariables(environment: NodeJS.ProcessEnv, given: Map<string, Given>): void {
  for (const later of LATER_VARIABLES) {
    if (environment[later.name] !== undefined && environment[later.name] !== '') {
      throw refuse(`${later.name} is set, but ${later.joins} joins in a later version: unset it.`);
    }
  }
  const known = SETTINGS.map(variableOf);
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(VARIABLE_PREFIX) || text === undefined || OTHER_VARIABLES.includes(name)) continue;
    const setting = SETTINGS.find((candidate) => variableOf(candidate) === name);
    if (setting === undefined) throw refuse(`The variable ${name} is unknown: ${suggest(name, known)}`);
    given.set(setting.key, { text, by: name });
  }
}

/** Returns what was asked for when it is not a run. */
function takeFlags(argv: readonly string[], given: Map<string, Given>): 'run' | 'help' | 'version' {
  const known = SETTINGS.map((setting) => `--${setting.flag}`);
  const seen = new Set<string>();
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    if (argument === '--help' || argument === '-h') return 'help';
    if (argument === '--version') return 'version';
    if (!argument.startsWith('--')) {
      throw refuse(`"${argument}" is not a flag: flags look like --port 7400; --help lists all there are.`);
    }
    const equals = argument.indexOf('=');
    const name = equals < 0 ? argument : argument.slice(0, equals);
    const setting = SETTINGS.find((candidate) => `--${candidate.flag}` === name);
    if (setting === undefined) throw refuse(`The flag ${name} is unknown: ${suggest(name, known)}`);
    if (seen.has(name)) throw refuse(`The flag ${name} is given twice: give it once.`);
    seen.add(name);
    let text = equals < 0 ? undefined : argument.slice(equals + 1);
    if (equals < 0) {
      at++;
      text = argv[at];
    }
    if (text === undefined || (equals < 0 && text.startsWith('--'))) {
      throw refuse(`The flag ${name} needs a value: ${setting.must}.`);
    }
    given.set(setting.key, { text, by: name });
  }
  return 'run';
}

function readValues(given: ReadonlyMap<string, Given>): Record<string, string | number> {
  const values: Record<string, string | number> = {};
  for (const setting of SETTINGS) {
    const { text, by } = given.get(setting.key) ?? { text: setting.fallback, by: `--${setting.flag}` };
    const parsed = setting.schema.safeParse(text);
    if (!parsed.success) throw refuse(`${by} must be ${setting.must}; it is "${text}".`);
    values[setting.key] = parsed.data;
  }
  return values;
}

/** The whole of it once more as one strict object, so that a setting without a place in Configuration is found here. */
const configurationValues = z.strictObject({
  data: z.string(),
  host: z.string(),
  port: z.int(),
  venue: z.string(),
  gateways: z.int(),
  shards: z.int(),
  publicSessions: z.int(),
  connections: z.int(),
  logLevel: z.string(),
  logFormat: z.string(),
  metrics: z.string(),
  auditor: z.string(),
  snapshotCommands: z.int(),
  keepSegments: z.int(),
  archive: z.string(),
  maxOrders: z.int(),
  maxInstruments: z.int(),
  maxAccounts: z.int(),
  maxKeys: z.int(),
  maxLanes: z.int(),
  maxLanesPerAccount: z.int(),
  maxLevels: z.int(),
  segmentMib: z.int(),
  roundCommands: z.int(),
  commandRingSlots: z.int(),
  outputRingSlots: z.int(),
  syncLimitSeconds: z.int(),
  resumeEvents: z.int(),
  clockBehindMinutes: z.int(),
  stopSeconds: z.int(),
  diskReserveMib: z.union([z.literal('auto'), z.int()]),
  schedule: z.string(),
});

/** The limits speak of their own names; whoever set them knows the flags. */
function inFlags(sentence: string): string {
  return sentence.replace(/\b[a-z]+[A-Z][A-Za-z]+\b/g, (name) => {
    const setting = SETTINGS.find((candidate) => candidate.key === (name === 'segmentBytes' ? 'segmentMib' : name));
    return setting === undefined ? name : `--${setting.flag}`;
  });
}

function limitsAskedFor(values: Record<string, string | number>, given: ReadonlyMap<string, Given>): AskedLimits {
  const asked = new Map<keyof Limits, AskedLimit>();
  for (const [key, { by }] of given) {
    const value = values[key];
    if (typeof value !== 'number') continue;
    if (key === 'segmentMib') asked.set('segmentBytes', { value: value * MEBIBYTE, by });
    else if (isLimit(key)) asked.set(key, { value, by });
  }
  return asked;
}

function isLimit(key: string): key is keyof Limits {
  return key in DEFAULT_LIMITS;
}

/**
 * The limits of a start. recorded: those that the first start of the data directory has fixed, null for a first start;
 * they win, and how they fit together was decided then. Throws a PlatformError with one sentence in terms of flags.
 */
export function limitsOfStart(asked: AskedLimits, recorded: Partial<Limits> | null): Limits {
  const given: Partial<Limits> = Object.fromEntries([...asked].map(([name, { value }]) => [name, value]));
  // A level holds an order: whoever asks for fewer orders alone gets no more levels.
  const maxLevels = Math.min(DEFAULT_LIMITS.maxLevels, given.maxOrders ?? DEFAULT_LIMITS.maxOrders);
  try {
    return limitsFrom({ maxLevels, ...given, ...recorded });
  } catch (error) {
    if (!(error instanceof LimitsError)) throw error;
    if (recorded === null) throw refuse(inFlags(error.message));
    throw new PlatformError(
      'LIMITS_DO_NOT_FIT',
      EXIT_DATA_DIRECTORY,
      `With the limits that this data directory has recorded: ${inFlags(error.message)}`,
    );
  }
}

/**
 * Reads what is asked for. Throws a PlatformError whose message is one sentence that says what to change.
 * `argv` is without the program and its file.
 */
export function readConfiguration(argv: readonly string[], environment: NodeJS.ProcessEnv): CommandLine {
  const given = new Map<string, Given>();
  const flags = new Map<string, Given>();
  const ask = takeFlags(argv, flags);
  if (ask !== 'run') return { ask };
  takeVariables(environment, given);
  for (const [key, value] of flags) given.set(key, value);
  const read = readValues(given);
  const values = configurationValues.parse(read);
  return {
    ask: 'run',
    configuration: {
      data: values.data,
      host: values.host,
      port: values.port,
      venue: values.venue,
      gateways: values.gateways,
      shards: values.shards,
      publicSessions: values.publicSessions,
      connections: values.connections,
      logLevel: values.logLevel,
      logFormat: values.logFormat,
      metrics: values.metrics === 'on',
      auditor: values.auditor === 'on',
      snapshotCommands: values.snapshotCommands,
      keepSegments: values.keepSegments,
      archive: values.archive === NO_ARCHIVE ? null : values.archive,
      syncLimitSeconds: values.syncLimitSeconds,
      resumeEvents: values.resumeEvents,
      clockBehindMinutes: values.clockBehindMinutes,
      stopSeconds: values.stopSeconds,
      diskReserveMib: values.diskReserveMib === 'auto' ? null : values.diskReserveMib,
      scheduleFile: values.schedule === NO_SCHEDULE ? null : values.schedule,
      askedLimits: limitsAskedFor(read, given),
    },
  };
}

/** The text of --help: every setting with its default. */
export function helpText(): string {
  const rows = SETTINGS.map((setting) => ({
    left: `--${setting.flag} ${setting.value}`,
    right: `${setting.means} (default ${setting.fallback})`,
  }));
  const width = Math.max(...rows.map((row) => row.left.length));
  const lines = rows.map((row) => `  ${row.left.padEnd(width)}  ${row.right}`);
  return [
    'Tredye, a real-time trading platform.',
    '',
    'Usage: make run, or tredye run [flags]',
    '',
    ...lines,
    `  ${'--version'.padEnd(width)}  the version`,
    `  ${'--help'.padEnd(width)}  this text`,
    '',
    `Each flag is also a variable: --max-orders is ${VARIABLE_PREFIX}MAX_ORDERS. A flag wins.`,
    'The first start makes the data directory and leaves the operator key in it (admin-key.json). The number of shards',
    'and the limits named --max-... are fixed by it: later starts take them from there and refuse others.',
    'Ctrl-C stops cleanly: sessions are closed, all that was taken is durable, exit code 0. A second Ctrl-C leaves at once',
    '(SIGKILL, 137 in a shell); nothing acknowledged is lost by it. All exit codes: docs/errors.md.',
    '',
    'Examples:',
    '  tredye run --port 7500 --data /var/lib/tredye',
    '  make run FLAGS="--gateways 2 --log-format json"',
    '',
  ].join('\n');
}
