// What this package needs of a Redis client. Two files implement it, one for each client; nothing else names a client.

/** One word of a command. */
export type Word = string | number | Buffer;

/** A node of a cluster, as a redirection names it; an empty host is the host that was asked. */
export interface Address {
  host: string;
  port: number;
}

/**
 * A connection to one server, for one life: when it breaks, everything that has no reply is rejected. It does not connect
 * again and sends nothing twice, so whoever holds it learns of each reply that may be lost.
 */
export interface Connection {
  /** Which server it is, as far as the client can tell: the same text for the same server. */
  readonly server: string;
  /** Sends one command. All strings of the reply are Buffers, maps are flat arrays. */
  send(command: Word[]): Promise<unknown>;
  /** Ends the connection. */
  close(): void;
}

/** The client that the user gave, and connections like it. */
export interface Source {
  /** Sends over the client of the user, which may wait for a connection and send again, as it is set up to do. */
  send(command: Word[]): Promise<unknown>;
  /** Opens a connection to the primary: of a cluster to the node at `address`, or to the one that has `key`. */
  open(key: string, address?: Address): Promise<Connection>;
  /** Ends the client, if this package has made it. */
  close(): void;
}

/** The options of a client that connect it to `address`. */
export function location(address?: Address): { host?: string; port?: number } {
  if (!address) return {};
  return address.host === '' ? { port: address.port } : { ...address };
}
