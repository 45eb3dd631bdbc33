// Which sinks a notice goes to.
import type { LabelMatcher } from '../base/label-matcher.ts';
import { matchesAll } from '../base/label-matcher.ts';
import type { Notice } from '../model/alert.ts';
import type { SinkSetting } from '../model/sink.ts';

export interface AlertRoute {
  /** All must match; none = everything. */
  readonly matchers: readonly LabelMatcher[];
  readonly sinks: readonly string[];
  /** Routes after this one are asked as well. */
  readonly isContinued: boolean;
}

/**
 * The first route that matches decides, and those after it while it is continued. Without routes every sink is meant; a
 * notice that no route matches goes nowhere. Sinks take their levels only, and the end where they want it.
 */
export function routeNotice(
  notice: Pick<Notice, 'kind' | 'level' | 'labels'>,
  routes: readonly AlertRoute[],
  sinks: readonly SinkSetting[],
): readonly string[] {
  const meant = routes.length === 0 ? sinks.map(({ name }) => name) : sinksOf(notice.labels, routes);
  return sinks
    .filter(({ name, levels, isResolutionSent }) => {
      const isWanted = levels.includes(notice.level) && (notice.kind !== 'resolved' || isResolutionSent);
      return isWanted && meant.includes(name);
    })
    .map(({ name }) => name);
}

function sinksOf(labels: Readonly<Record<string, string>>, routes: readonly AlertRoute[]): string[] {
  const names: string[] = [];
  for (const { matchers, sinks, isContinued } of routes) {
    if (!matchesAll(matchers, labels)) continue;
    names.push(...sinks);
    if (!isContinued) break;
  }
  return names;
}
