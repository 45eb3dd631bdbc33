import type { Bytes } from '../base/units.ts';

/** Service and instance name a target; `host:port` is the usual instance. */
export interface TargetName {
  readonly service: string;
  readonly instance: string;
}

/** `service/instance`, the key of maps. A service name may not hold a slash (checked where targets enter). */
export type TargetKey = string;

export function targetKey(target: TargetName): TargetKey {
  return `${target.service}/${target.instance}`;
}

/** Files in PEM; `ca` replaces the authorities of the system. `serverName` is what the certificate must be for. */
export interface TlsFiles {
  readonly ca: string | null;
  /** Certificate and key that the target asks its clients for. */
  readonly cert: string | null;
  readonly key: string | null;
  readonly serverName: string | null;
}

/** A secret as it is, or the file that holds it in one line. */
type Secret = { readonly secret: string } | { readonly file: string };

/** How to be let in, beside headers. Never shown, logged or stored. */
export interface Access {
  readonly tls: TlsFiles | null;
  readonly auth:
    | ({ readonly kind: 'bearer' } & Secret)
    | ({ readonly kind: 'basic'; readonly user: string } & Secret)
    | null;
}

/** How to reach one endpoint of a target. */
export interface Endpoint {
  readonly url: string;
  readonly access?: Access;
  /** Sent with every request (credentials too; never shown or stored). */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * One process to watch and every way to reach it that is known. Endpoints may live on different ports with
 * different credentials. `null` = not offered; `doctor` says how to turn it on.
 */
export interface Target extends TargetName {
  readonly metrics: Endpoint | null;
  readonly vars: Endpoint | null;
  /** Base of net/http/pprof, ending in `/debug/pprof`. */
  readonly pprof: Endpoint | null;
  /** Process id when the process runs on this machine and may be read through /proc. */
  readonly pid: number | null;
  /** Import path of the main module, when known: frames below it are application code. */
  readonly module: string | null;
  /** Configured limit; a cgroup's own limit wins when it can be read. */
  readonly memoryLimitBytes: Bytes | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Where one page serves several processes: samples of this one carry all of these labels. */
  readonly match?: Readonly<Record<string, string>>;
}
