import { readFile } from 'node:fs/promises';
import { LineCounter, isMap, isNode, parseDocument, type Document } from 'yaml';
import { PlimsollError } from '../base/errors.ts';
import { parseDuration, parseSize } from '../base/quantities.ts';
import type { Access, TlsFiles } from '../model/target.ts';
import { parseListen } from './listen.ts';
import { DEFAULT_SETTINGS, EMPTY_TARGET, type Settings, type TargetSetting } from './settings.ts';

/** A configuration file larger than this is a mistake. */
export const MAX_CONFIG_BYTES = 1024 * 1024;

/** What says how to be let in: of a target and of a query API. */
const ACCESS_KEYS = ['tls', 'bearer', 'bearerFile', 'basic'];

type Environment = Readonly<Record<string, string | undefined>>;
type Path = readonly (string | number)[];
type Plain = Readonly<Record<string, unknown>>;

/**
 * Reads `plimsoll.yaml` over the defaults. `${NAME}` in any string is taken from `environment`.
 * @throws PlimsollError CONFIG_INVALID with file, line, field and value.
 */
export async function loadConfig(file: string, environment: Environment): Promise<Settings> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new PlimsollError('CONFIG_INVALID', 'config', 'cannot be read', { where: file }, error);
  }
  return parseConfig(text, file, environment);
}

export function parseConfig(text: string, file: string, environment: Environment): Settings {
  if (text.length > MAX_CONFIG_BYTES) {
    throw new PlimsollError('CONFIG_INVALID', 'config', `larger than ${MAX_CONFIG_BYTES} bytes`, {
      where: file,
    });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, maxAliasCount: 100 } as never);
  const reader = new ConfigReader(document, lines, file, environment);
  const broken = document.errors[0];
  if (broken) {
    const line = broken.linePos?.[0].line;
    throw new PlimsollError('CONFIG_INVALID', 'config', broken.message.split('\n')[0] ?? 'not YAML', {
      where: file,
      ...(line === undefined ? {} : { line }),
    });
  }
  const root: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  return reader.settings(root);
}

class ConfigReader {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #file: string;
  readonly #environment: Environment;
  constructor(document: Document, lines: LineCounter, file: string, environment: Environment) {
    this.#document = document;
    this.#lines = lines;
    this.#file = file;
    this.#environment = environment;
  }

  settings(root: unknown): Settings {
    const map = this.#map(root, []);
    this.#onlyKeys(map, [], ['listen', 'data', 'storage', 'intervals', 'retention', 'source', 'targets']);
    const intervals = this.#map(map['intervals'] ?? {}, ['intervals']);
    this.#onlyKeys(intervals, ['intervals'], ['gauges', 'profiles', 'diagnosticProfiles']);
    const storage = this.#map(map['storage'] ?? {}, ['storage']);
    this.#onlyKeys(storage, ['storage'], ['kind', 'url']);
    const retention = this.#map(map['retention'] ?? {}, ['retention']);
    this.#onlyKeys(retention, ['retention'], ['rawProfiles', 'rawProfileBytes']);
    const base = DEFAULT_SETTINGS;
    const storageUrl = this.#string(storage['url'], ['storage', 'url']);
    return {
      ...base,
      listen: this.#listen(map['listen'], ['listen']) ?? base.listen,
      dataDir: this.#string(map['data'], ['data']) ?? base.dataDir,
      storage:
        this.#oneOf(storage['kind'], ['storage', 'kind'], ['chdb', 'memory', 'clickhouse']) ??
        (storageUrl === null ? base.storage : 'clickhouse'),
      storageUrl,
      gaugeIntervalMillis:
        this.#duration(intervals['gauges'], ['intervals', 'gauges']) ?? base.gaugeIntervalMillis,
      profileIntervalMillis:
        this.#duration(intervals['profiles'], ['intervals', 'profiles']) ?? base.profileIntervalMillis,
      diagnosticProfileIntervalMillis:
        this.#duration(intervals['diagnosticProfiles'], ['intervals', 'diagnosticProfiles']) ??
        base.diagnosticProfileIntervalMillis,
      rawProfileRetentionMillis:
        this.#duration(retention['rawProfiles'], ['retention', 'rawProfiles']) ??
        base.rawProfileRetentionMillis,
      rawProfileBytes:
        this.#size(retention['rawProfileBytes'], ['retention', 'rawProfileBytes']) ?? base.rawProfileBytes,
      sourceDirs: this.#list(map['source'], ['source']).map((v, i) =>
        this.#need(this.#string(v, ['source', i]), ['source', i]),
      ),
      targets: this.#list(map['targets'], ['targets']).map((v, i) => this.#target(v, ['targets', i])),
    };
  }

  #target(value: unknown, path: Path): TargetSetting {
    if (typeof value === 'string') return { ...EMPTY_TARGET, url: this.#expand(value, path) };
    const map = this.#map(value, path);
    this.#onlyKeys(map, path, [
      'service',
      'url',
      'metrics',
      'vars',
      'pprof',
      'headers',
      'pprofHeaders',
      'memoryLimit',
      'module',
      'pid',
      'gctrace',
      'labels',
      'match',
      ...ACCESS_KEYS,
    ]);
    const text = (key: string) => this.#string(map[key], [...path, key]);
    const url = text('url') ?? text('metrics') ?? text('pprof');
    if (url === null) this.#fail([...path], 'a target needs url, metrics or pprof');
    const service = text('service');
    if (service?.includes('/')) this.#fail([...path, 'service'], 'a service name has no slash', service);
    const pid = map['pid'];
    if (pid !== undefined && (!Number.isInteger(pid) || Number(pid) <= 0)) {
      this.#fail([...path, 'pid'], 'needs a process id', JSON.stringify(pid));
    }
    return {
      service,
      url,
      metrics: text('metrics'),
      vars: text('vars'),
      pprof: text('pprof'),
      headers: this.#strings(map['headers'], [...path, 'headers'], true) ?? {},
      pprofHeaders: this.#strings(map['pprofHeaders'], [...path, 'pprofHeaders'], true),
      memoryLimitBytes: this.#size(map['memoryLimit'], [...path, 'memoryLimit']),
      module: text('module'),
      pid: pid === undefined ? null : Number(pid),
      gctrace: text('gctrace'),
      labels: this.#strings(map['labels'], [...path, 'labels']) ?? {},
      access: this.#access(map, path),
      match: this.#strings(map['match'], [...path, 'match']) ?? {},
    };
  }

  /** `tls`, and one of `bearer`, `bearerFile` and `basic`. */
  #access(map: Plain, path: Path): Access | null {
    const bearer = this.#secret(map, path, 'bearer');
    const basic = this.#map(map['basic'] ?? {}, [...path, 'basic'], true);
    this.#onlyKeys(basic, [...path, 'basic'], ['user', 'password', 'passwordFile']);
    const user = this.#string(basic['user'], [...path, 'basic', 'user']);
    const password = this.#secret(basic, [...path, 'basic'], 'password');
    if (bearer !== null && map['basic'] !== undefined)
      this.#fail([...path, 'basic'], 'bearer and basic exclude each other');
    if (map['basic'] !== undefined && (user === null || password === null))
      this.#fail([...path, 'basic'], 'needs user, and password or passwordFile');
    const tls = this.#tls(map['tls'], [...path, 'tls']);
    const auth: Access['auth'] =
      bearer !== null
        ? { kind: 'bearer', ...bearer }
        : user !== null && password !== null
          ? { kind: 'basic', user, ...password }
          : null;
    return tls === null && auth === null ? null : { tls, auth };
  }

  #secret(map: Plain, path: Path, key: string): { secret: string } | { file: string } | null {
    const secret = this.#hidden(map[key], [...path, key]);
    const file = this.#string(map[`${key}File`], [...path, `${key}File`]);
    if (secret !== null && file !== null)
      this.#fail([...path, `${key}File`], `${key} and ${key}File exclude each other`);
    return secret !== null ? { secret } : file !== null ? { file } : null;
  }

  /** As #string, but what is found instead of text is not told. */
  #hidden(value: unknown, path: Path): string | null {
    if (value !== undefined && value !== null && typeof value !== 'string') this.#fail(path, 'needs text');
    return this.#string(value, path);
  }

  #tls(value: unknown, path: Path): TlsFiles | null {
    if (value === undefined || value === null) return null;
    const map = this.#map(value, path);
    this.#onlyKeys(map, path, ['ca', 'cert', 'key', 'serverName']);
    const text = (key: string) => this.#string(map[key], [...path, key]);
    const tls = { ca: text('ca'), cert: text('cert'), key: text('key'), serverName: text('serverName') };
    if ((tls.cert === null) !== (tls.key === null)) this.#fail(path, 'cert and key belong together');
    return tls;
  }

  #listen(value: unknown, path: Path): Settings['listen'] | null {
    const text = this.#string(value, path);
    if (text === null) return null;
    return parseListen(text) ?? this.#fail(path, 'needs host:port', text);
  }

  #duration(value: unknown, path: Path): number | null {
    const text = this.#string(value, path);
    if (text === null) return null;
    const millis = parseDuration(text);
    if (millis === null || millis <= 0) this.#fail(path, 'needs a duration such as 15s or 10m', text);
    return millis;
  }

  #size(value: unknown, path: Path): number | null {
    if (value === undefined || value === null) return null;
    const text = typeof value === 'number' ? String(value) : this.#string(value, path);
    const bytes = text === null ? null : parseSize(text);
    if (bytes === null || bytes <= 0) this.#fail(path, 'needs a size such as 512MiB', JSON.stringify(value));
    return bytes;
  }

  #oneOf<T extends string>(value: unknown, path: Path, allowed: readonly T[]): T | null {
    const text = this.#string(value, path);
    if (text === null) return null;
    return allowed.find((a) => a === text) ?? this.#fail(path, `needs one of ${allowed.join(', ')}`, text);
  }

  #string(value: unknown, path: Path): string | null {
    if (value === undefined || value === null) return null;
    if (typeof value !== 'string') this.#fail(path, 'needs text', JSON.stringify(value));
    return this.#expand(value, path);
  }

  #strings(value: unknown, path: Path, isSecret = false): Readonly<Record<string, string>> | null {
    if (value === undefined || value === null) return null;
    const out: Record<string, string> = {};
    for (const [key, found] of Object.entries(this.#map(value, path, isSecret))) {
      const text = typeof found === 'number' ? String(found) : found;
      const at = [...path, key];
      out[key] = this.#need(isSecret ? this.#hidden(text, at) : this.#string(text, at), at);
    }
    return out;
  }

  #expand(text: string, path: Path): string {
    return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
      const value = this.#environment[name];
      return value ?? this.#fail(path, `environment variable ${name} is not set`);
    });
  }

  #list(value: unknown, path: Path): readonly unknown[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) this.#fail(path, 'needs a list', JSON.stringify(value));
    return value as unknown[];
  }

  /** @param isSecret what is found instead is not told. */
  #map(value: unknown, path: Path, isSecret = false): Plain {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#fail(path, 'needs a mapping', isSecret ? undefined : JSON.stringify(value));
    }
    return value as Plain;
  }

  #onlyKeys(map: Plain, path: Path, allowed: readonly string[]): void {
    for (const key of Object.keys(map)) {
      if (!allowed.includes(key)) {
        this.#fail([...path, key], `unknown setting; known here: ${allowed.join(', ')}`);
      }
    }
  }

  #need(value: string | null, path: Path): string {
    return value ?? this.#fail(path, 'needs text');
  }

  #fail(path: Path, fact: string, value?: string): never {
    const line = this.#lineOf(path);
    throw new PlimsollError('CONFIG_INVALID', 'config', fact, {
      where: this.#file,
      ...(line === null ? {} : { line }),
      ...(path.length ? { field: path.join('.') } : {}),
      ...(value === undefined ? {} : { value }),
    });
  }

  /** Line of the key where there is one, else of the value or the nearest parent that has a place. */
  #lineOf(path: Path): number | null {
    for (let depth = path.length; depth > 0; depth--) {
      const parent =
        depth === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, depth - 1), true);
      if (isMap(parent)) {
        const pair = parent.items.find(
          (item) => isNode(item.key) && String(item.key) === String(path[depth - 1]),
        );
        const start = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
        if (start !== undefined) return this.#lines.linePos(start).line;
      }
      const node = this.#document.getIn(path.slice(0, depth), true);
      const start = isNode(node) ? node.range?.[0] : undefined;
      if (start !== undefined) return this.#lines.linePos(start).line;
    }
    return null;
  }
}
