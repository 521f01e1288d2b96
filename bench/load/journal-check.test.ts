/** A small load through a real platform, and what the check says when a session had seen something else. */

import t from 'tap';
import { checkJournal } from './journal-check.js';
import { flowOf, inScratch, LoadStage } from './load-stage.js';
import { wrongAnswers } from './void-rules.js';

const CONNECTIONS = 4;

t.test('what sessions saw is what a replay makes; one event more, fewer or another is found', async (t) => {
  await inScratch('journal-check', async (folder) => {
    const stage = await LoadStage.open(folder, flowOf('small').path, CONNECTIONS);
    t.teardown(() => stage.abandon());
    const { url } = stage.platform.ready;
    for (const level of ['disk', 'matched'] as const) {
      const { result, streams } = await stage.generator.obey({
        type: 'closed',
        target: { kind: 'orders', url, level },
        connections: CONNECTIONS,
        perFrame: 8,
        commands: 2000,
        warmCommands: 100,
        unanswered: 4,
      });
      t.same(wrongAnswers(level, result), []);
      t.equal(streams.length, CONNECTIONS);
      stage.saw(streams);
    }
    const check = await stage.finish();
    t.same(check.differences, []);
    t.ok(check.seenEvents > 4000, `${check.seenEvents} events of 4000 commands`);
    t.ok(check.events > check.seenEvents && check.commands > 4000);

    const { directory, streams } = stage.checked;
    const again = checkJournal(directory, streams);
    t.equal(again.hash, check.hash, 'a replay makes the same events each time');
    const [first, second] = streams;
    if (first === undefined || second === undefined) throw new Error('No session saw anything.');
    const others = streams.slice(1);
    const differences = (changed: typeof first) => checkJournal(directory, [changed, ...others]).differences;
    t.match(differences({ ...first, crc: first.crc ^ 1 }), [/saw other events than the journal has/]);
    t.match(differences({ ...first, crc: second.crc }), [/saw other events/]);
    t.match(differences({ ...first, to: first.to - 1 }), [/saw other events/]);
    t.match(differences({ ...first, to: first.to + 100_000 }), [/the journal has \d+ of them/]);
  });
});
