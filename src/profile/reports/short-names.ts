// Function names as a picture has room for. Source: google/pprof internal/graph ShortenFunctionName.

const ANONYMOUS_NAMESPACE = /^\(anonymous namespace\)::/;
/** A major version as an element of a path: `/v2/`. */
const MODULE_VERSION = /^([^\n]*?)\/v(?:[2-9]|[1-9][0-9]+)([./][^\n]*)$/;
const FOLDER = /[\w\-.]+\//y;
const JAVA = /^(?:[a-z]\w*\.)*([A-Z][\w$]*\.(?:<init>|[a-z][\w$]*(?:\$\d+)?))(?:\(|$)/;
const CPP = /^(?:[_a-zA-Z]\w*::)+(_*[A-Z]\w*::~?[_a-zA-Z]\w*(?:<.*>)?)/;

/** Names longer than this are left as they are: the expressions are for names that people write. */
const MAX_NAME = 4096;

/** Without the folders of a Go package, a Java package, or a C++ namespace. In time that grows with the name. */
export function shortenFunctionName(name: string): string {
  if (name.length > MAX_NAME) return name;
  let plain = name.replace(ANONYMOUS_NAMESPACE, '');
  // A line break is never part of a match, so there is no need to look for one from each version on.
  if (!plain.includes('\n')) plain = plain.replace(MODULE_VERSION, '$1$2');
  const go = withoutGoFolders(plain);
  if (go !== null) return go;
  for (const expression of [JAVA, CPP]) {
    const found = expression.exec(plain);
    if (found) return found[1];
  }
  return plain;
}

/**
 * What `^(?:[\w\-.]+\/)+([^.]+\.[^\n]+)` finds, which is behind as many folders as may be; null = it finds nothing. The expression
 * itself looks for a dot behind each folder, up to the end of the name.
 */
function withoutGoFolders(name: string): string | null {
  const starts: number[] = [];
  FOLDER.lastIndex = 0;
  while (FOLDER.test(name)) starts.push(FOLDER.lastIndex);
  let dot = -1;
  let end = name.length;
  for (const start of starts.reverse()) {
    const next = name.slice(start, end).indexOf('.');
    if (next !== -1) dot = start + next;
    end = start;
    if (dot <= start) continue;
    const lineEnd = name.indexOf('\n', dot);
    const until = lineEnd === -1 ? name.length : lineEnd;
    if (until > dot + 1) return name.slice(start, until);
  }
  return null;
}
