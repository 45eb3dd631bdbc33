// File names of a build machine as they are called here. Source: google/pprof internal/report trimPath.

/**
 * Cuts a prefix off a file name: those of -trim_path; without any, everything up to the base name of a folder of
 * -source_path, where the name has it. Both are lists separated by ':'.
 */
export function trimPath(path: string, trim: string, sourcePath: string): string {
  if (trim === '') {
    for (const folder of splitList(sourcePath)) {
      const wanted = `/${baseOf(folder)}/`;
      const found = path.indexOf(wanted);
      if (found !== -1) return path.slice(found + wanted.length);
    }
  }
  for (const prefix of [...splitList(trim), '/proc/self/cwd/./', '/proc/self/cwd/']) {
    const whole = prefix.endsWith('/') ? prefix : `${prefix}/`;
    if (path.startsWith(whole)) return path.slice(whole.length);
  }
  return path;
}

/** Go's filepath.SplitList on Unix. */
export function splitList(list: string): string[] {
  return list === '' ? [] : list.split(':');
}

function baseOf(path: string): string {
  if (path === '') return '.';
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}
