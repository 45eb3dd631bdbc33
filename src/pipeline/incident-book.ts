// The incidents of a watch: what evaluations and people make of them, kept in the store through its failures.
import { PlimsollError, describeError } from '../base/errors.ts';
import { MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { KnownCode } from '../diagnose/case-state.ts';
import {
  acknowledgeIncident,
  advanceIncidents,
  endGoneIncident,
  muteIncident,
  resolveIncident,
} from '../incident/advance-incidents.ts';
import { endOfGone } from '../incident/gone.ts';
import type { Incident, Told } from '../model/incident.ts';
import { targetKey, type TargetKey, type TargetName } from '../model/target.ts';
import type { Store } from '../store/store.ts';
import { GoneTargets } from './gone-targets.ts';
import type { Evaluation } from './investigation.ts';
import type { Talk } from './ports.ts';
import type { StoreTrouble } from './store-trouble.ts';
import { findSuccessors } from './successors.ts';
import type { WatchedTarget } from './watched-target.ts';
import type { IncidentAction, WatchChange } from './watch-view.ts';

const ASK_AGAIN_MILLIS: Millis = MINUTE_MILLIS;
/** Pods that come by the hundred ask for all incidents once. */
const READ_AGAIN_MILLIS: Millis = MINUTE_MILLIS;

export interface IncidentBookParts {
  readonly store: Store;
  readonly talk: Talk;
  readonly storeTrouble: StoreTrouble;
  /** Virtual time. */
  readonly now: () => Millis;
  readonly tell: (change: WatchChange) => void;
  readonly isWatched: (key: TargetKey) => boolean;
}

export class IncidentBook {
  readonly #parts: IncidentBookParts;
  readonly #incidents = new Map<string, Incident>();
  readonly #gone = new GoneTargets();
  /**
   * Targets that are not watched here and whose incidents are open: `elsewhere` where another watcher on the same store (a shard) was heard to
   * have them, `unknown` for those of an earlier run, until that is clear.
   */
  readonly #absent = new Map<TargetKey, 'unknown' | 'elsewhere'>();
  /** When incidents were last read. */
  #readAt: Millis = 0;
  /** When the store was last asked who has a target; bounded by the targets that have incidents. */
  readonly #askedAt = new Map<TargetKey, Millis>();
  /** Incidents whose last state is not stored yet. Bounded by the number of incidents. */
  readonly #unsaved = new Map<string, Incident>();
  readonly #saving = new Set<Promise<void>>();

  constructor(parts: IncidentBookParts) {
    this.#parts = parts;
  }

  /** Reads back incidents of earlier runs. Call once, before targets are added. */
  async restore(): Promise<void> {
    await this.#read();
  }

  /** What the store has of targets that are not watched here: of earlier runs, and of other watchers. */
  async #read(): Promise<void> {
    const incidents = await this.#parts.store.listIncidents();
    this.#readAt = this.#parts.now();
    for (const incident of incidents) {
      const key = targetKey(incident);
      if (this.#unsaved.has(incident.id) || this.#parts.isWatched(key)) continue;
      this.#incidents.set(incident.id, incident);
      if (incident.state === 'resolved' || this.#gone.has(key)) continue;
      // Until it is added: it may have gone away while nobody watched, or another watcher may have it.
      this.#gone.leave(key, this.#parts.now());
      this.#absent.set(key, 'unknown');
    }
  }

  /**
   * A target is about to be watched, for the first time or again. What another watcher made of its incidents meanwhile counts.
   * @param isStored whether the store had heard of it before.
   */
  async noteWatched(key: TargetKey, isStored: boolean): Promise<void> {
    const isOld = this.#parts.now() - this.#readAt >= READ_AGAIN_MILLIS;
    // Without an answer of the store what is known goes on.
    if (this.#absent.get(key) === 'elsewhere' || (isStored && isOld))
      await this.#read().catch(() => undefined);
    this.#gone.forget(key);
    this.#absent.delete(key);
    this.#askedAt.delete(key);
  }

  /** A target is watched no more; its incidents stay open for a while. */
  noteLeft(key: TargetKey): void {
    if (this.#openOf(key).length > 0) this.#gone.leave(key, this.#parts.now());
  }

  /** What the watch tells, ascending by openedAt: what another watcher follows is told by that one. */
  list(): readonly Incident[] {
    return [...this.#incidents.values()]
      .filter((incident) => incident.state === 'resolved' || !this.#absent.has(targetKey(incident)))
      .sort((a, b) => a.openedAt - b.openedAt);
  }

  /** By cause: open incidents that are not in `list`. */
  unseen(): ReadonlyMap<string, 'unknown' | 'elsewhere'> {
    const unseen = new Map<string, 'unknown' | 'elsewhere'>();
    for (const incident of this.#incidents.values()) {
      const where = this.#absent.get(targetKey(incident));
      if (where === undefined || incident.state === 'resolved') continue;
      if (unseen.get(incident.fingerprint) !== 'unknown') unseen.set(incident.fingerprint, where);
    }
    return unseen;
  }

  /** Leaks of the other instances of a service whose code is known: those that stand last, of the others the newest. */
  codesOf({ service, instance }: TargetName): readonly KnownCode[] {
    const rank = ({ state, lastSeenAt }: Incident) => (state === 'resolved' ? lastSeenAt : Infinity);
    return [...this.#incidents.values()]
      .filter((incident) => incident.service === service && incident.instance !== instance)
      .sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)))
      .flatMap(({ fingerprint, finding }): KnownCode[] => {
        const [culprit] = finding.culprits;
        return culprit === undefined ? [] : [{ fingerprint, kind: finding.class, lead: culprit.function }];
      });
  }

  /** How many wait to be stored. */
  get unsaved(): number {
    return this.#unsaved.size;
  }

  /** Lets the incidents of a target follow what an evaluation found. */
  follow(watched: WatchedTarget, evaluation: Evaluation): void {
    const mine = [...this.#incidents.values()].filter((i) => targetKey(i) === watched.key);
    const { incidents, changes } = advanceIncidents(mine, {
      target: watched.name,
      findings: evaluation.findings.map((finding) => watched.explain(finding)),
      over: evaluation.over,
      atMillis: evaluation.atMillis,
      version: watched.version,
    });
    for (const incident of incidents) {
      if (this.#incidents.get(incident.id) !== incident) this.#set(incident);
    }
    for (const { id, what } of changes) {
      const incident = this.#incidents.get(id);
      if (!incident) continue;
      const why = incident.history.at(-1)?.why ?? '';
      // The alarm speaks of what is; once it is over, of what was.
      const isOver = what === 'resolved';
      const ended = incident.resolvedBy === 'goes-on' ? 'goes on under another name' : 'resolved';
      const head = isOver ? `${ended}: ${why}; the alarm had said: ` : `${what}: `;
      const text = `${head}${incident.finding.summary}`;
      watched.investigation.addMark({ at: evaluation.atMillis, kind: isOver ? 'resolved' : 'alarm', text });
      this.#parts.talk.info(`${watched.key}: ${text}`);
      this.#tell(incident, evaluation.atMillis);
    }
  }

  /** Incidents of a target get what the sources have said since. */
  explain(watched: WatchedTarget): void {
    for (const incident of this.#incidents.values()) {
      if (targetKey(incident) !== watched.key) continue;
      const finding = watched.explain(incident.finding);
      if (finding === incident.finding) continue;
      this.#set({ ...incident, finding });
      this.#tell(incident, this.#parts.now());
    }
  }

  /** What a person does with one: stored before it counts. null when there is none of this id. */
  async act(id: string, action: IncidentAction): Promise<Incident | null> {
    const incident = this.#incidents.get(id);
    if (!incident) return null;
    const next = applyAction(incident, action, this.#parts.now());
    await this.#parts.store.saveIncident(next);
    this.#incidents.set(next.id, next);
    this.#tell(next, this.#parts.now());
    return next;
  }

  /** Stored with those that are watched here: who takes a target over has told what its incident says. */
  noteTold(fingerprint: string, told: Told): void {
    for (const incident of this.list()) {
      const isKept = incident.told !== undefined || incident.state !== 'resolved';
      if (incident.fingerprint !== fingerprint || !isKept) continue;
      if (incident.told?.sequence !== told.sequence) this.#set({ ...incident, told });
    }
  }

  /** Incidents of targets that have not come back end, see incident/gone.ts. */
  async endGone(targets: Iterable<WatchedTarget>, goneAfterMillis: Millis): Promise<void> {
    const atMillis = this.#parts.now();
    const late = this.#gone.list().filter(({ sinceMillis }) => atMillis - sinceMillis >= goneAfterMillis);
    if (late.length === 0) return;
    try {
      if (late.some(({ key }) => this.#absent.get(key) === 'elsewhere')) await this.#read();
    } catch {
      return; // asked again with the next flush
    }
    const successorsOf = findSuccessors(targets, this.#incidents.values(), atMillis);
    for (const { key, sinceMillis } of late) {
      const goneForMillis = atMillis - sinceMillis;
      const ends = this.#openOf(key).map((incident) => {
        const successors = successorsOf(incident);
        return { incident, end: endOfGone(incident, { goneForMillis, goneAfterMillis, successors }) };
      });
      const isWaiting = ends.length > 0 && ends.every(({ end }) => end === null);
      if (isWaiting && !this.#mayAsk(key, atMillis)) continue;
      const where = await this.#gone.find(this.#parts.store, key, atMillis);
      if (where === 'unknown') continue;
      if (where === 'elsewhere') {
        this.#absent.set(key, 'elsewhere');
        for (const incident of this.#openOf(key)) this.#tell(incident, atMillis);
        continue;
      }
      // Nobody else has it: what is left of it is ours.
      this.#absent.delete(key);
      for (const { incident, end } of ends) if (end !== null) this.#endOne(incident, end, atMillis);
      if (this.#openOf(key).length === 0) this.#gone.forget(key);
    }
  }

  /** A target whose incidents wait for its successors is looked for each minute: another watcher may have it. */
  #mayAsk(key: TargetKey, atMillis: Millis): boolean {
    if (this.#absent.has(key)) return true;
    if (atMillis - (this.#askedAt.get(key) ?? -Infinity) < ASK_AGAIN_MILLIS) return false;
    this.#askedAt.set(key, atMillis);
    return true;
  }

  #endOne(incident: Incident, end: NonNullable<ReturnType<typeof endOfGone>>, atMillis: Millis): void {
    // A person may have spoken while the store was asked.
    const current = this.#incidents.get(incident.id) ?? incident;
    if (current.state === 'resolved') return;
    const ended = endGoneIncident(current, end, atMillis);
    this.#set(ended);
    const word = end.by === 'gone' ? '' : 'resolved: '; // Why it is gone says so itself.
    const text = `${word}${end.why}; the alarm had said: ${ended.finding.summary}`;
    this.#parts.talk.info(`${targetKey(ended)}: ${text}`);
    this.#tell(ended, atMillis);
  }

  #openOf(key: TargetKey): Incident[] {
    return [...this.#incidents.values()].filter((i) => i.state !== 'resolved' && targetKey(i) === key);
  }

  /** Waits for what is being stored, and tries again what could not be. */
  async flush(): Promise<void> {
    await Promise.all(this.#saving);
    for (const incident of [...this.#unsaved.values()]) this.#save(incident);
    await Promise.all(this.#saving);
  }

  #set(incident: Incident): void {
    this.#incidents.set(incident.id, incident);
    this.#save(incident);
  }

  /** Stored in the background; what fails is tried again with each flush, so nothing is lost while we live. */
  #save(incident: Incident): void {
    this.#unsaved.set(incident.id, incident);
    const saving = this.#parts.store.saveIncident(incident).then(
      () => {
        if (this.#unsaved.get(incident.id) === incident) this.#unsaved.delete(incident.id);
        this.#parts.storeTrouble.worked();
      },
      (error: unknown) => {
        const known =
          error instanceof PlimsollError
            ? error
            : new PlimsollError('STORE_FAILED', 'store', describeError(error));
        this.#parts.storeTrouble.failed(`incident ${incident.id}`, known);
      },
    );
    this.#saving.add(saving);
    void saving.finally(() => this.#saving.delete(saving));
  }

  #tell({ service, id }: Incident, atMillis: Millis): void {
    this.#parts.tell({ kind: 'incident', service, id, atMillis });
  }
}

function applyAction(incident: Incident, action: IncidentAction, atMillis: Millis): Incident {
  switch (action.kind) {
    case 'ack':
      return acknowledgeIncident(incident, 'acknowledged by a person', atMillis);
    case 'mute':
      return muteIncident(incident, action.untilMillis, 'muted by a person', atMillis);
    case 'resolve':
      return resolveIncident(incident, action.why, atMillis);
  }
}
