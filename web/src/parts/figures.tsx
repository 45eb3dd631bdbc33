// Numbers as they stand everywhere on the page: with unit, interval and, in accelerated time, the scale.
import type { ComponentChildren } from 'preact';
import { formatBytes, formatDuration } from '../../../src/base/units.ts';
import { formatResource } from '../../../src/model/finding-text.ts';
import type { Growth, TimeToExhaustion, Verdict } from '../../../src/model/finding.ts';
import { useNow, useTimeScale } from '../clock.ts';
import { Moment } from '../time-words.tsx';
import { formatInterval, formatRate, formatShare } from '../words.ts';

/** `60x` wherever a rate stands; nothing in real time. */
export function TimeScaleBadge() {
  const scale = useTimeScale();
  if (scale === 1) return null;
  return (
    <span class="badge" title={`Time is accelerated: ${scale} virtual seconds pass per real second.`}>
      {scale}x
    </span>
  );
}

/** A sentence of the API; where it states a rate, the scale of time stands behind it. */
export function Sentence({ text }: { readonly text: string }) {
  return (
    <>
      {text} {/\/h\b|per hour/.test(text) ? <TimeScaleBadge /> : null}
    </>
  );
}

/** Without a growth: none where the verdict says that nothing grows, else not known. */
export function GrowthFigure(props: { readonly growth: Growth | null; readonly verdict?: Verdict }) {
  const { growth, verdict } = props;
  const isLevel = verdict === 'no-growth' || verdict === 'step';
  if (!growth) return <span class="quiet">{isLevel ? 'none' : 'not known'}</span>;
  return (
    <span class="figure">
      <span class="figure-value">
        {formatRate(growth.perHour, growth.unit)} <TimeScaleBadge />
      </span>
      <span class="figure-note" title={`${formatShare(growth.confidence)} interval`}>
        {formatInterval(growth)}
      </span>
    </span>
  );
}

/**
 * `3 h 42 min`, with its interval; what is past counts as reached. Without one: why, for a limit that nobody knows is not one
 * that is far away.
 */
export function TimeToLimit(props: {
  readonly exhaustion: TimeToExhaustion | null;
  readonly noForecast?: string | undefined;
  /** Something grows, and whether it goes on cannot be told yet. */
  readonly isUncertain?: boolean | undefined;
  /** Of memory; left out where it says nothing about this growth. */
  readonly limitBytes?: number | null | undefined;
}) {
  const { exhaustion, noForecast, isUncertain, limitBytes } = props;
  const now = useNow();
  if (!exhaustion) {
    if (noForecast !== undefined) return <span class="quiet">{noForecast}</span>;
    const none = isUncertain === true ? 'not told while the growth is uncertain' : 'none in sight';
    return <span class="quiet">{limitBytes === null ? 'no limit is known' : none}</span>;
  }
  const { at, low, high, resource, confidence, asOf } = exhaustion;
  // As the sentences count: from the instant of the forecast.
  const from = asOf ?? now;
  const span = (t: number) => formatDuration(Math.max(0, t - from));
  const interval = high === null ? `${span(low)} or more` : `${span(low)} to ${span(high)}`;
  return (
    <span class="figure">
      <span class="figure-value">
        {at <= now ? 'reached' : span(at)} <TimeScaleBadge />
      </span>
      <span
        class="figure-note"
        title={`${formatShare(confidence)} interval, until ${formatResource(resource)} is reached`}
      >
        {interval}
      </span>
    </span>
  );
}

/** The same as points in time: `Tue 04:10 UTC (03:20 to 05:30)`. */
export function LimitMoment({ exhaustion }: { readonly exhaustion: TimeToExhaustion }) {
  const { at, low, high, resource } = exhaustion;
  return (
    <>
      {formatResource(resource)} is reached <Moment at={at} withZone /> (
      {high === null ? (
        <>
          not before <Moment at={low} />
        </>
      ) : (
        <>
          <Moment at={low} /> to <Moment at={high} />
        </>
      )}
      )
    </>
  );
}

/** Above this share of its limit memory is drawn as near it: the kernel kills at 100 %, reclaim hurts before. */
const NEAR_LIMIT_SHARE = 0.8;

/** Memory as water in a hull that is as deep as the limit. */
export function DraftGauge(props: { readonly bytes: number | null; readonly limitBytes: number | null }) {
  const { bytes, limitBytes } = props;
  if (bytes === null) return <span class="quiet">not known</span>;
  if (limitBytes === null) {
    return (
      <span class="figure">
        <span class="figure-value">{formatBytes(bytes)}</span>
        <span class="figure-note">no limit known</span>
      </span>
    );
  }
  const share = bytes / limitBytes;
  return (
    <span class="figure draft">
      <span class="figure-value">
        {formatBytes(bytes)} <span class="quiet">of {formatBytes(limitBytes)}</span>
      </span>
      <span class="draft-line">
        <span class={share >= NEAR_LIMIT_SHARE ? 'draft-hull near' : 'draft-hull'} aria-hidden="true">
          <span class="draft-water" style={{ width: `${Math.min(100, share * 100)}%` }} />
        </span>
        <span class="draft-share">{formatShare(share)}</span>
      </span>
    </span>
  );
}

export function Stat(props: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <div class="stat">
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
