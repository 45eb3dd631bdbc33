import {
  formatProblem,
  MAX_PROBLEMS,
  sortProblems,
  type ConfigProblem,
} from '../../config/config-problem.ts';
import { isKnownFile, readKnownLeaks } from '../../config/known-leaks.ts';
import { CONFIG_FILE } from '../../config/load-config.ts';
import { readCheckedConfig } from '../checked-config.ts';
import { findSchemaProblem, formatSchema } from '../editor-schema.ts';
import { findFileProblems, findOwnersProblems } from '../named-files.ts';
import { readKnownFiles } from '../repository-notes.ts';
import { Repositories } from '../../workspace/repositories.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';

export interface ConfigCheckOptions {
  readonly json?: boolean;
}

/** Everything that is wrong with a configuration, one line each: 0 when it is nothing, else 3. No value of a secret is told. */
export async function configCheckCommand(
  named: string | undefined,
  options: ConfigCheckOptions,
  environment: NodeJS.ProcessEnv,
): Promise<ExitStatus> {
  const file = named ?? CONFIG_FILE;
  if (await isKnownFile(file)) return checkKnownFile(file, options);
  const read = await readCheckedConfig(file, environment);
  const { settings, sound, files } = read;
  const ofFiles = await findFileProblems(read, file);
  const own = sortProblems([...read.problems, ...ofFiles]).slice(0, MAX_PROBLEMS);
  const problems = [
    ...own.map((problem) => ({ file, problem })),
    ...(await findSourceProblems(sound.sourceDirs.map(({ folder }) => folder))),
  ];
  const isValid = problems.length === 0;
  const editorSchema = await findSchemaProblem(file);
  if (options.json === true) {
    const targets = settings?.targets.length ?? null;
    const told = problems.map((each) => ({ ...each.problem, file: each.file }));
    const document = { file, isValid, targets, files, problems: told, editorSchema };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else if (settings !== null && isValid) {
    const count = settings.targets.length;
    process.stdout.write(`${file}: valid, ${count} ${count === 1 ? 'target' : 'targets'}\n`);
  } else {
    tellProblems(file, problems);
  }
  if (editorSchema !== null) process.stderr.write(`plimsoll: ${editorSchema}\n`);
  return isValid ? EXIT.none : EXIT.error;
}

/** A list of known leaks, named in place of a configuration. */
async function checkKnownFile(file: string, { json = false }: ConfigCheckOptions): Promise<ExitStatus> {
  const { known, problems } = await readKnownLeaks(file);
  const isValid = problems.length === 0;
  const told = problems.map((problem) => ({ ...problem, file }));
  const document = { file, isValid, targets: null, files: [], problems: told, editorSchema: null };
  if (json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else if (isValid)
    process.stdout.write(`${file}: valid, ${known.length} known ${known.length === 1 ? 'leak' : 'leaks'}\n`);
  else
    tellProblems(
      file,
      told.map((problem) => ({ file, problem })),
    );
  return isValid ? EXIT.none : EXIT.error;
}

function tellProblems(
  file: string,
  problems: readonly { readonly file: string; readonly problem: ConfigProblem }[],
): void {
  process.stderr.write(problems.map((each) => `${formatProblem(each.file, each.problem)}\n`).join(''));
  const count = problems.length;
  process.stderr.write(`plimsoll: ${file}: ${count} ${count === 1 ? 'problem' : 'problems'}\n`);
}

/** Of owners and lists of known leaks in the folders with sources. A watch begins without one that is wrong, and says so. */
async function findSourceProblems(folders: readonly string[]) {
  const repositories = await Repositories.open(folders);
  const known = await readKnownFiles(repositories);
  return [
    ...known.flatMap(({ file, problems }) => problems.map((problem) => ({ file, problem }))),
    ...(await findOwnersProblems(repositories)),
  ];
}

/** The JSON Schema of plimsoll.yaml, for editors. */
export function configSchemaCommand(): ExitStatus {
  process.stdout.write(formatSchema());
  return EXIT.none;
}
