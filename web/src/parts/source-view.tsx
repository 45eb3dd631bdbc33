import type { SourceExcerpt } from '../../../src/model/status.ts';

/** Go's words, comments and strings: enough to read by, small enough to trust. Runes and raw strings count as strings. */
const TOKEN =
  /(\/\/.*$)|("(?:[^"\\]|\\.)*"|`[^`]*`?|'(?:[^'\\]|\\.)*')|\b(break|case|chan|const|continue|default|defer|else|fallthrough|for|func|go|goto|if|import|interface|map|package|range|return|select|struct|switch|type|var)\b/g;

export function SourceView({ source }: { readonly source: SourceExcerpt }) {
  return (
    <figure class="source">
      <figcaption>
        <code>
          {source.file}:{source.line}
        </code>
      </figcaption>
      <div class="scroll" tabIndex={0} role="region" aria-label={`Source of ${source.file}`}>
        <table class="code">
          <tbody>
            {source.lines.map((text, i) => {
              const number = source.firstLine + i;
              const isMarked = number === source.line;
              return (
                <tr key={number} class={isMarked ? 'is-marked' : ''}>
                  <th scope="row">
                    {isMarked ? <span class="unseen">The culprit, line </span> : null}
                    {number}
                  </th>
                  <td>
                    <code>{highlight(text)}</code>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

function highlight(text: string) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(end, match.index));
    const kind = match[1] !== undefined ? 'comment' : match[2] !== undefined ? 'string' : 'word';
    parts.push(
      <span key={match.index} class={`go-${kind}`}>
        {match[0]}
      </span>,
    );
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}
