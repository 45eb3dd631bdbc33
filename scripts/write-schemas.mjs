// Writes the published JSON Schemas from the types that define them: docs/report.schema.json from src/model/report.ts,
// through the built product. With --check nothing is written, and a file that differs fails (status 1).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SCHEMAS = [
  { file: join(ROOT, 'docs', 'report.schema.json'), from: 'report/schema', build: 'buildReportJsonSchema' },
];

const isCheck = process.argv.includes('--check');
for (const { file, from, build } of SCHEMAS) {
  const module = join(ROOT, 'dist', `${from}.js`);
  if (!existsSync(module)) {
    process.stderr.write(`schemas: ${module} is missing: run npm run build first\n`);
    process.exit(3);
  }
  const schema = (await import(pathToFileURL(module).href))[build]();
  const options = { ...(await resolveConfig(file)), filepath: file };
  const text = await format(JSON.stringify(schema), options);
  if (!isCheck) {
    writeFileSync(file, text);
    process.stdout.write(`schemas: wrote ${file}\n`);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`schemas: ${file} is not what the types say: run npm run schema and commit it\n`);
    process.exitCode = 1;
  }
}
