// `plimsoll profile --help`.
import type { CommandEntry, ReportEntry } from './profile-tools.ts';

export function profileHelp(reports: Readonly<Record<string, ReportEntry | CommandEntry>>): string {
  const rows = Object.entries(reports).map(([name, { summary, hasSymbol }]) => {
    const usage = hasSymbol === true ? `${name} REGEX` : name;
    return `  ${usage.padEnd(14)} ${summary}`;
  });
  return `Usage: plimsoll profile <report> [REGEX] [flags] [binary] <profile...>

Reports on pprof profiles: files (profile.proto plain, gzip or zstd, and the texts of debug=1), "-" for standard input,
and http(s) URLs. Several are merged. Flags, numbers and texts are those of go tool pprof.

Reports:
${rows.join('\n')}

${FLAGS}`;
}

const FLAGS = `Flags (-x, --x, -x=v, -x v; booleans only with =; the first word that is no flag ends them):
  Comparing
    -base FILE            subtract this profile; of several, the last is taken
    -diff_base FILE       likewise; percentages refer to the base
    -normalize            scale the profile to the sums of the base first
  What is shown
    -sample_index NAME    sample type, by name or number; -inuse_space, -inuse_objects, -alloc_space, -alloc_objects,
                          -total_delay, -contentions, -mean_delay are short for it
    -functions -filefunctions -files -lines -addresses    one row a function (default), file, line, ...
    -noinlines            count inlined calls for their caller
    -showcolumns          columns besides lines
    -cum, -flat           order
    -unit UNIT            minimum (one for all, default), auto (one a number), MB, ms, ...
    -divide_by N          divide what is printed
    -mean                 divide by the first value of each sample
    -relative_percentages of what the filters leave
    -compact_labels       without the lines about the profile
  Which samples and frames (RE2 expressions on function, file or object names)
    -focus RE             samples with such a frame
    -ignore RE            samples without one
    -hide RE, -show RE    leave out such frames, or all others
    -show_from RE         leave out the callers above the highest such frame
    -prune_from RE        leave out what the lowest such function calls
    -tagfocus T, -tagignore T    samples by label: "key=value", "value", ranges such as "32kb:" or "12kb:64mb"
    -tagshow RE, -taghide RE     labels by key
    -tagroot KEYS, -tagleaf KEYS label values as frames
  How much
    -nodecount N, -nodefraction F, -edgefraction F, -trim=false, -drop_negative, -call_tree
  Sources
    -seconds N            how long the server is to collect (of a URL)
    -timeout N            seconds until its answer is there: 60, or 1.5 times -seconds
    -tls_ca, -tls_cert, -tls_key FILE    of an https URL (PEM); https+insecure:// trusts anybody
    --max-bytes SIZE      limit on one decompressed profile (128MiB)
    -symbolize MODE       none = names as they are; nothing is looked up in binaries or servers
    -buildid ID, -add_comment TEXT, -source_path LIST, -trim_path LIST
  -output FILE            instead of standard output
  --listen HOST:PORT      of ui; -http is the same. Without it, a free port of 127.0.0.1

Examples:
  plimsoll profile top heap.pb.gz                                 functions that hold memory
  plimsoll profile top -base before.pb.gz after.pb.gz             what grew between two profiles
  plimsoll profile list 'Track$' heap.pb.gz                       which line of a function
  plimsoll profile traces -tagfocus=1mb: http://127.0.0.1:6060/debug/pprof/heap
  curl -s http://host:6060/debug/pprof/heap | plimsoll profile top -cum -
  plimsoll profile ui -base before.pb.gz after.pb.gz              a page to look around in, until Ctrl-C

There is no interactive shell; "plimsoll profile ui" serves a page that does more than one would.
`;
