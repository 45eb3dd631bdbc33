// Writes the published JSON Schemas from the types that define them: docs/report.schema.json from src/model/report.ts,
// docs/plimsoll.schema.json and the tables of docs/configuration.md from src/config/config-schema.ts, through the built product. With --check nothing is written, and a file that differs fails (status 1).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { writeTables } from './configuration-tables.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SCHEMAS = [
  { file: join(ROOT, 'docs', 'report.schema.json'), from: 'report/schema', build: 'buildReportJsonSchema' },
  {
    file: join(ROOT, 'docs', 'plimsoll.schema.json'),
    from: 'config/json-schema',
    build: 'buildConfigJsonSchema',
    tables: join(ROOT, 'docs', 'configuration.md'),
  },
];

const isCheck = process.argv.includes('--check');

async function publish(file, text) {
  const options = { ...(await resolveConfig(file)), filepath: file };
  const formatted = file.endsWith('.md') ? text : await format(text, options);
  if (!isCheck) {
    writeFileSync(file, formatted);
    process.stdout.write(`schemas: wrote ${file}\n`);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== formatted) {
    process.stderr.write(`schemas: ${file} is not what the types say: run npm run schema and commit it\n`);
    process.exitCode = 1;
  }
}

for (const { file, from, build, tables } of SCHEMAS) {
  const module = join(ROOT, 'dist', `${from}.js`);
  if (!existsSync(module)) {
    process.stderr.write(`schemas: ${module} is missing: run npm run build first\n`);
    process.exit(3);
  }
  const schema = (await import(pathToFileURL(module).href))[build]();
  await publish(file, JSON.stringify(schema));
  if (tables) await publish(tables, writeTables(readFileSync(tables, 'utf8'), schema));
}
