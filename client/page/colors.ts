/** The colours of page.css for what is drawn on a canvas. The page's thread. */

import { signal } from '@preact/signals';

export interface Colors {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
  readonly up: string;
  readonly down: string;
  readonly band: string;
}

function readColors(): Colors {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    text: color('text'),
    muted: color('muted'),
    line: color('line'),
    accent: color('accent'),
    up: color('up'),
    down: color('down'),
    band: color('band'),
  };
}

/** Of the scheme that the reader prefers now. */
export const colors = signal(readColors());

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  colors.value = readColors();
});
