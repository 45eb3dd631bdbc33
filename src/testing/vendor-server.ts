// An HTTP server in place of a vendor: notes what it is asked, answers as a test says.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface VendorAsked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** JSON where it is said to be, the fields of a form, else the bytes; null = none. */
  readonly body: unknown;
}

export interface VendorAnswer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface VendorServer {
  readonly url: string;
  readonly asked: readonly VendorAsked[];
  readonly close: () => Promise<void>;
}

/** @param answer is told how often it was asked, from 1. */
export async function serveVendor(
  answer: (asked: VendorAsked, times: number) => VendorAnswer = () => ({}),
): Promise<VendorServer> {
  const asked: VendorAsked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const body = readBody(Buffer.concat(chunks), headers['content-type'] ?? '');
      const one = { method, path, headers, body };
      asked.push(one);
      const { status = 200, body: said = {}, headers: more = {} } = answer(one, asked.length);
      response.writeHead(status, { connection: 'close', ...more });
      response.end(typeof said === 'string' ? said : JSON.stringify(said));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function readBody(bytes: Buffer, type: string): unknown {
  if (bytes.length === 0) return null;
  if (type.startsWith('application/json')) return JSON.parse(bytes.toString()) as unknown;
  if (type === 'application/x-www-form-urlencoded')
    return Object.fromEntries(new URLSearchParams(bytes.toString()));
  return bytes;
}
