/** The platform process: platform/run-platform.ts on its arguments and variables. `tredye run` is the same. */

import { runPlatform } from './run-platform.js';

await runPlatform(process.argv.slice(2), process.env);
