/**
 * Control messages that wait for their answer: about instruments and subscriptions. An answer names its request; a
 * connection that is lost takes the answers with it, and who asked may ask again.
 */

import type { ControlMessage } from '../../schemas/control.js';
import { TredyeError } from '../tredye-error.js';

interface Request {
  readonly resolve: (message: ControlMessage) => void;
  readonly reject: (error: TredyeError) => void;
}

export class Requests {
  private readonly waiting = new Map<number, Request>();
  private last = 0;

  /** send: sends the message that carries that number. */
  ask(send: (request: number) => void): Promise<ControlMessage> {
    return new Promise((resolve, reject) => {
      const number = ++this.last;
      this.waiting.set(number, { resolve, reject });
      send(number);
    });
  }

  resolve(number: number, message: ControlMessage): void {
    this.waiting.get(number)?.resolve(message);
    this.waiting.delete(number);
  }

  reject(number: number, error: TredyeError): void {
    this.waiting.get(number)?.reject(error);
    this.waiting.delete(number);
  }

  connectionLost(): void {
    const error = new TredyeError('NOT_CONNECTED', 'The connection was lost before the answer came.', {
      canRetry: true,
    });
    for (const request of this.waiting.values()) request.reject(error);
    this.waiting.clear();
  }
}
