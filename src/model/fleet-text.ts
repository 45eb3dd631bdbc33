// What replicas say together, in sentences; only what stands clear of chance is worth one.
import { formatDuration } from '../base/units.ts';
import { formatGrowth } from './finding-text.ts';
import type { FleetSummary } from './fleet.ts';

/** |z| from which a sentence is said: at 5 lanes and three kinds of sentences, one in a thousand fleets has one by chance. */
const TOLD_Z = 4;
/** BIC by which the line must beat a curve that levels off, or the curve the line, before either is said. */
const TOLD_BIC = 2;
/** ... and before a bend is told although the line is not: decisive on the usual scale. */
const TOLD_BEND = 10;

const LANES: Readonly<Record<string, string>> = {
  heap: 'the live heap',
  native: 'memory outside Go',
  goroutine: 'the number of goroutines',
  fd: 'the number of open descriptors',
  thread: 'the number of threads',
};

/** Empty where replicas show nothing in common. */
export function describeFleetSummary(fleet: FleetSummary): string[] {
  const pooled = fleet.pooled
    .filter(({ z }) => z > TOLD_Z)
    .map(
      ({ lane, version, replicas, growth }) =>
        `in ${replicas} replicas${version === null ? '' : ` of ${version}`} ${nameOf(lane)} grows by ${formatGrowth(growth)} each`,
    );
  const byAge = fleet.byAge
    // A line through what levels off fits badly: there the bend is what stands clear.
    .filter(({ z, straightness }) => z > TOLD_Z || (z > 0 && straightness < -TOLD_BEND))
    .map(({ lane, replicas, youngestMillis, oldestMillis, growth, straightness }) => {
      const ages = `${formatDuration(youngestMillis)} to ${formatDuration(oldestMillis)} old`;
      const shape =
        straightness > TOLD_BIC
          ? ', without a bend so far: a leak, or what takes longer to fill than the oldest has lived'
          : straightness < -TOLD_BIC
            ? ', less in the oldest: as a cache that fills would'
            : '';
      return `over ${replicas} replicas, ${ages}, ${nameOf(lane)} rises with age by ${formatGrowth(growth)}${shape}`;
    });
  const versions = fleet.versions
    .filter(({ z }) => Math.abs(z) > TOLD_Z)
    .map(({ lane, older, newer, difference }) => {
      const isFaster = difference.perHour > 0;
      const { perHour, low, high } = difference;
      const size = isFaster ? difference : { ...difference, perHour: -perHour, low: -high, high: -low };
      return `${newer} grows ${isFaster ? 'faster' : 'slower'} than ${older}, ${nameOf(lane)} by ${formatGrowth(size)}`;
    });
  return [...pooled, ...byAge, ...versions];
}

function nameOf(lane: string): string {
  return LANES[lane] ?? lane;
}
