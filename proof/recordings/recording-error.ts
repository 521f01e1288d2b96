/**
 * What is wrong with a recording, and where. Any thread.
 */

/** A recording that cannot be read as it should: names the file, and the line or record where there is one. */
export class RecordingError extends Error {
  readonly code = 'BAD_RECORDING';
  readonly canRetry = false;

  constructor(path: string, place: string, what: string) {
    super(place === '' ? `${path}: ${what}` : `${path}, ${place}: ${what}`);
    this.name = 'RecordingError';
  }
}
