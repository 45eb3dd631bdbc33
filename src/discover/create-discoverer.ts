// Which Discoverer finds the targets of a setting, and what is wrong with a setting before that.
import { isIP } from 'node:net';
import { PlimsollError } from '../base/errors.ts';
import { shownUrl } from '../collect/readable-failure.ts';
import type { DiscoverSetting, SourceSetting } from '../config/settings.ts';
import type { Discoverer } from './discoverer.ts';
import { DnsDiscoverer } from './dns-discoverer.ts';
import { DockerDiscoverer } from './docker-discoverer.ts';
import { FILE_PATTERN, FileDiscoverer } from './file-discoverer.ts';
import { HttpDiscoverer } from './http-discoverer.ts';
import { LocalDiscoverer } from './local-discoverer.ts';
import { compileRelabel } from './relabel.ts';

export interface DiscoverContext {
  /** Where paths of the configuration start. */
  readonly folder: string;
}

export function createDiscoverer(source: SourceSetting, { folder }: DiscoverContext): Discoverer {
  switch (source.kind) {
    case 'file':
      return new FileDiscoverer({ paths: source.paths, folder });
    case 'http':
      return new HttpDiscoverer(source);
    case 'dns':
      return new DnsDiscoverer(source);
    case 'docker':
      return new DockerDiscoverer(source);
    case 'local':
      return new LocalDiscoverer(source);
  }
}

/** For people: what looks, and where. */
export function describeSource(source: SourceSetting): string {
  switch (source.kind) {
    case 'file':
      return `files ${source.paths.join(', ')}`;
    case 'http':
      return `http ${shownUrl(source.url)}`;
    case 'dns':
      return `dns ${source.names.join(', ')}`;
    case 'docker':
      return `docker ${source.host}`;
    case 'local':
      return 'this machine';
  }
}

export interface DiscoverProblem {
  /** Below the entry. */
  readonly path: readonly (string | number)[];
  readonly fact: string;
  readonly fix: string;
}

/** What the schema of the configuration cannot tell. */
export function checkDiscover({ relabel, sources }: DiscoverSetting): DiscoverProblem[] {
  const problems: DiscoverProblem[] = [];
  relabel.forEach((rule, i) => {
    try {
      compileRelabel([rule]);
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      const fix = 'See relabel_config in the documentation of Prometheus.';
      problems.push({ path: ['relabel', i], fact: error.fact, fix });
    }
  });
  return [...problems, ...sources.flatMap(checkSource)];
}

function checkSource(source: SourceSetting): DiscoverProblem[] {
  switch (source.kind) {
    case 'file':
      return source.paths.flatMap((path, i) => {
        const fact = 'is no path of .json, .yml or .yaml with a * in its last part at most';
        const fix = 'Write targets/*.json, for example.';
        return FILE_PATTERN.test(path) ? [] : [{ path: ['files', i], fact, fix }];
      });
    case 'http': {
      const isUrl = /^https?:/.test(source.url) && URL.canParse(source.url);
      const fact = 'is no http or https URL';
      return isUrl ? [] : [{ path: ['http', 'url'], fact, fix: 'Write https://host/targets, for example.' }];
    }
    case 'dns': {
      const fact = 'is no address of a DNS server';
      const isOne = source.server === null || isServer(source.server);
      return isOne ? [] : [{ path: ['dns', 'server'], fact, fix: 'Write 10.0.0.2 or 10.0.0.2:53.' }];
    }
    case 'docker': {
      const isHost = /^(?:unix:\/\/\/|tcp:\/\/[^/]+$|http:\/\/[^/]+$)/.test(source.host);
      const fact = 'is neither unix:///path nor tcp://host:port';
      return isHost ? [] : [{ path: ['docker', 'host'], fact, fix: 'Write unix:///var/run/docker.sock.' }];
    }
    case 'local':
      return [];
  }
}

function isServer(text: string): boolean {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d{1,5})?|([^:]+)(?::\d{1,5})?)$/.exec(text) ?? [];
  return isIP(text) === 6 || isIP(bracketed ?? '') === 6 || isIP(plain ?? '') === 4;
}
