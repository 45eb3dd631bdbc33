// A receiver of the sink `webhook`: keeps what it is told, in order, and believes nothing that is not signed.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Notice } from '../src/model/alert.ts';

const SECRET = 'of-the-receiver';

export interface NoticeReceiver {
  /** `kind: webhook` of plimsoll.yaml, in one line. */
  readonly sink: string;
  readonly notices: readonly Notice[];
  /** Of one leak: `kind level`, in order. */
  readonly told: (fingerprint: string) => readonly string[];
  readonly close: () => Promise<void>;
}

export async function receiveNotices(): Promise<NoticeReceiver> {
  const notices: Notice[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { headers } = request;
      const body = Buffer.concat(chunks).toString();
      const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
      const mac = createHmac('sha256', SECRET).update(signed).digest('base64');
      const isSigned = headers['webhook-signature'] === `v1,${mac}`;
      if (isSigned) notices.push((JSON.parse(body) as { data: Notice }).data);
      response.writeHead(isSigned ? 204 : 401, { connection: 'close' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    sink: `webhook: { url: 'http://127.0.0.1:${port}/', secret: ${SECRET} }`,
    notices,
    told: (of) =>
      notices.filter(({ fingerprint }) => fingerprint === of).map(({ kind, level }) => `${kind} ${level}`),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
