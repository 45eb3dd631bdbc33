/**
 * How much of a name is shown, in pprof's words: `default` without parameters, results and template arguments;
 * `templates` with template arguments; `full` all of it.
 */
export type NameStyle = 'default' | 'templates' | 'full';
