import { formatBytes } from '../../../src/base/units.ts';
import { ledgerParts, type LedgerPart } from '../ledger-data.ts';
import { formatShare } from '../words.ts';

/** What resident memory was made of at the newest evaluation: a bar to see it, a table to read it. */
export function Ledger({ ledger }: { readonly ledger: Readonly<Record<string, number | null>> | null }) {
  const parts = ledger ? ledgerParts(ledger) : [];
  const drawn = parts.reduce((sum, part) => sum + Math.max(0, part.bytes ?? 0), 0);
  const total = ledger?.['rssBytes'] ?? drawn;
  if (drawn === 0) {
    return (
      <p class="quiet">Not known: it takes the memory of the process (RSS) beside the gauges of its heap.</p>
    );
  }
  return (
    <>
      <div class="ledger-bar" aria-hidden="true">
        {parts.map((part) => (
          <span
            key={part.key}
            class={`ledger-part part-${part.key}`}
            style={{ flexGrow: Math.max(0, part.bytes ?? 0) / drawn }}
            title={`${part.label} ${formatBytes(part.bytes ?? 0)}`}
          />
        ))}
      </div>
      <table class="plain ledger">
        <thead>
          <tr>
            <th scope="col">Part of resident memory</th>
            <th scope="col" class="number">
              Bytes
            </th>
            <th scope="col" class="number">
              Share
            </th>
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <LedgerRow key={part.key} part={part} total={total} />
          ))}
        </tbody>
      </table>
      <p class="quiet">{formatBytes(total)} in all, when the service was last evaluated.</p>
    </>
  );
}

function LedgerRow({ part, total }: { readonly part: LedgerPart; readonly total: number }) {
  return (
    <tr>
      <th scope="row">
        <span class={`swatch-box part-${part.key}`} aria-hidden="true" />
        {part.label} <span class="quiet">{part.meaning}</span>
      </th>
      <td class="number">
        {part.bytes === null ? <span class="quiet">not known</span> : formatBytes(part.bytes)}
      </td>
      <td class="number">{part.bytes === null ? '' : formatShare(part.bytes / total)}</td>
    </tr>
  );
}
