// Which Discoverer finds the targets of a setting, and what is wrong with a setting before that.
import { isIP } from 'node:net';
import { PlimsollError } from '../base/errors.ts';
import { shownUrl } from '../collect/readable-failure.ts';
import type { DiscoverParts, KubernetesSourceSetting, SourceSetting } from '../config/settings.ts';
import type { Discoverer } from './discoverer.ts';
import { DnsDiscoverer } from './dns-discoverer.ts';
import { DockerDiscoverer } from './docker-discoverer.ts';
import { FILE_PATTERN, FileDiscoverer } from './file-discoverer.ts';
import { HttpDiscoverer } from './http-discoverer.ts';
import { KubernetesDiscoverer } from './kubernetes-discoverer.ts';
import { LocalDiscoverer } from './local-discoverer.ts';
import { compileRelabel, findRegexProblem } from './relabel.ts';

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
    case 'kubernetes':
      return new KubernetesDiscoverer(source, { folder });
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
    case 'kubernetes':
      return describeKubernetes(source);
    case 'local':
      return 'this machine';
  }
}

function describeKubernetes({ namespaces, labels, fields, context }: KubernetesSourceSetting): string {
  const where = namespaces.length === 0 ? 'all namespaces' : namespaces.join(', ');
  const which = [context, labels, fields].filter((part) => part !== null);
  return `kubernetes ${[where, ...which].join(', ')}`;
}

export interface DiscoverProblem {
  /** Below the entry. */
  readonly path: readonly (string | number)[];
  readonly fact: string;
  readonly fix: string;
}

/** What the schema of the configuration cannot tell. */
export function checkDiscover({ relabel, sources }: DiscoverParts): DiscoverProblem[] {
  const problems: DiscoverProblem[] = [];
  relabel.forEach((rule, i) => {
    if (rule === null) return;
    const { regex, ...rest } = rule;
    const wrong = checkRegex(regex ?? '');
    if (wrong !== null) problems.push({ path: ['relabel', i, 'regex'], ...wrong });
    try {
      compileRelabel([wrong === null ? rule : rest]);
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      const fix = 'See relabel_config in the documentation of Prometheus.';
      problems.push({ path: ['relabel', i], fact: error.fact, fix });
    }
  });
  return [...problems, ...sources.flatMap(checkSource)];
}

/** Of a rule of relabelling, whatever else is wrong with the rule. */
export function checkRegex(regex: string): Omit<DiscoverProblem, 'path'> | null {
  const fact = findRegexProblem(regex);
  return fact === null ? null : { fact, fix: 'See https://github.com/google/re2/wiki/Syntax.' };
}

const LABEL_KEY = String.raw`(?:[\w.-]+\/)?[\w.-]+`;
const LABEL_VALUE = String.raw`\s*[\w.-]*\s*`;
const LABEL_TEST = String.raw`\s*(?:!\s*${LABEL_KEY}|${LABEL_KEY}(?:\s*(?:==?|!=)${LABEL_VALUE}|\s*[<>]\s*-?\d+|\s+(?:not)?in\s*\((?:${LABEL_VALUE})(?:,${LABEL_VALUE})*\))?)\s*`;
/** Requirements of a label selector (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/). */
const LABEL_SELECTOR = new RegExp(`^${LABEL_TEST}(?:,${LABEL_TEST})*$`);
/** Longer ones are refused by many servers, as part of a URL. */
const MAX_SELECTOR = 4096;

function checkLabels(labels: string | null): DiscoverProblem[] {
  if (labels === null || (labels.length <= MAX_SELECTOR && LABEL_SELECTOR.test(labels))) return [];
  const fix = 'Write app=orders, or tier in (web, api), with commas between.';
  return [{ path: ['kubernetes', 'labels'], fact: 'is no label selector', fix }];
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
    case 'kubernetes':
      return checkLabels(source.labels).concat(
        source.namespaces.flatMap((namespace, i) => {
          const isOne = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace);
          const fact = 'is no name of a namespace';
          const fix = 'Write it as kubectl get namespaces does.';
          return isOne ? [] : [{ path: ['kubernetes', 'namespaces', i], fact, fix }];
        }),
      );
    case 'local':
      return [];
  }
}

function isServer(text: string): boolean {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\](?::\d{1,5})?|([^:]+)(?::\d{1,5})?)$/.exec(text) ?? [];
  return isIP(text) === 6 || isIP(bracketed ?? '') === 6 || isIP(plain ?? '') === 4;
}
