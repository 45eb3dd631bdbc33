// The tables of docs/configuration.md, between their marks, from docs/plimsoll.schema.json.

const cell = (text) => text.replaceAll('|', '\\|').replace(/\.$/, '');

function row(name, schema) {
  const env = schema['x-env'] ? `. Environment: \`${schema['x-env']}\`` : '';
  const without = /^(.*) Default: (.*)\.$/s.exec(schema.description);
  const isCollection = schema['x-kind'] === undefined;
  const byDefault = schema.default
    ? `\`${schema.default}\``
    : without
      ? without[2]
      : isCollection
        ? 'none'
        : '';
  const description = cell(without ? without[1] : schema.description);
  return `| \`${name}\` | ${cell(byDefault)} | ${description}${env} |`;
}

/** Rows of every setting below `schema`, dotted; as src/config/json-schema.ts lists them. */
function rows(schema, name) {
  if (schema.properties)
    return Object.entries(schema.properties).flatMap(([key, value]) =>
      rows(value, name ? `${name}.${key}` : key),
    );
  const long = schema.items?.properties ? schema.items : schema.items?.anyOf?.find((each) => each.properties);
  if (long) return rows(long, `${name}[]`);
  if (schema.additionalProperties?.properties) return rows(schema.additionalProperties, `${name}.<name>`);
  return [row(name, schema)];
}

const table = (lines) => ['| setting | default | meaning |', '|---|---|---|', ...lines].join('\n');

/** The page with its tables written anew. */
export function writeTables(page, schema) {
  const { targets, alerts, discover, ...general } = schema.properties;
  const parts = {
    settings: table(rows({ properties: general }, '')),
    targets: table(rows(targets, 'targets')),
    alerts: table(rows(alerts, 'alerts')),
    discover: table(rows(discover, 'discover')),
  };
  return Object.entries(parts).reduce((text, [name, lines]) => {
    const begin = `<!-- ${name}: written by npm run schema -->`;
    const end = `<!-- end of ${name} -->`;
    const [before, rest] = text.split(begin);
    const after = rest?.split(end)[1];
    if (after === undefined) throw new Error(`docs/configuration.md has no marks for ${name}`);
    return `${before}${begin}\n\n${lines}\n\n${end}${after}`;
  }, page);
}
