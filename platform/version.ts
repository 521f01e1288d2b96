/** The platform's version, as its package.json says it. Any thread. */

import { readFileSync } from 'node:fs';

export function platformVersion(): string {
  const found: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return found.version;
}
