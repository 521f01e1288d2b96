/** What `make run` starts: platform/parent.ts on its arguments and variables, and the platform below it. */

import { runParent } from './parent.js';

await runParent(process.argv.slice(2), process.env);
