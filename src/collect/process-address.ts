// `pid:1234`, `name:orders`, `port:8080`: a process of this machine as people type it where a URL could stand.
import { PlimsollError } from '../base/errors.ts';

export type ProcessAddress =
  | { readonly kind: 'pid'; readonly pid: number }
  /** The command as `ps -o comm` shows it, or the file name of the executable. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'port'; readonly port: number };

/**
 * Null for what is none of these, a URL or host:port for instance. A host that is called `pid`, `name` or `port` needs its
 * scheme: `http://name:8080`.
 *
 * @throws PlimsollError ARGUMENTS_INVALID for `pid:x` and the like.
 */
export function parseProcessAddress(typed: string): ProcessAddress | null {
  const match = /^(pid|name|port):(?!\/\/)(.*)$/.exec(typed.trim());
  if (!match) return null;
  const [, kind, value = ''] = match;
  const invalid = (fact: string) =>
    new PlimsollError('ARGUMENTS_INVALID', 'arguments', fact, { value: typed });
  if (kind === 'name') {
    if (value === '' || value.includes('/')) throw invalid('a name such as name:orders expected');
    return { kind, name: value };
  }
  const number = /^\d{1,10}$/.test(value) ? Number(value) : 0;
  if (kind === 'pid') {
    if (number < 1) throw invalid('a process number such as pid:1234 expected');
    return { kind, pid: number };
  }
  if (number < 1 || number > 65535) throw invalid('a port such as port:8080 expected');
  return { kind: 'port', port: number };
}

export function formatProcessAddress(address: ProcessAddress): string {
  switch (address.kind) {
    case 'pid':
      return `pid:${address.pid}`;
    case 'name':
      return `name:${address.name}`;
    case 'port':
      return `port:${address.port}`;
  }
}
