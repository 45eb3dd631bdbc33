// Options that say how to be let in: of targets and of a query API.
import { PlimsollError } from '../base/errors.ts';
import type { Access } from '../model/target.ts';

export interface AccessOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly bearerFile?: string;
  readonly user?: string;
  readonly passwordFile?: string;
}

/**
 * Secrets come in files, since a command line is there for all to see.
 * @throws PlimsollError ARGUMENTS_INVALID for halves, and for two ways at once.
 */
export function accessOf(options: AccessOptions): Access | null {
  const { ca, cert, key, serverName, bearerFile, user, passwordFile } = options;
  if ((cert === undefined) !== (key === undefined))
    throw refuse('--cert and --key belong together', '--cert');
  if ((user === undefined) !== (passwordFile === undefined))
    throw refuse('--user and --password-file belong together', '--user');
  if (bearerFile !== undefined && user !== undefined)
    throw refuse('--bearer-file and --user exclude each other', '--bearer-file');
  const hasTls = [ca, cert, serverName].some((option) => option !== undefined);
  const tls = { ca: ca ?? null, cert: cert ?? null, key: key ?? null, serverName: serverName ?? null };
  const auth: Access['auth'] =
    bearerFile !== undefined
      ? { kind: 'bearer', file: bearerFile }
      : user !== undefined && passwordFile !== undefined
        ? { kind: 'basic', user, file: passwordFile }
        : null;
  return hasTls || auth !== null ? { tls: hasTls ? tls : null, auth } : null;
}

function refuse(fact: string, field: string): PlimsollError {
  return new PlimsollError('ARGUMENTS_INVALID', 'arguments', fact, { field });
}
