// Follows a watch and says what is to be told: the life of alerts is asked, the answer is written down, then delivered.
import { randomUUID } from 'node:crypto';
import { describeError, PlimsollError } from '../base/errors.ts';
import { DAY_MILLIS, SECOND_MILLIS, type Millis } from '../base/units.ts';
import {
  AlertFiles,
  EMPTY_STATE,
  MAX_ALERTS,
  MAX_FEEDBACK,
  MAX_SILENCES,
  type AlertState,
} from '../alert/alert-state.ts';
import { Deliverer, type DeliverySink } from '../alert/delivery.ts';
import { RESEND_MILLIS } from '../alert/sinks/alertmanager.ts';
import { makeSink, type SinkWorld } from '../alert/make-sink.ts';
import { Outbox } from '../alert/outbox.ts';
import { routeNotice, type AlertRoute } from '../alert/route.ts';
import { advanceAlert, leadOf, type AlertRules } from '../incident/advance-alert.ts';
import { computePrecision } from '../incident/precision.ts';
import { findCrossings } from '../incident/thresholds.ts';
import { whyQuiet, type MaintenanceWindow } from '../incident/why-quiet.ts';
import {
  ALERT_LEVELS,
  type Alert,
  type AuditEntry,
  type Feedback,
  type KnownLeak,
  type Notice,
  type Silence,
} from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import type { MeasuredTarget } from '../model/threshold.ts';
import type { SinkSetting } from '../model/sink.ts';
import { lockDataFolder, type DataLock } from '../store/lock.ts';
import { groupByCause, labelsOf, sharedLabels, writeAlertNotice } from './alert-notice.ts';
import { writeDigest, writeHeartbeat, writeTestNotice } from './info-notices.ts';
import type { AlertView, DeadLetter, NewSilence, SinkStatus } from './alert-view.ts';
import { sleepReal } from './clock.ts';
import type { Talk } from './ports.ts';
import type { WatchView } from './watch-view.ts';

export interface AlertSettings extends AlertRules {
  readonly sinks: readonly SinkSetting[];
  readonly routes: readonly AlertRoute[];
  readonly maintenance: readonly MaintenanceWindow[];
  /** Between two digests and two signs of life; null = none. */
  readonly digestMillis: Millis | null;
  readonly heartbeatMillis: Millis | null;
  /** Where people reach the page, without a slash at the end. */
  readonly pageUrl: string;
}

export interface AlertDeskParts {
  readonly watch: WatchView;
  readonly talk: Talk;
  readonly settings: AlertSettings;
  /** Shared by watchers of one fleet; null = nothing survives, and nobody else is there. */
  readonly folder: string | null;
  readonly world: SinkWorld;
  readonly random: () => number;
  /** What the repositories of services list as known; asked at each look. */
  readonly known?: () => readonly KnownLeak[];
  /** Targets of services with plain thresholds; asked at each look. */
  readonly measured?: () => readonly MeasuredTarget[];
  /** Who owns the code of a finding; null = nobody is known. */
  readonly ownerOf?: (incident: Incident) => Promise<string | null>;
}

/** Changes are looked at together, and time passes without changes: repetitions, silences that end. */
const LOOK_INTERVAL: Millis = SECOND_MILLIS;
/** How often a watcher on standby tries to take over. */
const STANDBY_INTERVAL: Millis = 2 * SECOND_MILLIS;
const TEST_TIMEOUT: Millis = 30 * SECOND_MILLIS;
/** Silences that are over are shown for a while, as amtool does with --expired. */
const SILENCE_KEPT: Millis = 5 * DAY_MILLIS;

export class AlertDesk implements AlertView {
  readonly #parts: AlertDeskParts;
  #settings: AlertSettings;
  #state: AlertState = EMPTY_STATE;
  #files: AlertFiles;
  #outbox: Outbox | null = null;
  #deliverer: Deliverer | null = null;
  #lock: DataLock | null = null;
  #role: 'active' | 'standby' = 'standby';
  /** One change after another: each begins with the state that the one before has written. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: AlertDeskParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#files = new AlertFiles(null);
  }

  /** Until `signal` aborts: standby until the folder is free, then active. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted && !(await this.#takeOver())) await sleepReal(STANDBY_INTERVAL, signal);
      const delivering = this.#deliverer?.run(signal);
      while (!signal.aborted) {
        await this.look().catch((error: unknown) => this.#parts.talk.warn(`alerts: ${describeError(error)}`));
        await sleepReal(LOOK_INTERVAL, signal);
      }
      await delivering;
    } finally {
      await this.#turn.catch(() => undefined);
      await this.#lock?.release();
    }
  }

  /** Takes the folder if nobody has it. @returns whether this watcher tells now. @throws PlimsollError ALERTS_UNREADABLE */
  async #takeOver(): Promise<boolean> {
    const { folder, talk, world, random } = this.#parts;
    if (folder !== null) {
      try {
        this.#lock = await lockDataFolder(folder);
      } catch (error) {
        if (this.#role === 'standby' && !this.#isWaiting)
          talk.info(`alerts: standby: ${describeError(error)}`);
        this.#isWaiting = true;
        return false;
      }
    }
    this.#files = new AlertFiles(folder);
    this.#state = await this.#files.load();
    this.#outbox = await Outbox.open(folder);
    this.#deliverer = new Deliverer({
      outbox: this.#outbox,
      sinks: this.#makeSinks(),
      isHeld: async () => (await this.#lock?.isHeld()) ?? true,
      warn: (text) => talk.warn(text),
      now: world.now,
      random,
    });
    this.#role = 'active';
    await this.#inTurn(() => this.#fanOut());
    if (this.#isWaiting) talk.info('alerts: active: the other watcher is gone');
    return true;
  }
  #isWaiting = false;
  /** Real time. What was just told needs no repetition. */
  #resentAt: Millis = 0;

  #makeSinks(): ReadonlyMap<string, DeliverySink> {
    return new Map(
      this.#settings.sinks.map((setting) => [
        setting.name,
        { sink: makeSink(setting, this.#parts.world), perMinute: setting.perMinute },
      ]),
    );
  }

  /** From now on; a sink that is gone gives up what waits for it. */
  update(settings: AlertSettings): void {
    this.#settings = settings;
    this.#deliverer?.setSinks(this.#makeSinks());
  }

  /** Asks every cause what is due and writes it down. */
  async look(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#role !== 'active') return;
      const now = this.#parts.watch.now();
      const alerts = new Map(this.#state.alerts.map((alert) => [alert.fingerprint, alert]));
      const outgoing: AlertState['outgoing'] = [];
      let isChanged = false;
      const thresholds = groupByCause(this.#crossings(now));
      for (const [fingerprint, incidents] of [
        ...groupByCause(this.#parts.watch.incidents()),
        ...thresholds,
      ]) {
        const known = alerts.get(fingerprint) ?? null;
        const step = await this.#advance(known, incidents, now, thresholds.has(fingerprint));
        if (step === null) continue;
        isChanged ||= !isSame(step.alert, known);
        alerts.set(fingerprint, step.alert);
        if (step.notice) outgoing.push(...this.#addressed(step.notice));
      }
      const periodic = this.#periodic([...alerts.values()], now);
      outgoing.push(...periodic.outgoing);
      isChanged ||= periodic.isChanged;
      const next = { ...this.#state, ...periodic.state, alerts: [...alerts.values()], outgoing };
      if (isChanged) await this.#commit(next);
      else this.#state = { ...next, outgoing: this.#state.outgoing };
      await this.#resend();
    });
  }

  #crossings(now: Millis): readonly Incident[] {
    const firing = this.#state.alerts.filter(({ kind, state }) => kind === 'threshold' && state === 'firing');
    return findCrossings(this.#parts.measured?.() ?? [], firing, now);
  }

  async #advance(
    known: Alert | null,
    incidents: readonly [Incident, ...Incident[]],
    now: Millis,
    isThreshold: boolean,
  ) {
    const { watch, known: listKnown = () => [], ownerOf = () => null } = this.#parts;
    const open = incidents.filter(({ state }) => state !== 'resolved');
    const lead = leadOf(open.length > 0 ? open : incidents);
    // Most that was ever resolved is of no interest: no labels, no owner.
    if (open.length === 0 && known?.state !== 'firing') return null;
    const owner = open.length === 0 ? null : await ownerOf(lead);
    const about = isThreshold ? 'threshold' : 'leak';
    const each = open.map((incident) => labelsOf(incident, watch.labelsOf(incident) ?? {}, owner, about));
    const rules = { ...this.#state, maintenance: this.#settings.maintenance, known: listKnown() };
    const step = advanceAlert(known, {
      ...(isThreshold ? { kind: 'threshold' as const } : {}),
      incidents,
      labels: each.length > 0 ? sharedLabels(each) : (known?.labels ?? {}),
      quiet: each.length > 0 ? whyQuiet(lead.finding, each, rules, now) : null,
      atMillis: now,
      rules: this.#settings,
    });
    if (step === null) return null;
    const { alert, notice: kind } = step;
    if (kind === null) return { alert, notice: null };
    const over = incidents.toSorted((a, b) => (a.resolvedAt ?? 0) - (b.resolvedAt ?? 0)).at(-1);
    return {
      alert,
      notice: writeAlertNotice({
        alert,
        kind,
        incident: kind === 'resolved' ? (over ?? lead) : lead,
        pageUrl: this.#settings.pageUrl,
        atMillis: now,
        nowMillis: this.#parts.world.now(),
        timeScale: watch.timeScale,
      }),
    };
  }

  /** Alertmanager forgets what nobody repeats, and everything when it starts. */
  async #resend(): Promise<void> {
    const { world, watch } = this.#parts;
    const nowMillis = world.now();
    const sinks = this.#settings.sinks.filter(({ via }) => via.kind === 'alertmanager');
    if (sinks.length === 0 || nowMillis - this.#resentAt < RESEND_MILLIS) return;
    this.#resentAt = nowMillis;
    const incidents = [...watch.incidents(), ...this.#crossings(watch.now())];
    const byCause = groupByCause(incidents);
    for (const alert of this.#state.alerts) {
      const open = (byCause.get(alert.fingerprint) ?? []).filter(({ state }) => state !== 'resolved');
      if (alert.toldLevel === null || alert.quiet !== null || open.length === 0) continue;
      const { pageUrl } = this.#settings;
      const incident = leadOf(open);
      const times = { atMillis: watch.now(), nowMillis, timeScale: watch.timeScale };
      const told = writeAlertNotice({ alert, kind: 'repeated', incident, pageUrl, ...times });
      const again = { ...told, key: `${alert.fingerprint}-resend` };
      for (const { sink, notice } of this.#addressed(again))
        if (sinks.some(({ name }) => name === sink)) await this.#outbox?.put(sink, notice);
    }
    this.#deliverer?.kick();
  }

  /** Signs of life and digests that are due. */
  #periodic(alerts: readonly Alert[], now: Millis) {
    const { digestMillis, heartbeatMillis, pageUrl } = this.#settings;
    const { digestAt, heartbeatAt, count } = this.#state;
    const state = { digestAt, heartbeatAt, count };
    const outgoing: AlertState['outgoing'] = [];
    const times = { atMillis: now, nowMillis: this.#parts.world.now() };
    if (heartbeatMillis !== null && (heartbeatAt === null || now - heartbeatAt >= heartbeatMillis)) {
      state.heartbeatAt = now;
      // One that waits says as much as ten.
      const waits = (this.#outbox?.waiting() ?? []).filter(({ notice }) => notice.kind === 'heartbeat');
      const notice = writeHeartbeat(alerts, { key: `heartbeat-${++state.count}`, pageUrl, ...times });
      outgoing.push(...this.#addressed(notice).filter(({ sink }) => !waits.some((w) => w.sink === sink)));
    }
    // The first one is due after its time: there is nothing to sum up before.
    if (digestMillis !== null && digestAt === null) state.digestAt = now;
    if (digestMillis !== null && digestAt !== null && now - digestAt >= digestMillis) {
      state.digestAt = now;
      const key = `digest-${++state.count}`;
      outgoing.push(...this.#addressed(writeDigest(alerts, this.precision(), { key, pageUrl, ...times })));
    }
    const isChanged = state.digestAt !== digestAt || state.heartbeatAt !== heartbeatAt;
    return { state, outgoing, isChanged };
  }

  #addressed(notice: Notice): AlertState['outgoing'] {
    const { routes, sinks } = this.#settings;
    return routeNotice(notice, routes, sinks).map((sink) => ({ sink, notice }));
  }

  /** State and what follows from it on disk, then into the outbox: in this order nothing is lost and nothing told twice. */
  async #commit(next: AlertState): Promise<void> {
    const now = this.#parts.watch.now();
    const bounded: AlertState = {
      ...next,
      outgoing: [...this.#state.outgoing, ...next.outgoing],
      alerts: keepNewest(next.alerts, MAX_ALERTS),
      silences: next.silences
        .filter(({ endsAt }) => endsAt === null || endsAt > now - SILENCE_KEPT)
        .slice(-MAX_SILENCES),
      feedback: next.feedback.slice(-MAX_FEEDBACK),
    };
    await this.#files.save(bounded);
    this.#state = bounded;
    if (bounded.outgoing.length > 0) await this.#fanOut();
  }

  async #fanOut(): Promise<void> {
    const outbox = this.#outbox;
    if (outbox === null || this.#state.outgoing.length === 0) return;
    for (const { sink, notice } of this.#state.outgoing) await outbox.put(sink, notice);
    const next = { ...this.#state, outgoing: [] };
    await this.#files.save(next);
    this.#state = next;
    this.#deliverer?.kick();
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #log(by: string, what: string, about: string, why: string): Promise<void> {
    await this.#files.log({ at: this.#parts.world.now(), by, what, about, why });
  }

  /** As `#inTurn`, for what people do. @throws PlimsollError ALERTS_STANDBY */
  #byPeople<T>(act: () => Promise<T>): Promise<T> {
    return this.#inTurn(() => {
      if (this.#role === 'active') return act();
      throw new PlimsollError('ALERTS_STANDBY', 'server', 'this watcher is on standby');
    });
  }

  // AlertView

  role(): 'active' | 'standby' {
    return this.#role;
  }

  alerts(): readonly Alert[] {
    const rank = ({ state, level }: Alert) => (state === 'firing' ? ALERT_LEVELS.indexOf(level) + 1 : 0);
    return this.#state.alerts.toSorted((a, b) => rank(b) - rank(a) || b.openedAt - a.openedAt);
  }

  silences(): readonly Silence[] {
    return this.#state.silences;
  }

  feedback(): readonly Feedback[] {
    return this.#state.feedback;
  }

  audit(limit: number): readonly AuditEntry[] {
    return this.#files.audit().slice(-limit).reverse();
  }

  precision() {
    return computePrecision(this.#state.alerts, this.#state.feedback);
  }

  sinks(): readonly SinkStatus[] {
    return this.#settings.sinks.map(({ name, via, levels }) => ({
      name,
      kind: via.kind,
      levels,
      ...(this.#deliverer?.health(name) ?? {
        waiting: 0,
        sent: 0,
        failures: 0,
        lastSentAt: null,
        lastError: null,
      }),
    }));
  }

  deadLetters(): readonly DeadLetter[] {
    const dead = this.#outbox?.dead() ?? [];
    return dead.toReversed().map(({ id, sink, notice, dead: end }) => ({
      id,
      sink,
      title: notice.message.title,
      kind: notice.kind,
      fingerprint: notice.fingerprint,
      createdAt: notice.createdAt,
      why: end?.why ?? '',
      at: end?.at ?? notice.createdAt,
      attempts: end?.attempts ?? 0,
    }));
  }

  async acknowledge(fingerprint: string, by: string, why: string): Promise<Alert | null> {
    return this.#byPeople(async () => {
      const alert = this.#state.alerts.find((each) => each.fingerprint === fingerprint);
      if (alert?.state !== 'firing') return null;
      const next = { ...alert, ack: { by, why, at: this.#parts.watch.now() } };
      const alerts = this.#state.alerts.map((each) => (each === alert ? next : each));
      await this.#commit({ ...this.#state, alerts, outgoing: [] });
      await this.#log(by, 'acknowledged', fingerprint, why);
      return next;
    });
  }

  async addSilence(asked: NewSilence): Promise<Silence> {
    return this.#byPeople(async () => {
      const silence = { ...asked, matchers: [...asked.matchers], id: randomUUID() };
      await this.#commit({ ...this.#state, silences: [...this.#state.silences, silence], outgoing: [] });
      const what = asked.endsAt === null ? 'muted' : 'silenced';
      await this.#log(asked.by, what, asked.matchers.join(' '), asked.why);
      return silence;
    });
  }

  async expireSilence(id: string, by: string): Promise<Silence | null> {
    return this.#byPeople(async () => {
      const silence = this.#state.silences.find((each) => each.id === id);
      if (!silence) return null;
      const now = this.#parts.watch.now();
      const ended = { ...silence, endsAt: Math.min(silence.endsAt ?? now, now) };
      const silences = this.#state.silences.map((each) => (each === silence ? ended : each));
      await this.#commit({ ...this.#state, silences, outgoing: [] });
      await this.#log(by, 'ended silence', silence.matchers.join(' '), silence.why);
      return ended;
    });
  }

  async judge(asked: Omit<Feedback, 'at'>): Promise<Feedback | null> {
    return this.#byPeople(async () => {
      const { fingerprint, verdict, by, why } = asked;
      if (!this.#state.alerts.some((alert) => alert.fingerprint === fingerprint)) return null;
      const feedback = { ...asked, at: this.#parts.watch.now() };
      const others = this.#state.feedback.filter((each) => each.fingerprint !== fingerprint);
      await this.#commit({ ...this.#state, feedback: [...others, feedback], outgoing: [] });
      await this.#log(by, verdict === 'leak' ? 'judged: a leak' : 'judged: not a leak', fingerprint, why);
      return feedback;
    });
  }

  /** Sends at once and past the outbox: whoever tests wants the answer. */
  async test(name: string, by: string): Promise<{ isSent: boolean; error: string | null } | null> {
    const setting = this.#settings.sinks.find((sink) => sink.name === name);
    if (!setting) return null;
    const { world } = this.#parts;
    const sink = makeSink(setting, world);
    const notice = writeTestNotice(this.#settings.pageUrl, this.#parts.watch.now(), world.now());
    const result = await sink.send(notice, AbortSignal.timeout(TEST_TIMEOUT)).catch((error: unknown) => ({
      kind: 'failed' as const,
      why: describeError(error),
    }));
    await this.#log(by, 'tested', name, result.kind === 'sent' ? 'sent' : result.why);
    return { isSent: result.kind === 'sent', error: result.kind === 'sent' ? null : result.why };
  }

  async note(by: string, what: string, about: string, why: string): Promise<void> {
    if (this.#role === 'active') await this.#log(by, what, about, why);
  }

  async revive(id: string, by: string): Promise<boolean> {
    // No turn: the outbox minds for itself.
    const isFound = (await this.#outbox?.revive(id)) ?? false;
    if (isFound) {
      await this.#log(by, 'sent again', id, '');
      this.#deliverer?.kick();
    }
    return isFound;
  }
}

/** Whether there is nothing to write down: words that follow the evidence are not worth a write each. */
function isSame(alert: Alert, known: Alert | null): boolean {
  if (known === null) return false;
  const essence = (each: Alert) => JSON.stringify({ ...each, summary: '' });
  return essence(alert) === essence(known);
}

/** Those that fire stay; of the others the newest. */
function keepNewest(alerts: readonly Alert[], most: number): Alert[] {
  if (alerts.length <= most) return [...alerts];
  const firing = alerts.filter(({ state }) => state === 'firing');
  const over = alerts.filter(({ state }) => state !== 'firing');
  over.sort((a, b) => (b.resolvedAt ?? 0) - (a.resolvedAt ?? 0));
  return [...firing, ...over.slice(0, Math.max(0, most - firing.length))];
}
