// A configuration as `watch` takes it: what the schema says, and what only those who use the settings can tell.
import { stat } from 'node:fs/promises';
import { PlimsollError } from '../base/errors.ts';
import { MAX_PROBLEMS, sortProblems, type ConfigProblem } from '../config/config-problem.ts';
import { readConfig, type ReadConfig } from '../config/load-config.ts';
import type { Environment } from '../config/references.ts';
import { checkDiscover, checkRegex } from '../discover/create-discoverer.ts';
import { checkAddresses, listNamesakes } from './open-target.ts';

/** Reads a file and finds everything that is wrong with it. */
export async function readCheckedConfig(file: string, environment: Environment): Promise<ReadConfig> {
  const read = await readConfig(file, environment);
  const further = [
    ...targetProblems(read),
    ...(await sourceProblems(read)),
    ...(await sinkProblems(read)),
    ...discoverProblems(read),
  ];
  if (further.length === 0) return read;
  const problems = sortProblems([...read.problems, ...further]).slice(0, MAX_PROBLEMS);
  return { ...read, settings: null, problems };
}

function targetProblems({ sound: { targets }, problemAt }: ReadConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const sound: (typeof targets)[number][] = [];
  for (const target of targets) {
    const { index, setting } = target;
    try {
      checkAddresses(setting);
      sound.push(target);
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      // Not what was found: it may have come out of the environment.
      problems.push(
        problemAt(
          ['targets', index],
          error.fact,
          'Write http://host:port, pid:1234, name:orders or port:8080.',
        ),
      );
    }
  }
  for (const { index, other } of listNamesakes(sound.map(({ setting }) => setting))) {
    const place = ['targets', sound[index]?.index ?? 0];
    const first = sound[other]?.index ?? 0;
    const fact = `has the name and address of targets.${first}`;
    problems.push(problemAt(place, fact, 'Give each a service of its own, or remove one.'));
  }
  return problems;
}

function discoverProblems({
  sound: { discover, discoverParts, expressions },
  problemAt,
}: ReadConfig): ConfigProblem[] {
  const wrong = expressions.flatMap(({ path, regex }) => {
    const problem = checkRegex(regex);
    return problem === null ? [] : [problemAt(path, problem.fact, problem.fix)];
  });
  const entries = [...discover.map(({ index, setting }) => ({ index, parts: setting })), ...discoverParts];
  const ofEntries = entries.flatMap(({ index, parts }) =>
    checkDiscover(parts).map(({ path, fact, fix }) => problemAt(['discover', index, ...path], fact, fix)),
  );
  return [...wrong, ...ofEntries];
}

async function sinkProblems({ sound, problemAt }: ReadConfig): Promise<ConfigProblem[]> {
  const problems: ConfigProblem[] = [];
  for (const { path, file } of sound.sinkFiles) {
    const found = await stat(file).catch(() => null);
    if (found?.isDirectory())
      problems.push(problemAt(path, 'is a folder', 'Name a file in it, alerts.ndjson for example.'));
  }
  return problems;
}

async function sourceProblems({ sound, problemAt }: ReadConfig): Promise<ConfigProblem[]> {
  const problems: ConfigProblem[] = [];
  for (const { index, folder } of sound.sourceDirs) {
    const found = await stat(folder).catch(() => null);
    if (!found?.isDirectory())
      problems.push(
        problemAt(['source', index], 'is no folder that is there', 'Name a folder with Go sources.'),
      );
  }
  return problems;
}
