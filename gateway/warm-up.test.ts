import t from 'tap';
import { EVENT_BYTES } from '../schemas/layout.js';
import { warmUpGateway } from './warm-up.js';

t.test('a warm-up brings a session to its reports and to public data', (t) => {
  const commands = 1280;
  const few = warmUpGateway(commands);
  const more = warmUpGateway(2 * commands);
  // Without the session there would be a challenge and a refusal, without its reports a few tops.
  t.ok(few > commands * 2 * EVENT_BYTES, `${few} bytes of ${commands} commands`);
  t.ok(more > 1.5 * few, `${more} bytes of twice as many`);
  t.end();
});
