/**
 * One measurement of the engine's bench in a process of its own, so that each begins cold. Prints one line of JSON.
 * Arguments: engine, answers, costs, weight or books; the kind of flow; the file; the most commands of it; passes.
 */

import { playFlow } from '../flow/flow.js';
import { askEngine, weighEngine } from './engine-answers.js';
import { CONTROLS, engineFlow, FLOW_KINDS } from './engine-flows.js';
import { kindCosts } from './kind-costs.js';
import { playOrderBooks } from './order-books.js';

async function main(): Promise<unknown> {
  const [what, name, path = '', most, passes] = process.argv.slice(2);
  const kind = FLOW_KINDS.find((known) => known === name);
  if (kind === undefined) throw new Error(`There is no flow of kind ${name}.`);
  const flow = await engineFlow(kind, path, Number(most));
  if (what === 'answers') return askEngine(flow);
  if (what === 'costs') return kindCosts(flow, Number(passes));
  if (what === 'weight') return weighEngine(flow);
  if (what === 'books') return playOrderBooks(flow);
  // Report lines are of the whole file as it is.
  const whole = CONTROLS[kind] !== undefined && Number(most) >= flow.plan.length;
  return playFlow({ venue: flow.venue, commands: flow.commands, path: whole ? path : '' }, Number(passes));
}

process.stdout.write(`${JSON.stringify(await main())}\n`);
