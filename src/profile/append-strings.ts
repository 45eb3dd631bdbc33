// A string table with more rows behind those it has. The old rows keep their numbers, so columns stay as they are.
import { StringTable, type StringIndex } from '../base/string-table.ts';
import { encodeUtf8 } from '../base/utf8.ts';

/** Collects texts for a table; `finish` makes the longer table. Each text is added once. */
export class StringAppender {
  readonly #table: StringTable;
  readonly #rowByText = new Map<string, StringIndex>();
  readonly #added: Uint8Array[] = [];
  #bytes = 0;

  constructor(table: StringTable) {
    this.#table = table;
  }

  /** Row of the text in the table to come. The empty text is row 0, as in every profile. */
  row(text: string): StringIndex {
    if (text === '' && this.#table.length > 0) return 0 as StringIndex;
    const known = this.#rowByText.get(text);
    if (known !== undefined) return known;
    const row = (this.#table.length + this.#added.length) as StringIndex;
    const bytes = encodeUtf8(text);
    this.#added.push(bytes);
    this.#bytes += bytes.length;
    this.#rowByText.set(text, row);
    return row;
  }

  /** The table with the rows; the table itself when there are none. */
  finish(): StringTable {
    if (this.#added.length === 0) return this.#table;
    const { bytes: oldBytes, start: oldStart, end: oldEnd, length } = this.#table;
    const bytes = new Uint8Array(oldBytes.length + this.#bytes);
    const start = new Int32Array(length + this.#added.length);
    const end = new Int32Array(start.length);
    bytes.set(oldBytes);
    start.set(oldStart);
    end.set(oldEnd);
    let at = oldBytes.length;
    this.#added.forEach((text, i) => {
      bytes.set(text, at);
      start[length + i] = at;
      at += text.length;
      end[length + i] = at;
    });
    return new StringTable(bytes, start, end);
  }
}
