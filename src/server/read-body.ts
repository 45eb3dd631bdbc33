import type { IncomingMessage } from 'node:http';
import type { Bytes } from '../base/units.ts';

/** null when it is larger than `limit`, declared or not; the adapter throws the rest away. */
export async function readBody(incoming: IncomingMessage, limit: Bytes): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  // Destroying the request here would take the socket along, and with it the answer that says why.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    total += chunk.length;
    if (total > limit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
