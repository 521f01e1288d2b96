/**
 * A connection to the server that people usually write: it looks whether each answer is for the command that is due.
 * Generator's thread.
 */

import { CountedConnection } from './counted-connection.js';
import { RawWebSocket } from './raw-websocket.js';

export class UsualConnection extends CountedConnection {
  static async open(url: string): Promise<UsualConnection> {
    const connection = new UsualConnection(await RawWebSocket.open(url, '/'), 'the usual server');
    connection.socket.hand(connection);
    return connection;
  }

  message(bytes: Buffer, from: number, to: number): void {
    const { id } = JSON.parse(bytes.toString('utf8', from, to)) as { id: number };
    this.take(id);
    this.events?.answered(this.answered);
  }
}
