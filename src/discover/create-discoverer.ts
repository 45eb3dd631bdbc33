// Which Discoverer finds the targets of a setting, and what is wrong with a setting before that.
import { PlimsollError } from '../base/errors.ts';
import type { DiscoverSetting, SourceSetting } from '../config/settings.ts';
import type { Discoverer } from './discoverer.ts';
import { FILE_PATTERN, FileDiscoverer } from './file-discoverer.ts';
import { compileRelabel } from './relabel.ts';

export interface DiscoverContext {
  /** Where paths of the configuration start. */
  readonly folder: string;
}

export function createDiscoverer(source: SourceSetting, { folder }: DiscoverContext): Discoverer {
  return new FileDiscoverer({ paths: source.paths, folder });
}

/** For people: what looks, and where. */
export function describeSource(source: SourceSetting): string {
  return `files ${source.paths.join(', ')}`;
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
  for (const { paths } of sources) {
    paths.forEach((path, i) => {
      if (FILE_PATTERN.test(path)) return;
      const fact = 'is no path of .json, .yml or .yaml with a * in its last part at most';
      problems.push({ path: ['files', i], fact, fix: 'Write targets/*.json, for example.' });
    });
  }
  return problems;
}
