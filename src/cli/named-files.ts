// Files that a configuration names and that are read when they are needed only: certificates, tokens, a kubeconfig, CODEOWNERS.
// `config check` opens them all; a watch begins without, as they may be mounted later, and says what is missing then.
import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PlimsollError } from '../base/errors.ts';
import { authorizationHeader, TlsAgents } from '../collect/access.ts';
import type { ConfigProblem } from '../config/config-problem.ts';
import type { ReadConfig } from '../config/load-config.ts';
import type { CommonSetting, DiscoverSetting } from '../config/settings.ts';
import { KubernetesApi, KubernetesError } from '../discover/kubernetes-api.ts';
import { MAX_OWNERS_BYTES } from '../workspace/code-owners.ts';
import type { Repositories } from '../workspace/repositories.ts';

type Path = readonly (string | number)[];

const NAME_ANOTHER = 'Name a file that this user may read, or put it there.';

/** What is wrong with them, each where it is named. Nothing of their content is told. */
export async function findFileProblems(
  { sound: { targets, discover }, problemAt }: ReadConfig,
  configFile: string,
): Promise<readonly ConfigProblem[]> {
  const problems: ConfigProblem[] = [];
  const entries: readonly { readonly path: Path; readonly setting: CommonSetting }[] = [
    ...targets.map(({ index, setting }) => ({ path: ['targets', index], setting })),
    ...discover.map(({ index, setting }) => ({ path: ['discover', index], setting: setting.common })),
  ];
  for (const { path, setting } of entries)
    for (const { at, fact } of await findAccessProblems(setting))
      problems.push(problemAt([...path, ...at], fact, NAME_ANOTHER));
  const folder = dirname(resolve(configFile));
  for (const { index, setting } of discover) {
    const wrong = await findClusterProblem(setting, folder);
    if (wrong !== null)
      problems.push(
        problemAt(['discover', index, 'kubernetes', wrong.key], wrong.fact, 'See kubectl config view.'),
      );
  }
  return problems;
}

async function findAccessProblems({ access }: CommonSetting) {
  const problems: { readonly at: Path; readonly fact: string }[] = [];
  if (access === null) return problems;
  const { tls, auth } = access;
  const byBearer = auth?.kind === 'bearer';
  await authorizationHeader(access).catch((error: unknown) => {
    problems.push({ at: byBearer ? ['bearerFile'] : ['basic', 'passwordFile'], fact: factOf(error) });
  });
  const agents = new TlsAgents({});
  await agents.for(tls).catch((error: unknown) => {
    const where = error instanceof PlimsollError ? (error.place.where ?? null) : null;
    const key = (['ca', 'cert', 'key'] as const).find((name) => tls?.[name] === where);
    problems.push({ at: key === undefined ? ['tls'] : ['tls', key], fact: factOf(error) });
  });
  agents.destroy();
  return problems;
}

async function findClusterProblem(
  { sources }: DiscoverSetting,
  folder: string,
): Promise<{ readonly key: 'kubeconfig' | 'context'; readonly fact: string } | null> {
  for (const source of sources) {
    // Without both it is the service account of a pod, which is not here.
    if (source.kind !== 'kubernetes' || (source.kubeconfig === null && source.context === null)) continue;
    try {
      await KubernetesApi.open(source, { folder });
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      return { key: source.kubeconfig === null ? 'context' : 'kubeconfig', fact: error.message };
    }
  }
  return null;
}

/** CODEOWNERS that is there and says nothing, as it cannot be read or is larger than GitHub reads. */
export async function findOwnersProblems(
  repositories: Repositories,
): Promise<readonly { readonly file: string; readonly problem: ConfigProblem }[]> {
  const problems = [];
  for (const file of repositories.ownersFiles) {
    const found = await stat(file).catch(() => null);
    if (found === null) continue;
    const isReadable = await access(file, constants.R_OK).then(
      () => found.isFile(),
      () => false,
    );
    const fact = isReadable
      ? found.size > MAX_OWNERS_BYTES
        ? 'has more than 3 MiB: it names no owners'
        : null
      : 'is no file that can be read';
    if (fact === null) continue;
    const fix = 'Mend it, or take it away: owners come from the label owner of targets then.';
    problems.push({ file, problem: { line: null, column: null, field: '', found: null, fact, fix } });
  }
  return problems;
}

function factOf(error: unknown): string {
  if (error instanceof PlimsollError) return error.fact;
  throw error;
}
