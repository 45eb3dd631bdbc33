// /proc/net/tcp and tcp6: who listens where.

export interface ListeningSocket {
  /** Bytes in hex, in network order; an IPv4 address has four, also where tcp6 shows it as ::ffff:a.b.c.d. */
  readonly addressHex: string;
  readonly port: number;
  readonly inode: string;
}

/** State of a socket in these files. */
const LISTEN = '0A';

/** Sockets that listen, in the order of the file; lines of anything else, or cut short, are passed over. */
export function parseListeningSockets(text: string): ListeningSocket[] {
  const found: ListeningSocket[] = [];
  for (const line of text.split('\n')) {
    const [row = '', local = '', , state = '', , , , , , inode = '0', ...rest] = line.trim().split(/\s+/);
    if (!/^\d+:$/.test(row) || state !== LISTEN || inode === '0' || rest.length === 0) continue;
    const match = /^([0-9A-F]{8}(?:[0-9A-F]{24})?):([0-9A-F]{4})$/i.exec(local);
    if (!match) continue;
    found.push({ addressHex: toNetworkOrder(match[1] ?? ''), port: parseInt(match[2] ?? '', 16), inode });
  }
  return found;
}

/** /proc prints each 32-bit word in the machine's order; here every byte is in network order. */
function toNetworkOrder(text: string): string {
  const words = text.toLowerCase().match(/.{8}/g) ?? [];
  const hex = words.map((word) => (word.match(/../g) ?? []).reverse().join('')).join('');
  return hex.startsWith('00000000000000000000ffff') ? hex.slice(24) : hex;
}

/** Where a client of the same network namespace reaches the socket: `127.0.0.1:8080`, `[::1]:8080`, `10.0.0.7:80`. */
export function hostOf({ addressHex, port }: ListeningSocket): string {
  if (/^0+$/.test(addressHex)) return `127.0.0.1:${port}`;
  const bytes = addressHex.match(/../g) ?? [];
  if (bytes.length === 4) return `${bytes.map((byte) => parseInt(byte, 16)).join('.')}:${port}`;
  const groups = addressHex.match(/.{4}/g) ?? [];
  const text = groups.map((group) => parseInt(group, 16).toString(16)).join(':');
  return `[${text === '0:0:0:0:0:0:0:1' ? '::1' : text}]:${port}`;
}
