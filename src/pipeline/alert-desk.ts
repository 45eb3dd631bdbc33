// Follows a watch and says what is to be told: the life of alerts is asked, the answer is written down, then delivered.
import { randomUUID } from 'node:crypto';
import { describeError, PlimsollError } from '../base/errors.ts';
import { DAY_MILLIS, formatDuration, SECOND_MILLIS, type Millis } from '../base/units.ts';
import {
  AlertFiles,
  DecisionsOfOther,
  EMPTY_STATE,
  MAX_ALERTS,
  MAX_DECISIONS,
  MAX_FEEDBACK,
  MAX_SILENCES,
  type AlertState,
} from '../alert/alert-state.ts';
import { Deliverer, SEND_TIMEOUT } from '../alert/delivery.ts';
import { KeptFiles, type FolderTrouble } from '../alert/kept-files.ts';
import { makeSink } from '../alert/make-sink.ts';
import { Outbox } from '../alert/outbox.ts';
import { routeNotice } from '../alert/route.ts';
import { sendWithin } from '../alert/send-within.ts';
import { SinkMemories } from '../alert/sink-memory.ts';
import { SinkSet } from '../alert/sink-set.ts';
import { addDecision, findUnheeded } from '../incident/decisions.ts';
import { computePrecision } from '../incident/precision.ts';
import {
  ALERT_LEVELS,
  type Alert,
  type AuditEntry,
  type Decision,
  type Feedback,
  type Notice,
  type Silence,
} from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import { lockDataFolder, type DataLock } from '../store/lock.ts';
import type { AlertDeskParts, AlertSettings } from './alert-desk-parts.ts';
import { findDue, findPeriodic, findResends, type DueInput } from './due-notices.ts';
import { writeTestNotice } from './info-notices.ts';
import type { AlertView, DeadLetter, NewSilence, Revival, SinkStatus } from './alert-view.ts';
import { sleepReal } from './clock.ts';
import { sharedAbort } from '../collect/shared-abort.ts';
import type { IncidentAction } from './watch-view.ts';

/** Changes are looked at together, and time passes without changes: repetitions, silences that end. */
const LOOK_INTERVAL: Millis = SECOND_MILLIS;
/** How often a watcher on standby tries to take over. */
const STANDBY_INTERVAL: Millis = 2 * SECOND_MILLIS;
/** Modules of a large service are read in seconds; who is to be woken is not kept waiting for longer. */
const SOURCES_WAIT: Millis = 20 * SECOND_MILLIS;
/** Silences that are over are shown for a while, as amtool does with --expired. */
const SILENCE_KEPT: Millis = 5 * DAY_MILLIS;

const ACTED: Readonly<Record<IncidentAction['kind'], string>> = {
  ack: 'acknowledged',
  mute: 'muted',
  resolve: 'resolved',
};

export class AlertDesk implements AlertView {
  readonly #parts: AlertDeskParts;
  #settings: AlertSettings;
  #state: AlertState = EMPTY_STATE;
  #kept: KeptFiles = new KeptFiles(null);
  #files = new AlertFiles(this.#kept);
  #sinks: SinkSet | null = null;
  /** Why it could not be taken. */
  #trouble: FolderTrouble | null = null;
  #outbox: Outbox | null = null;
  #deliverer: Deliverer | null = null;
  #lock: DataLock | null = null;
  #role: 'active' | 'standby' = 'standby';
  /** One change after another: each begins with the state that the one before has written. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: AlertDeskParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
  }

  /** Until `signal` aborts: standby until the folder is free, then active. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        if (await this.#takeOver()) await this.#tell(signal);
        else {
          await this.#heedOther().catch((error: unknown) => this.#warn(error));
          await sleepReal(STANDBY_INTERVAL, signal);
        }
      }
    } finally {
      await this.#turn.catch(() => undefined);
      await this.#lock?.release();
    }
  }

  /** Until `signal` aborts, or another watcher has the folder. */
  async #tell(signal: AbortSignal): Promise<void> {
    const telling = sharedAbort(signal);
    const delivering = this.#deliverer?.run(telling.signal);
    while (!signal.aborted && this.#role === 'active') {
      await this.look().catch((error: unknown) => this.#warn(error));
      await sleepReal(LOOK_INTERVAL, signal);
    }
    telling.abort();
    await delivering;
  }

  /** Nothing is written into a folder that another watcher has taken while this one was stopped. */
  async #isActive(): Promise<boolean> {
    const lock = this.#lock;
    if (this.#role === 'active' && lock !== null && !(await lock.isHeld())) {
      this.#parts.talk.warn('alerts: standby: another watcher has taken over while this one was stopped');
      this.#role = 'standby';
      this.#isWaiting = true;
      this.#state = EMPTY_STATE;
      this.#kept = new KeptFiles(null);
      this.#files = new AlertFiles(this.#kept);
      this.#outbox = null;
      this.#deliverer = null;
      this.#sinks = null;
      this.#lock = null;
      await lock.release();
    }
    return this.#role === 'active';
  }

  /** Takes the folder if nobody has it. @returns whether this watcher tells now. @throws PlimsollError ALERTS_UNREADABLE */
  async #takeOver(): Promise<boolean> {
    const { folder, talk, world, random } = this.#parts;
    let lock: DataLock | null = null;
    try {
      lock = folder === null ? null : await lockDataFolder(folder, 'silent');
      const kept = new KeptFiles(folder, (text) => talk.warn(`alerts: ${text}`));
      const files = new AlertFiles(kept);
      const state = await files.load();
      const outbox = await Outbox.open(kept);
      const sinks = new SinkSet(world, await SinkMemories.open(kept));
      const isHeld = async () => (await lock?.isHeld()) ?? true;
      this.#deliverer = new Deliverer({
        outbox,
        sinks: sinks.update(this.#settings.sinks).sinks,
        isHeld,
        warn: (text) => talk.warn(text),
        now: world.now,
        random,
      });
      this.#kept = kept;
      this.#files = files;
      this.#state = state;
      this.#outbox = outbox;
      this.#sinks = sinks;
    } catch (error) {
      await lock?.release();
      this.#noteStandby(error);
      return false;
    }
    this.#lock = lock;
    this.#role = 'active';
    await this.#inTurn(() => this.#fanOut());
    if (this.#isWaiting) talk.info('alerts: active: the other watcher is gone');
    if (this.#trouble !== null) talk.info(`alerts: active: ${this.#trouble.path} can be used`);
    this.#trouble = null;
    return true;
  }

  /** Who cannot take the folder does not tell: another one may, and nobody knows what it told. @throws PlimsollError ALERTS_UNREADABLE */
  #noteStandby(error: unknown): void {
    const { folder, talk } = this.#parts;
    const code = error instanceof PlimsollError ? error.code : null;
    if (code === 'ALERTS_UNREADABLE') throw error;
    const why = describeError(error);
    if (code === 'STORE_LOCKED') {
      if (!this.#isWaiting) talk.info(`alerts: standby: ${why}`);
      this.#isWaiting = true;
      this.#trouble = null;
      return;
    }
    if (this.#trouble === null)
      talk.warn(`alerts: nothing is told: ${why}. Make room, or let ${folder} be written`);
    this.#trouble = { path: folder ?? '', why, since: this.#trouble?.since ?? this.#parts.world.now() };
  }

  #isWaiting = false;
  /** Real time. What was just told needs no repetition. */
  #resentAt: Millis = 0;

  /** From now on; a sink that is gone gives up what waits for it. */
  update(settings: AlertSettings): void {
    this.#settings = settings;
    const update = this.#sinks?.update(settings.sinks);
    if (update) this.#deliverer?.setSinks(update.sinks, update.changed);
  }

  /** Asks what is due and writes it down. */
  async look(): Promise<void> {
    await this.#inTurn(async () => {
      if (!(await this.#isActive())) return;
      await this.#kept.retry();
      await this.#heed(this.#state.decisions ?? []);
      const due = await findDue(this.#dueInput());
      const periodic = findPeriodic(this.#dueInput(), due.alerts);
      // Of signs of life, one that waits says as much as ten.
      const waiting = this.#outbox?.waiting() ?? [];
      const alive = waiting.filter(({ notice }) => notice.kind === 'heartbeat').map(({ sink }) => sink);
      const outgoing = [...due.notices, ...periodic.notices]
        .flatMap((notice) => this.#addressed(notice))
        .filter(({ sink, notice }) => notice.kind !== 'heartbeat' || !alive.includes(sink));
      outgoing.push(...due.rerouted.flatMap(({ notice, before }) => this.#addressedAnew(notice, before)));
      const next = { ...this.#state, ...periodic.kept, alerts: [...due.alerts] };
      if (due.isChanged || periodic.isChanged) await this.#commit({ ...next, outgoing });
      else this.#state = next;
      this.#noteTold(due.alerts);
      await this.#resend();
    });
  }

  /** What is written down by now is known to whoever takes the targets over. */
  #noteTold(alerts: readonly Alert[]): void {
    const { watch } = this.#parts;
    const byCause = new Map(alerts.map((alert) => [alert.fingerprint, alert]));
    const late = watch.incidents().flatMap(({ fingerprint, told, state }) => {
      const alert = byCause.get(fingerprint);
      const isKept = told !== undefined || state !== 'resolved';
      return alert && isKept && told?.sequence !== alert.sequence ? [alert] : [];
    });
    for (const { fingerprint, state, toldLevel, toldAt: at, episode, sequence, shard } of new Set(late)) {
      const level = state === 'firing' ? toldLevel : null;
      if (at !== null && toldLevel !== null)
        watch.noteTold(fingerprint, {
          level,
          at,
          episode,
          sequence,
          ...(shard === undefined ? {} : { shard }),
        });
    }
  }

  #dueInput(): DueInput {
    const isAwaited = (fingerprint: string, service: string) => this.#isAwaited(fingerprint, service);
    const [settings, state, lastMeasured] = [this.#settings, this.#state, this.#lastMeasured];
    return { parts: this.#parts, settings, state, lastMeasured, isAwaited };
  }

  /** See findCrossings. */
  readonly #lastMeasured = new Map<string, Millis>();
  /** Since when the first message of a leak waits for what its sources say, real time; bounded by leaks that are new. */
  readonly #awaitedSince = new Map<string, Millis>();

  #isAwaited(fingerprint: string, service: string): boolean {
    const now = this.#parts.world.now();
    if (!this.#parts.watch.isAskingSources(service)) {
      this.#awaitedSince.delete(fingerprint);
      return false;
    }
    const since = this.#awaitedSince.get(fingerprint) ?? now;
    this.#awaitedSince.set(fingerprint, since);
    return now - since < SOURCES_WAIT;
  }

  async #resend(): Promise<void> {
    const isResent = (name: string) =>
      this.#settings.sinks.some((sink) => sink.name === name && sink.via.kind === 'alertmanager');
    if (!this.#settings.sinks.some(({ name }) => isResent(name))) return;
    const notices = findResends(this.#dueInput(), this.#resentAt);
    if (notices === null) return;
    this.#resentAt = this.#parts.world.now();
    for (const { sink, notice } of notices.flatMap((each) => this.#addressed(each)))
      if (isResent(sink)) await this.#outbox?.put(sink, notice);
    this.#deliverer?.kick();
  }

  /** To whom it goes by its labels, and went not by those before. */
  #addressedAnew(notice: Notice, before: Notice['labels']): AlertState['outgoing'] {
    const told = this.#addressed({ ...notice, labels: before }).map(({ sink }) => sink);
    return this.#addressed(notice).filter(({ sink }) => !told.includes(sink));
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
    return this.#inTurn(async () => {
      if (await this.#isActive()) return act();
      throw new PlimsollError('ALERTS_STANDBY', 'server', 'this watcher is on standby');
    });
  }

  // AlertView

  role(): 'active' | 'standby' {
    return this.#role;
  }

  trouble(): FolderTrouble | null {
    return this.#kept.trouble() ?? this.#trouble;
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
    const outbox = this.#outbox;
    const letters = outbox?.dead() ?? [];
    return letters.toReversed().map((letter) => {
      const { id, sink, notice, dead: end } = letter;
      const isOvertaken = outbox?.isOvertaken(letter) === true;
      return {
        id,
        sink,
        recipient: letter.recipient ?? null,
        title: notice.message.title,
        kind: notice.kind,
        fingerprint: notice.fingerprint,
        createdAt: notice.createdAt,
        why: end?.why ?? '',
        at: end?.at ?? notice.createdAt,
        attempts: end?.attempts ?? 0,
        obsolete: isOvertaken ? 'overtaken' : this.#isTrue(notice) ? null : 'outdated',
      };
    });
  }

  async acknowledge(fingerprint: string, by: string, why: string): Promise<Alert | null> {
    return this.#byPeople(async () => {
      const alert = this.#firing(fingerprint);
      if (alert === null) return null;
      const next = { ...alert, ack: { by, why, at: this.#parts.watch.now(), level: alert.level } };
      await this.#commit({ ...this.#state, alerts: this.#withAlert(next), outgoing: [] });
      for (const { id } of this.#openOf(fingerprint).filter(({ state }) => state === 'open'))
        await this.#decide(id, { kind: 'ack' }, by, why);
      await this.#log(by, 'acknowledged', fingerprint, why);
      return next;
    });
  }

  async resolve(fingerprint: string, by: string, why: string): Promise<Alert | null> {
    return this.#byPeople(async () => {
      const alert = this.#firing(fingerprint);
      if (alert === null || alert.kind === 'threshold') return null;
      for (const { id } of this.#openOf(fingerprint))
        await this.#decide(id, { kind: 'resolve', why: `${why} (${by})` }, by, why);
      await this.#log(by, 'resolved', fingerprint, why);
      return alert;
    });
  }

  async act(id: string, action: IncidentAction, by: string, why: string): Promise<Incident | null> {
    return this.#byPeople(async () => {
      const incident = await this.#decide(id, action, by, why);
      if (incident === null) return null;
      const { fingerprint, instance } = incident;
      const alert = this.#firing(fingerprint);
      if (action.kind === 'ack' && alert !== null) {
        const remark = { by, why, at: this.#parts.watch.now() };
        const isAll = this.#openOf(fingerprint).every(({ state }) => state === 'acknowledged');
        const next = isAll
          ? { ...alert, ack: { ...remark, level: alert.level } }
          : { ...alert, lastAck: remark };
        await this.#commit({ ...this.#state, alerts: this.#withAlert(next), outgoing: [] });
      }
      const isTimed = action.kind === 'mute' && action.untilMillis !== null;
      const time = isTimed ? ` for ${formatDuration(action.untilMillis - this.#parts.watch.now())}` : '';
      await this.#log(by, `${ACTED[action.kind]}${time}`, `${fingerprint} in ${instance}`, why);
      return incident;
    });
  }

  /** Written down before it is done: a watcher that takes over does it as well. null when there is no such incident. */
  async #decide(id: string, action: IncidentAction, by: string, why: string): Promise<Incident | null> {
    const { watch } = this.#parts;
    if (!watch.incidents().some((incident) => incident.id === id)) return null;
    const until = action.kind === 'mute' ? action.untilMillis : null;
    const decision = { incident: id, kind: action.kind, until, by, why, at: watch.now() };
    const decisions = [...addDecision(this.#state.decisions ?? [], decision, MAX_DECISIONS)];
    await this.#commit({ ...this.#state, decisions, outgoing: [] });
    return watch.act(id, action);
  }

  /** On standby, so that nobody is asked twice: by the page here, or when this one takes over. */
  async #heedOther(): Promise<void> {
    const { folder } = this.#parts;
    if (folder === null) return;
    this.#other ??= new DecisionsOfOther(folder);
    const decisions = await this.#other.read();
    await this.#inTurn(() => this.#heed(decisions));
  }
  #other: DecisionsOfOther | null = null;

  #warn(error: unknown): void {
    this.#parts.talk.warn(`alerts: ${describeError(error)}`);
  }

  /** What was said to the other watcher of the folder holds here as well. */
  async #heed(decisions: readonly Decision[]): Promise<void> {
    const { watch } = this.#parts;
    for (const { incident, kind, until, by, why } of findUnheeded(
      decisions,
      watch.incidents(),
      watch.now(),
    )) {
      const action: IncidentAction =
        kind === 'mute'
          ? { kind, untilMillis: until }
          : kind === 'resolve'
            ? { kind, why: `${why} (${by})` }
            : { kind };
      await watch.act(incident, action);
    }
  }

  #firing(fingerprint: string): Alert | null {
    const alert = this.#state.alerts.find((each) => each.fingerprint === fingerprint);
    return alert?.state === 'firing' ? alert : null;
  }

  #withAlert(next: Alert): Alert[] {
    return this.#state.alerts.map((each) => (each.fingerprint === next.fingerprint ? next : each));
  }

  #openOf(fingerprint: string): readonly Incident[] {
    const incidents = this.#parts.watch.incidents();
    return incidents.filter((each) => each.fingerprint === fingerprint && each.state !== 'resolved');
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
    const sink = makeSink(setting, world, SinkMemories.none());
    const notice = writeTestNotice(this.#settings.pageUrl, this.#parts.watch.now(), world.now());
    const limitMillis = this.#parts.testTimeout ?? SEND_TIMEOUT;
    const result = await sendWithin(sink, { notice, limitMillis });
    await this.#log(by, 'tested', name, result.kind === 'sent' ? 'sent' : result.why);
    return { isSent: result.kind === 'sent', error: result.kind === 'sent' ? null : result.why };
  }

  async revive(id: string, by: string): Promise<Revival> {
    return this.#byPeople(async () => {
      const notice = this.#outbox?.dead().find((letter) => letter.id === id)?.notice;
      if (!notice) return 'unknown';
      if (!this.#isTrue(notice)) return 'outdated';
      const revival = (await this.#outbox?.revive(id)) ?? 'unknown';
      if (revival === 'waits') {
        await this.#log(by, 'sent again', id, '');
        this.#deliverer?.kick();
      }
      return revival;
    });
  }

  /** Nobody is to be woken by a leak that is over, nor told the end of one that is back. */
  #isTrue({ fingerprint, kind, at }: Notice): boolean {
    if (fingerprint === null) return true;
    const alert = this.#state.alerts.find((each) => each.fingerprint === fingerprint);
    if (kind === 'resolved') return alert?.state !== 'firing';
    // Of an episode that is over nothing is so, though the leak is back.
    return alert?.state === 'firing' && at >= alert.openedAt;
  }
}

/** Those that fire stay; of the others the newest. */
function keepNewest(alerts: readonly Alert[], most: number): Alert[] {
  if (alerts.length <= most) return [...alerts];
  const firing = alerts.filter(({ state }) => state === 'firing');
  const over = alerts.filter(({ state }) => state !== 'firing');
  over.sort((a, b) => (b.resolvedAt ?? 0) - (a.resolvedAt ?? 0));
  return [...firing, ...over.slice(0, Math.max(0, most - firing.length))];
}
