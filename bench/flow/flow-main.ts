/**
 * `make flow FLOW=FILE.bin.gz [SHA=FILE]`: plays a flow file through the engine and prints the hash of its report lines
 * and the speed of the first pass in this fresh process and of the best of all passes. Exit code 0 only when the hash is
 * the expected one, which SHA names (by default reports.sha256 beside the flow).
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readExpectedHash } from '../../proof/recordings/flow-reports.js';
import { RecordingError } from '../../proof/recordings/recording-error.js';
import { printResult } from '../../proof/result.js';
import { playFlowFile } from './flow.js';

const DEFAULT_PASSES = 5;

async function main(): Promise<number> {
  const say = (sentence: string): number => {
    process.stderr.write(`${sentence}\n`);
    return 1;
  };
  const flow = process.argv[2] ?? '';
  if (flow === '') return say('Name a flow file: make flow FLOW=FILE.bin.gz');
  if (!existsSync(flow)) return say(`There is no file ${flow}: make flow FLOW=FILE.bin.gz`);
  const sha = process.argv[3] || join(dirname(resolve(flow)), 'reports.sha256');
  if (!existsSync(sha))
    return say(`There is no file ${sha} with the expected hash: make flow FLOW=FILE.bin.gz SHA=FILE`);
  const passes = Number(process.env.PASSES || DEFAULT_PASSES);
  if (!Number.isInteger(passes) || passes < 1) return say(`PASSES must be a whole number from 1, not ${passes}.`);
  try {
    const expected = readExpectedHash(sha);
    const outcome = await playFlowFile(resolve(flow), passes);
    process.stdout.write(
      `SHA-256 ${outcome.hash} over ${outcome.lines} report lines of ${outcome.commands} commands\n`,
    );
    const equal = outcome.hash === expected;
    printResult('flow.lines', outcome.lines, 'lines', equal ? 1 : '0', 'expected=SHA');
    printResult('flow.first', (outcome.rates[0] ?? 0).toFixed(2), 'Mcommands/s');
    printResult('flow.best', Math.max(...outcome.rates).toFixed(2), 'Mcommands/s');
    return equal ? 0 : say(`The hash is not the expected one: ${expected}`);
  } catch (error) {
    if (error instanceof RecordingError) return say(error.message);
    throw error;
  }
}

process.exitCode = await main();
