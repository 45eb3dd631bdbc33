// What a sink must know of what it has sent, over reloads, restarts and another watcher that takes over:
//
//     sinks/<sink>--<id>.json      written before it is needed, removed when it is not needed any more
import { Type, type Static } from 'typebox';
import { fileNameOf } from './file-name.ts';
import { KeptFiles } from './kept-files.ts';
import { parseKept } from './parse-kept.ts';

/** Of all sinks, as many as alerts are kept of a fleet; the oldest goes first. */
const MAX_REMEMBERED = 5000;

/** Of one sink, by names of its own. */
export interface SinkMemory {
  recall(id: string): unknown;
  /** @param value JSON; null = forget it. */
  keep(id: string, value: unknown): Promise<void>;
}

const NoteSchema = Type.Object({ sink: Type.String(), id: Type.String(), value: Type.Unknown() });
type Note = Static<typeof NoteSchema>;

export class SinkMemories {
  readonly #files: KeptFiles;
  /** By name of file, oldest first. */
  readonly #notes = new Map<string, Note>();

  private constructor(files: KeptFiles) {
    this.#files = files;
  }

  /** Of what is sent once, by hand. */
  static none(): SinkMemory {
    return new SinkMemories(new KeptFiles(null)).of('');
  }

  static async open(files: KeptFiles): Promise<SinkMemories> {
    const memories = new SinkMemories(files);
    for (const { name, text } of await files.readAll('sinks')) {
      const note = parseKept(NoteSchema, text);
      if (note !== null && nameOf(note) === name) memories.#notes.set(name, note);
    }
    return memories;
  }

  of(sink: string): SinkMemory {
    return {
      recall: (id) => this.#notes.get(nameOf({ sink, id }))?.value,
      keep: (id, value) => this.#keep({ sink, id, value }),
    };
  }

  async #keep(note: Note): Promise<void> {
    const name = nameOf(note);
    const known = this.#notes.delete(name);
    if (note.value !== null) {
      this.#notes.set(name, note);
      await this.#files.write(`sinks/${name}`, () => JSON.stringify(note));
      const [oldest] = this.#notes.keys();
      if (oldest === undefined || this.#notes.size <= MAX_REMEMBERED) return;
      this.#notes.delete(oldest);
      await this.#files.remove(`sinks/${oldest}`);
    } else if (known) await this.#files.remove(`sinks/${name}`);
  }
}

function nameOf({ sink, id }: Pick<Note, 'sink' | 'id'>): string {
  return fileNameOf([sink, id]);
}
