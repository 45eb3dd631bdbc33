// `$1`, `${1}`, `$name` and `${name}` in a replacement, as Go's regexp.Expand has them.
import type { Matcher } from 're2js';

/** `$name` is as long as it can be: `$1x` is the group `1x`, which there is not, so nothing. `$$` is a dollar. */
const REFERENCE = /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;
/** A number with a leading zero is a name. */
const NUMBER = /^(?:0|[1-9]\d{0,8})$/;

/** @param match that has matched. */
export function expandTemplate(template: string, match: Matcher): string {
  return template.replace(REFERENCE, (_, dollar?: string, braced?: string, bare?: string) =>
    dollar === undefined ? groupOf(match, braced ?? bare ?? '') : '$',
  );
}

function groupOf(match: Matcher, name: string): string {
  if (!NUMBER.test(name)) return match.getNamedGroups()[name] ?? '';
  const index = Number(name);
  return index > match.groupCount() ? '' : (match.group(index) ?? '');
}
