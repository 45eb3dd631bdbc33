// How to be let in: certificates and credentials out of files that may change while the process runs.
import { readFile, stat } from 'node:fs/promises';
import type { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import { PlimsollError } from '../base/errors.ts';
import { formatBytes, MIB, type Bytes } from '../base/units.ts';
import type { Access, TlsFiles } from '../model/target.ts';

/** A bundle of all public authorities is 200 KiB; a larger file is a mistake. */
const MAX_ACCESS_FILE_BYTES: Bytes = MIB;

/**
 * The Authorization header that `access` asks for, if any. Files are read each time: tokens of Kubernetes and of
 * vaults change within the hour.
 * @throws PlimsollError ACCESS_INVALID with the file, never with what is in it.
 */
export async function authorizationHeader(access: Access | undefined): Promise<Record<string, string>> {
  const { auth } = access ?? { auth: null };
  if (auth === null) return {};
  const secret = 'file' in auth ? (await readAccessFile(auth.file)).toString('utf8').trim() : auth.secret;
  if ('file' in auth && (secret === '' || /[\r\n]/.test(secret))) {
    throw new PlimsollError('ACCESS_INVALID', 'collect', 'one line expected', { where: auth.file });
  }
  const value =
    auth.kind === 'bearer'
      ? `Bearer ${secret}`
      : `Basic ${Buffer.from(`${auth.user}:${secret}`).toString('base64')}`;
  return { authorization: value };
}

/** Connections by the certificates that they were made with; others once a file changes. */
export class TlsAgents {
  readonly #options: AgentOptions;
  readonly #plain: HttpsAgent;
  /** By the names of their files: a target has two kinds at most, its own and that of pprof. */
  readonly #known = new Map<string, { readonly version: string; readonly agent: HttpsAgent }>();

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#plain = new HttpsAgent(options);
  }

  /**
   * @param isUnverified whoever answers is believed to be the server.
   * @throws PlimsollError ACCESS_INVALID for files that cannot be read or hold no certificate.
   */
  async for(tls: TlsFiles | null, isUnverified = false): Promise<HttpsAgent> {
    if (tls === null && !isUnverified) return this.#plain;
    const key = JSON.stringify([tls, isUnverified]);
    const version = tls === null ? '' : await versionOf(tls);
    const known = this.#known.get(key);
    if (known?.version === version) return known.agent;
    const files = tls === null ? {} : await readTls(tls);
    const agent = new HttpsAgent({
      ...this.#options,
      ...files,
      ...(isUnverified ? { rejectUnauthorized: false } : {}),
    });
    this.#known.set(key, { version, agent });
    if (known) retire(known.agent);
    return agent;
  }

  destroy(): void {
    for (const agent of [this.#plain, ...[...this.#known.values()].map((known) => known.agent)])
      agent.destroy();
  }
}

/** What is under way ends by itself; idle connections go. */
function retire(agent: HttpsAgent): void {
  agent.maxFreeSockets = 0;
  closeIdle(agent);
}

/** Connections that wait for their next request end; those in use go on. */
export function closeIdle(agent: HttpAgent): void {
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}

async function versionOf(tls: TlsFiles): Promise<string> {
  const parts = await Promise.all(
    [tls.ca, tls.cert, tls.key].map(async (file) => {
      if (file === null) return '';
      const found = await stat(file).catch((error: unknown) => Promise.reject(unreadable(file, error)));
      return `${found.mtimeMs} ${found.size} ${found.ino}`;
    }),
  );
  return parts.join();
}

async function readTls({ ca, cert, key, serverName }: TlsFiles): Promise<AgentOptions> {
  const options: AgentOptions = {
    ...(ca === null ? {} : { ca: await readAccessFile(ca) }),
    ...(cert === null ? {} : { cert: await readAccessFile(cert) }),
    ...(key === null ? {} : { key: await readAccessFile(key) }),
    ...(serverName === null ? {} : { servername: serverName }),
  };
  // Node says of a file that is no PEM only that a handshake failed.
  for (const [file, part] of [
    [ca, { ca: options.ca }],
    [cert ?? key, { cert: options.cert, key: options.key }],
  ] as const) {
    if (file === null) continue;
    try {
      createSecureContext(part);
    } catch (error) {
      throw new PlimsollError('ACCESS_INVALID', 'collect', reasonOf(error), { where: file });
    }
  }
  if (options.ca !== undefined && !String(options.ca).includes('-----BEGIN')) {
    throw new PlimsollError('ACCESS_INVALID', 'collect', 'no certificate in PEM', { where: ca ?? '' });
  }
  return options;
}

/** OpenSSL's words name no content. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'
    ? 'certificate and key do not belong together'
    : `no certificate or key in PEM${code === '' ? '' : ` (${code})`}`;
}

async function readAccessFile(file: string): Promise<Buffer> {
  const bytes = await readFile(file).catch((error: unknown) => Promise.reject(unreadable(file, error)));
  if (bytes.length <= MAX_ACCESS_FILE_BYTES) return bytes;
  const fact = `larger than ${formatBytes(MAX_ACCESS_FILE_BYTES)}`;
  throw new PlimsollError('ACCESS_INVALID', 'collect', fact, { where: file });
}

function unreadable(file: string, error: unknown): PlimsollError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const fact = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
  return new PlimsollError('ACCESS_INVALID', 'collect', fact, { where: file });
}
