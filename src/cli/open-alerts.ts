// The desk of a watch, as the settings say.
import { join } from 'node:path';
import { parseMatcher, type LabelMatcher } from '../base/label-matcher.ts';
import type { Settings } from '../config/settings.ts';
import { AlertDesk } from '../pipeline/alert-desk.ts';
import type { AlertSettings } from '../pipeline/alert-desk-parts.ts';
import type { Talk } from '../pipeline/ports.ts';
import type { Watch } from '../pipeline/watch.ts';
import type { WatchView } from '../pipeline/watch-view.ts';
import type { RepositoryNotes } from './repository-notes.ts';

/**
 * @param pageUrl where the page is served, where the settings name no better address.
 * @param shard the part of the fleet that is watched here, such as `1/3`; null = all of it.
 */
export function openAlerts(
  settings: Settings,
  watch: WatchView & Pick<Watch, 'measured'>,
  talk: Talk,
  pageUrl: string,
  notes: RepositoryNotes,
  shard: string | null,
): AlertDesk {
  const inData = settings.storage === 'memory' ? null : join(settings.dataDir, 'alerts');
  return new AlertDesk({
    watch,
    talk,
    settings: toAlertSettings(settings, pageUrl),
    folder: settings.alertFolder ?? inData,
    shard,
    world: { write: (text) => void process.stdout.write(text), now: Date.now },
    random: Math.random,
    measured: () => watch.measured(),
    known: () => notes.known(),
    ownerOf: (incident) => notes.ownerOf(incident),
  });
}

export function toAlertSettings({ alerts, sourceDirs }: Settings, pageUrl: string): AlertSettings {
  return {
    ...alerts,
    hasSources: sourceDirs.length > 0,
    pageUrl: alerts.pageUrl ?? pageUrl,
    routes: alerts.routes.map(({ match, sinks, isContinued }) => ({
      matchers: toMatchers(match),
      sinks,
      isContinued,
    })),
    maintenance: alerts.maintenance.map(({ match, when }) => ({ matchers: toMatchers(match), when })),
  };
}

/** They were read once before: all are matchers. */
function toMatchers(texts: readonly string[]): readonly LabelMatcher[] {
  return texts.map(parseMatcher).filter((matcher) => matcher !== null);
}
