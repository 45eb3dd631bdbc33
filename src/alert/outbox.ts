// What has to be told and was not yet, one file for each sink: survives kill -9 and a store that is down.
//
//     outbox/<sink>--<key>.json      waits; written whole (draft, sync, rename), removed when the sink has accepted it
//     dead/<sink>--<key>.json        was given up; kept for people, the oldest go
//
// Where a sink has several recipients, each has a file of its own: <sink>--<key>--<recipient>, hashed.
import { Type, type Static } from 'typebox';
import { NoticeSchema, type Notice } from '../model/alert.ts';
import { idOf } from './file-name.ts';
import type { KeptFiles } from './kept-files.ts';
import { parseKept } from './parse-kept.ts';

/** Waiting for all sinks together: each is some 8 kB, and more than this is not read by anybody afterwards. */
export const MAX_WAITING = 10_000;
/** Given up and kept. */
export const MAX_DEAD = 1000;

/** They say how things stand: of several that wait the newest says it all. */
const STATES_OF_NOW: readonly Notice['kind'][] = ['repeated', 'digest', 'heartbeat'];

const DeliverySchema = Type.Object({
  id: Type.String(),
  sink: Type.String(),
  /** Of those of the sink; missing where it is one receiver, and until it is known who they are. */
  recipient: Type.Optional(Type.String()),
  /** Ascending in the order they were put in. */
  order: Type.Number(),
  notice: NoticeSchema,
  /** Of dead ones. */
  dead: Type.Union([
    Type.Object({
      why: Type.String(),
      at: Type.Number(),
      attempts: Type.Integer(),
      /** A later message of its lane was accepted. */
      isOvertaken: Type.Optional(Type.Boolean()),
    }),
    Type.Null(),
  ]),
});
export type Delivery = Static<typeof DeliverySchema>;

/** Messages of one leak (or of one kind, where they are of none) to one receiver: these never overtake each other. */
export function laneOf({ sink, recipient = '', notice }: Delivery): string {
  return [sink, recipient, notice.fingerprint ?? notice.kind].join('\n');
}

export class Outbox {
  readonly #files: KeptFiles;
  readonly #waiting = new Map<string, Delivery>();
  readonly #dead = new Map<string, Delivery>();
  #order = 0;

  private constructor(files: KeptFiles) {
    this.#files = files;
  }

  /** Reads back what waits. Files that are none of ours, or torn, are left alone. */
  static async open(files: KeptFiles): Promise<Outbox> {
    const outbox = new Outbox(files);
    for (const [name, into] of [
      ['outbox', outbox.#waiting],
      ['dead', outbox.#dead],
    ] as const) {
      const found = (await files.readAll(name)).flatMap((file) => {
        const delivery = parseKept(DeliverySchema, file.text);
        return delivery !== null && `${delivery.id}.json` === file.name ? [delivery] : [];
      });
      for (const delivery of found.sort((a, b) => a.order - b.order)) into.set(delivery.id, delivery);
    }
    for (const { order } of [...outbox.#waiting.values(), ...outbox.#dead.values()])
      outbox.#order = Math.max(outbox.#order, order);
    return outbox;
  }

  /** In the order they were put in. */
  waiting(): readonly Delivery[] {
    return [...this.#waiting.values()];
  }

  /** Oldest first. */
  dead(): readonly Delivery[] {
    return [...this.#dead.values()];
  }

  /** Putting the same in again changes nothing, also when it was given up. */
  async put(sink: string, notice: Notice): Promise<void> {
    await this.#add({ id: idOf([sink, notice.key]), sink, order: this.#order + 1, notice, dead: null });
  }

  /** In its place one for each recipient, so that who is put off keeps nothing from the others. */
  async split(id: string, recipients: readonly string[]): Promise<void> {
    const whole = this.#waiting.get(id);
    if (!whole) return;
    for (const recipient of recipients)
      await this.#add({ ...whole, id: idOf([whole.sink, whole.notice.key, recipient]), recipient });
    await this.#remove(id);
  }

  async #add(delivery: Delivery): Promise<void> {
    const { id, notice } = delivery;
    if (this.#waiting.has(id) || this.#dead.get(id)?.notice.createdAt === notice.createdAt) return;
    this.#order = Math.max(this.#order, delivery.order);
    if (this.#waiting.size >= MAX_WAITING) {
      await this.#bury(delivery, 'too many notices wait already', 0);
      return;
    }
    await this.#write('outbox', delivery);
    this.#waiting.set(id, delivery);
  }

  /** The sink has accepted it: what was given up before it is out of date. */
  async done(id: string): Promise<void> {
    const sent = this.#waiting.get(id);
    await this.#remove(id);
    if (!sent) return;
    for (const letter of this.#dead.values()) {
      if (letter.dead === null || letter.order >= sent.order || laneOf(letter) !== laneOf(sent)) continue;
      if (letter.dead.isOvertaken === true) continue;
      const overtaken = { ...letter, dead: { ...letter.dead, isOvertaken: true } };
      this.#dead.set(letter.id, overtaken);
      await this.#write('dead', overtaken);
    }
  }

  /** Not to be sent any more, and nothing that people would have to look after. */
  async drop(id: string): Promise<void> {
    await this.#remove(id);
  }

  /** Given up: kept for people. */
  async giveUp(id: string, why: string, attempts: number): Promise<void> {
    const delivery = this.#waiting.get(id);
    if (!delivery) return;
    await this.#bury(delivery, why, attempts);
    await this.#remove(id);
  }

  /** Whether a later message of its lane was accepted, or waits. */
  isOvertaken(delivery: Delivery): boolean {
    return delivery.dead?.isOvertaken === true || this.#laterThan(delivery).length > 0;
  }

  /** Whether a later message of its lane waits that says the same of a later time. */
  isOutdated(delivery: Delivery): boolean {
    const { kind } = delivery.notice;
    return (
      STATES_OF_NOW.includes(kind) && this.#laterThan(delivery).some(({ notice }) => notice.kind === kind)
    );
  }

  #laterThan(delivery: Delivery): readonly Delivery[] {
    const lane = laneOf(delivery);
    return this.waiting().filter((other) => other.order > delivery.order && laneOf(other) === lane);
  }

  /** Tries a dead one again, unless a later one of its lane was accepted, or waits. */
  async revive(id: string): Promise<'waits' | 'overtaken' | 'unknown'> {
    const delivery = this.#dead.get(id);
    if (!delivery) return 'unknown';
    if (this.isOvertaken(delivery)) return 'overtaken';
    const alive = {
      ...delivery,
      dead: null,
      notice: { ...delivery.notice, createdAt: Date.now() },
    };
    await this.#write('outbox', alive);
    this.#waiting.set(id, alive);
    await this.#forget(id);
    return 'waits';
  }

  async #remove(id: string): Promise<void> {
    this.#waiting.delete(id);
    await this.#files.remove(`outbox/${id}.json`);
  }

  async #bury(delivery: Delivery, why: string, attempts: number): Promise<void> {
    const buried = { ...delivery, dead: { why, at: Date.now(), attempts } };
    await this.#write('dead', buried);
    this.#dead.set(delivery.id, buried);
    for (const id of [...this.#dead.keys()].slice(0, Math.max(0, this.#dead.size - MAX_DEAD)))
      await this.#forget(id);
  }

  async #forget(id: string): Promise<void> {
    this.#dead.delete(id);
    await this.#files.remove(`dead/${id}.json`);
  }

  async #write(into: 'outbox' | 'dead', delivery: Delivery): Promise<void> {
    await this.#files.write(`${into}/${delivery.id}.json`, () => JSON.stringify(delivery));
  }
}
