// `discover` in plimsoll.yaml: where targets are found, and the rules by which they become targets.
import { Type } from 'typebox';
import { choice, count, group, listOf, text, verbatim } from './setting-kinds.ts';
import { RELABEL_ACTIONS } from './settings.ts';
import { SHARED } from './target-schema.ts';

/** The names of Prometheus, so that `relabel_configs` can be pasted. */
const RelabelSchema = group(
  {
    source_labels: Type.Optional(
      listOf(text({ description: 'A label.' }), 'Labels whose values are joined and looked at.'),
    ),
    separator: Type.Optional(verbatim({ description: 'Between the values.', without: '`;`' })),
    regex: Type.Optional(
      verbatim({
        description: 'Expression (RE2) that the whole value, or the name of a label, has to match.',
        without: '`(.*)`',
      }),
    ),
    modulus: Type.Optional(count({ description: 'Of the hash, for `hashmod`.', without: 'none' })),
    target_label: Type.Optional(
      verbatim({ description: 'Label that is written; may have `$1` in it.', without: 'none' }),
    ),
    replacement: Type.Optional(
      verbatim({ description: 'What is written, with `$1` or `${1}` for groups.', without: '`$1`' }),
    ),
    action: Type.Optional(
      choice(RELABEL_ACTIONS, { description: 'What is done on a match.', without: '`replace`' }),
    ),
  },
  'A rule of relabelling.',
);

/** One entry of the list. */
export const DiscoverSchema = group(
  {
    job: Type.Optional(
      text({
        description:
          'Label `job`: names the service of all targets that no rule gives a `service` or `job`; a slash in it becomes a dash.',
        without: 'as the source names it, else as for `targets`',
      }),
    ),
    files: Type.Optional(
      listOf(
        text({ description: 'A path.' }),
        "Files in the format of Prometheus's `file_sd` (`.json`, `.yml`, `.yaml`; the last part of the path may have a `*`), from the folder of plimsoll.yaml. They are read again when they change; of a file that is wrong, what was read before goes on.",
      ),
    ),
    relabel: Type.Optional(
      listOf(RelabelSchema, 'Rules, in order, as `relabel_configs` of Prometheus has them.'),
    ),
    ...SHARED,
  },
  'Where targets are found, and what holds for all of them.',
);
