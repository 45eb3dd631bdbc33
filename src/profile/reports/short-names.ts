// Function names as a picture has room for. Source: google/pprof internal/graph ShortenFunctionName.

const ANONYMOUS_NAMESPACE = /^\(anonymous namespace\)::/;
/** A major version as an element of a path: `/v2/`. */
const MODULE_VERSION = /^(.*?)\/v(?:[2-9]|[1-9][0-9]+)([./].*)$/;
const GO = /^(?:[\w\-.]+\/)+([^.]+\..+)/;
const JAVA = /^(?:[a-z]\w*\.)*([A-Z][\w$]*\.(?:<init>|[a-z][\w$]*(?:\$\d+)?))(?:\(|$)/;
const CPP = /^(?:[_a-zA-Z]\w*::)+(_*[A-Z]\w*::~?[_a-zA-Z]\w*(?:<.*>)?)/;

/** Names longer than this are left as they are: the expressions are for names that people write. */
const MAX_NAME = 4096;

/** Without the folders of a Go package, a Java package, or a C++ namespace. */
export function shortenFunctionName(name: string): string {
  if (name.length > MAX_NAME) return name;
  const plain = name.replace(ANONYMOUS_NAMESPACE, '').replace(MODULE_VERSION, '$1$2');
  for (const expression of [GO, JAVA, CPP]) {
    const found = expression.exec(plain);
    if (found) return found[1];
  }
  return plain;
}
