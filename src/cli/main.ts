import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { PlimsollError } from '../base/errors.ts';
import { VERSION } from './version.ts';
import { EXIT, endWith, failWith } from './exit-status.ts';
import {
  durationArgument,
  listenArgument,
  pastTimeArgument,
  scaleArgument,
  shardArgument,
  sizeArgument,
  wholeNumberArgument,
} from './arguments.ts';
import { addAlertCommands } from './alert-commands.ts';
import type { WatchOptions } from './commands/watch.ts';
import type { CheckOptions } from './commands/check.ts';
import type { DemoOptions } from './commands/demo.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import type { OomOptions } from './commands/oom.ts';
import type { RecordOptions } from './commands/record.ts';
import type { GcTraceOptions } from './commands/gctrace.ts';
import type { ScreenOptions } from './commands/screen.ts';
import type { ReplayOptions } from './commands/replay.ts';
import type { ReportOptions } from './commands/report.ts';
import type { ConfigCheckOptions } from './commands/config.ts';
import type { InitOptions } from './commands/init.ts';
import type { DiagnoseOptions } from './commands/diagnose.ts';

// All commands but `profile`. They are imported when they run: `plimsoll --help` must be there at once.

/** How to be let in. Secrets come in files, since a command line is there for all to see. */
function withAccessOptions(command: Command): Command {
  return command
    .addOption(repeatable('--header <name: value>', 'sent with every request'))
    .option('--ca <file>', 'authorities to trust instead of those of the system (PEM)')
    .option('--cert <file>', 'certificate to show where one is asked for (PEM)')
    .option('--key <file>', 'its key (PEM)')
    .option('--server-name <name>', 'name that the certificate of the other side must be for')
    .option('--bearer-file <file>', 'file with a bearer token, read for each request')
    .option('--user <name>', 'user of basic authentication')
    .option('--password-file <file>', 'file with the password of --user');
}

/** Options that say how to reach a target; shared by watch, check, record and doctor. */
function withTargetOptions(command: Command): Command {
  return withAccessOptions(command)
    .option('--service <name>', 'name of the service (default: host:port)')
    .option('--metrics <url>', 'where /metrics is, if not at the target URL')
    .option('--vars <url>', 'where /debug/vars is')
    .option('--pprof <url>', 'base of net/http/pprof where it has its own port or prefix')
    .addOption(
      repeatable('--pprof-header <name: value>', 'sent to pprof instead of --header and credentials'),
    )
    .addOption(
      repeatable('--match <label=value>', 'where one page serves several processes: labels of this one'),
    )
    .option('--memory-limit <size>', 'memory limit where no cgroup tells it, e.g. 512MiB', size)
    .option('--module <path>', 'import path of the main module, where the target does not tell it')
    .option(
      '--gctrace <file>',
      'its standard error with GODEBUG=gctrace=1: the live heap without any endpoint',
    )
    .option('--pid <n>', 'process id, to read /proc (found by itself on this machine)', wholeNumber);
}

function withTimeScale(command: Command): Command {
  return command.addOption(
    new Option('--time-scale <n>', 'virtual seconds per real second; for tests and demonstrations')
      .argParser(scale)
      .default(1),
  );
}

/** Of `check --host`. */
interface WithHost {
  readonly host?: boolean;
}

const FAIL_ON = new Option(
  '--fail-on <verdicts>',
  'verdicts that make the exit status non-zero: leak, undetermined, none; comma-separated',
).default('leak,undetermined');

function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description} (repeatable)`)
    .argParser((value: string, all: readonly string[]) => [...all, value])
    .default([], 'none');
}

function lasting(flags: string, description: string, byDefault: string): Option {
  return new Option(flags, description).argParser(duration).default(durationArgument(byDefault), byDefault);
}

/** A value that is refused is told with the name of its option, which only Commander knows. */
function named<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw error instanceof PlimsollError ? new InvalidArgumentError(`It ${error.fact}`) : error;
    }
  };
}
const duration = named(durationArgument);
const listen = named(listenArgument);
const scale = named(scaleArgument);
const shard = named(shardArgument);
const size = named(sizeArgument);
const time = named(pastTimeArgument);
const wholeNumber = named(wholeNumberArgument);

function buildProgram(): Command {
  const program = new Command('plimsoll')
    .description(
      'Finds memory leaks in running Go services: notices growth, names the code, says how long is left.',
    )
    .version(VERSION)
    .configureOutput({ outputError: (text, write) => write(formatUsageError(text)) })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  plimsoll demo                                    a leaking Go service, watched, with the page
  plimsoll watch http://127.0.0.1:6060             watch a service until Ctrl-C
  plimsoll check http://127.0.0.1:6060 --for 5m    one investigation; exit 0 none, 1 leak, 2 cannot tell, 3 error
  plimsoll profile top heap.pb.gz                  what a profile holds, as go tool pprof shows it
  plimsoll doctor http://127.0.0.1:6060            which evidence it gives, and how to turn on the rest`,
    );

  withTimeScale(
    withTargetOptions(
      program
        .command('watch')
        .description('watch services: collect, decide, name the code, serve the page')
        .argument('[target...]', 'URLs of services, or processes here: pid:1234, name:orders, port:8080')
        .option('-c, --config <file>', 'plimsoll.yaml')
        .option(
          '--listen <host:port>',
          'address of the page and the API (default 127.0.0.1:7117, or PORT)',
          listen,
        )
        .option('--push', 'take profiles that services push (pyroscope-go, Alloy), also without a target')
        .option('--data <folder>', 'where evidence and findings are kept')
        .option('--storage <kind>', 'chdb, memory, or the URL of a ClickHouse server')
        .addOption(repeatable('--source <folder>', 'Go sources: show the culprit, name holder and fix'))
        .option('--gauge-interval <duration>', 'between two scrapes (15s)', duration)
        .option('--profile-interval <duration>', 'between two profiles at least (10m)', duration)
        .option('--record <folder>', 'also write the raw evidence of the first target as a recording')
        .option('--local', 'every Go process of this machine that serves pprof, found by itself')
        .option('--shard <n/of>', 'watch one part of the targets; others watch the others: 1/3', shard)
        .option(
          '--json',
          'reports as JSON, one plimsoll-report/1 document a line, whenever an answer changes',
        ),
    ),
  )
    .addHelpText(
      'after',
      `
Examples:
  plimsoll watch http://127.0.0.1:6060
  plimsoll watch http://10.0.0.8:8080 --pprof http://10.0.0.8:6060/debug/pprof --memory-limit 512MiB
  plimsoll watch --local
  plimsoll watch -c plimsoll.yaml`,
    )
    .action(async (targets: string[], options: WatchOptions) => {
      const { watchCommand } = await import('./commands/watch.ts');
      await endWith(watchCommand(targets, options, process.env));
    });

  withTimeScale(
    withTargetOptions(
      program
        .command('check')
        .description('one time-boxed investigation; exit 0 no leak, 1 leak, 2 cannot tell, 3 error')
        .argument('[target]', 'URL of a service, or a process here: pid:1234, name:orders, port:8080')
        .option(
          '--host',
          'this machine, or with --prometheus those that it knows: all processes, Go or not, by their share of the growth',
        )
        .option(
          '--prometheus <url>',
          'many targets at once, from the history of a query API (instead of a target)',
        )
        .option('--selector <matchers>', 'with --prometheus: which targets, e.g. {job="orders"}', '{}')
        .addOption(lasting('--since <duration>', 'with --prometheus: how far back', '7d'))
        .option('--until <time>', 'with --prometheus: the end of it (now)', time)
        .option(
          '--step <duration>',
          'with --prometheus: between two points (1m below 2d, 5m for a week)',
          duration,
        )
        .addOption(lasting('--for <duration>', 'how long to watch, by the clock on the wall', '5m'))
        .option(
          '--load <command>',
          'idle test: a shell command that makes requests; runs, rests and runs again',
        )
        .option('--json', 'one plimsoll-report/1 document on standard output')
        .option('--verbose', 'every test with its statistics, not only those that decide')
        .addOption(repeatable('--source <folder>', 'Go sources: show the culprit, name holder and fix'))
        .option('--gauge-interval <duration>', 'between two scrapes (5s)', duration)
        .option('--profile-interval <duration>', 'between two profiles at least (1m)', duration)
        .addOption(FAIL_ON),
    ),
  )
    .addHelpText(
      'after',
      `
Examples:
  plimsoll check http://127.0.0.1:6060 --for 10m
  plimsoll check http://127.0.0.1:6060 --for 30m --json > report.json
  plimsoll check http://127.0.0.1:6060 --for 30m --load 'hey -z 1h http://127.0.0.1:8080/'
  plimsoll check name:orders                       what /proc, and the ports that it listens on, tell
  plimsoll check --host --for 2m                    memory of this machine: who fills it?
  plimsoll check --prometheus http://prometheus:9090 --selector '{job="orders"}' --since 7d
  plimsoll check --host --prometheus http://prometheus:9090 --selector '{instance="db-1:9100"}' --since 1d
Ctrl-C ends it early with the report so far.`,
    )
    .action(async (target: string | undefined, options: CheckOptions & Partial<ScreenOptions & WithHost>) => {
      const { prometheus, host } = options;
      const given = [target, prometheus ?? host].filter((one) => one !== undefined);
      if (given.length !== 1) {
        throw new PlimsollError(
          'ARGUMENTS_INVALID',
          'arguments',
          'give a target or --prometheus or --host, one of them',
        );
      }
      if (host !== undefined && prometheus !== undefined) {
        const { checkHostsCommand } = await import('./commands/check-hosts.ts');
        await endWith(checkHostsCommand(options as ScreenOptions));
      } else if (host !== undefined) {
        const { checkHostCommand } = await import('./commands/check-host.ts');
        await endWith(checkHostCommand(options));
      } else if (prometheus !== undefined) {
        const { screenCommand } = await import('./commands/screen.ts');
        await endWith(screenCommand(options as ScreenOptions));
      } else if (target !== undefined) {
        const { checkCommand } = await import('./commands/check.ts');
        await endWith(checkCommand(target, options));
      }
    });

  withTimeScale(
    withTargetOptions(
      program
        .command('record')
        .description('write the raw evidence of a service to a folder or .tar.gz')
        .argument('<target>', 'URL of a service, or a process here: pid:1234, name:orders, port:8080')
        .requiredOption('-o, --output <path>', 'folder, or a name ending in .tar.gz')
        .option('--for <duration>', 'how long (default: until Ctrl-C)', duration)
        .option('--gauge-interval <duration>', 'between two scrapes (15s)', duration)
        .option('--profile-interval <duration>', 'between two profiles (5m)', duration)
        .option('--json', 'what was recorded as one JSON document on standard output'),
    ),
  )
    .addHelpText(
      'after',
      `
Examples:
  plimsoll record http://127.0.0.1:6060 -o orders.tar.gz --for 1h
  plimsoll replay orders.tar.gz`,
    )
    .action(async (target: string, options: RecordOptions) => {
      const { recordCommand } = await import('./commands/record.ts');
      await endWith(recordCommand(target, options));
    });

  program
    .command('replay')
    .description('run the pipeline on recordings, in virtual time, as fast as it can')
    .argument('<recording...>', 'folders or .tar.gz files; several of one service are its instances or lives')
    .option('--json', 'one plimsoll-report/1 document on standard output')
    .option('--verbose', 'every test with its statistics, not only those that decide')
    .addOption(repeatable('--source <folder>', 'Go sources: name holder and fix'))
    .addOption(FAIL_ON)
    .addHelpText(
      'after',
      `
Examples:
  plimsoll replay orders.tar.gz
  plimsoll replay --source ~/src/orders orders.tar.gz
  plimsoll replay --json orders.tar.gz | jq .verdict`,
    )
    .action(async (recordings: string[], options: ReplayOptions) => {
      const { replayCommand } = await import('./commands/replay.ts');
      await endWith(replayCommand(recordings, options));
    });

  program
    .command('report')
    .description('one file to keep, mail or paste into a ticket: HTML or Markdown')
    .argument(
      '[input...]',
      'recordings (folders or .tar.gz), or one report of --json; - reads standard input',
    )
    .option('--html', 'one self-contained file without scripts (default)')
    .option('--markdown', 'for a ticket or a chat')
    .addOption(repeatable('--source <folder>', 'Go sources: name holder and fix'))
    .option('-o, --output <file>', 'where to (default: standard output)')
    .addHelpText(
      'after',
      `
Examples:
  plimsoll report orders.tar.gz --html -o orders.html
  plimsoll check http://127.0.0.1:6060 --json | plimsoll report --markdown`,
    )
    .action(async (inputs: string[], options: ReportOptions) => {
      const { reportCommand } = await import('./commands/report.ts');
      await endWith(reportCommand(inputs, options));
    });

  program
    .command('gctrace')
    .description('a GC trace (GODEBUG=gctrace=1) to a verdict, numbers and a picture')
    .argument('[log...]', 'log files in order of time, - for standard input, or -- and a program to trace')
    .option('--json', 'one plimsoll-report/1 document with a gctrace section')
    .option('--svg <file>', 'also draw live heap, garbage and goal as SVG')
    .option('-o, --output <file>', 'where the report goes; a program then keeps standard output for itself')
    .option('--service <name>', 'name in the report (default: that of the file or program)')
    .option('-q, --quiet', 'do not pass on what is not of the trace')
    .option('--show-trace', 'pass on the trace as well')
    .option('--child-status', 'end with the status of the program instead of that of the verdict')
    .addOption(FAIL_ON)
    .addHelpText(
      'after',
      `
Examples:
  plimsoll gctrace -- ./service -port 8080         start it with GODEBUG=gctrace=1; Ctrl-C ends it with the report
  GODEBUG=gctrace=1 ./service 2> trace.log; plimsoll gctrace trace.log --svg heap.svg
  docker logs orders 2>&1 | plimsoll gctrace -
  kubectl logs orders-7d9f | plimsoll gctrace --json -
Exit status: 0 no leak, 1 leak, 2 cannot tell, 3 error.`,
    )
    .action(async (operands: string[], options: GcTraceOptions) => {
      const { gctraceCommand } = await import('./commands/gctrace.ts');
      const dashes = process.argv.indexOf('--');
      const command = dashes < 0 ? null : process.argv.slice(dashes + 1);
      const files = operands.slice(0, operands.length - (command?.length ?? 0));
      await endWith(gctraceCommand(files, command, options));
    });

  withTargetOptions(
    program
      .command('doctor')
      .description('which evidence a service gives, what is missing, and how to turn it on')
      .argument('<target>', 'URL of a service, or a process here: pid:1234, name:orders, port:8080')
      .option('--json', 'machine-readable'),
  )
    .addHelpText(
      'after',
      `
Examples:
  plimsoll doctor http://127.0.0.1:6060
Exit status: 0 the target answers, whatever evidence is missing; 3 nothing answers there, or an error.`,
    )
    .action(async (target: string, options: DoctorOptions) => {
      const { doctorCommand } = await import('./commands/doctor.ts');
      await endWith(doctorCommand(target, options));
    });

  program
    .command('oom')
    .description(
      'why processes were killed for memory: who, which limit, made of what, how often; crashes of Go, too',
    )
    .argument(
      '[file...]',
      'kernel logs (dmesg, journal, syslog), logs with Go crashes, kubectl get pod -o json; - = standard input; none = this machine',
    )
    .option(
      '--cgroup <path>',
      'a cgroup: kills, limit, what it holds; its folder, or its path as the kernel log has it',
    )
    .option('--service <name>', 'why was there no alert? asks a running watch about this service')
    .option('--server <url>', 'the running plimsoll watch', 'http://127.0.0.1:7117')
    .option('--json', 'one plimsoll-oom/1 document on standard output')
    .addHelpText(
      'after',
      `
Examples:
  plimsoll oom                                     what this machine's kernel remembers; mostly as root
  sudo dmesg --time-format=iso | plimsoll oom -
  kubectl get pod orders-7d9f -o json | plimsoll oom - node-7-kern.log
  plimsoll oom kern.log --service orders           why was there no alert before?
Exit 0 no kill and no crash, 1 there were, 2 kills are counted but not in the log, 3 error; with --service kills of others do not count.`,
    )
    .action(async (files: string[], options: OomOptions) => {
      const { oomCommand } = await import('./commands/oom.ts');
      await endWith(oomCommand(files, options));
    });

  program
    .command('demo')
    .description('start a leaking Go service with its load, watch it, and serve the page')
    .option('--leak <names>', 'which leaks to switch on, comma-separated (default: sessions)')
    .option('--listen <host:port>', 'address of the page (default 127.0.0.1:7117, or PORT)', listen)
    .option('--record <folder>', 'also write the raw evidence as a recording')
    .option('--for <duration>', 'end by itself after this real time', duration)
    .option('--json', 'reports as JSON, one plimsoll-report/1 document a line, whenever an answer changes')
    .addHelpText(
      'after',
      `
Examples:
  plimsoll demo
  plimsoll demo --leak jobs,tracker
Without Go it replays a recording that ships with the product.`,
    )
    .action(async (options: DemoOptions) => {
      const { demoCommand } = await import('./commands/demo.ts');
      await endWith(demoCommand(options, process.env));
    });

  // Listed here for the help; plimsoll.ts runs it before Commander has a look: its flags are spelled as Go's.
  program
    .command('profile')
    .description(
      'reports on pprof profiles, as go tool pprof has them: top, traces, raw, ... (profile --help)',
    )
    .argument('<report>')
    .argument('<profile...>');

  program
    .command('init')
    .description('look for Go services on this machine and write a first plimsoll.yaml')
    .argument('[file]', 'what to write (default: plimsoll.yaml)')
    .option('-y, --yes', 'ask nothing: watch all that is found (as where there is no terminal)')
    .option('--force', 'replace a file that is there')
    .addHelpText(
      'after',
      '\nExamples:\n  plimsoll init\n  plimsoll init --yes deploy/plimsoll.yaml\nThen: plimsoll watch -c plimsoll.yaml',
    )
    .action(async (file: string | undefined, options: InitOptions) => {
      const { initCommand } = await import('./commands/init.ts');
      await endWith(initCommand(file, options));
    });

  const config = program
    .command('config')
    .description('plimsoll.yaml: check it, or print its schema')
    .addHelpText(
      'after',
      '\nExamples:\n  plimsoll config check plimsoll.yaml\n  plimsoll config schema > plimsoll.schema.json',
    );
  config
    .command('check')
    .description('everything that is wrong with a configuration; exit 0 nothing, 3 something')
    .argument('[file]', 'the configuration (default: plimsoll.yaml)')
    .option('--json', 'machine-readable')
    .addHelpText(
      'after',
      '\nExamples:\n  plimsoll config check\n  plimsoll config check deploy/plimsoll.yaml --json',
    )
    .action(async (file: string | undefined, options: ConfigCheckOptions) => {
      const { configCheckCommand } = await import('./commands/config.ts');
      await endWith(configCheckCommand(file, options, process.env));
    });
  config
    .command('schema')
    .description('the JSON Schema of plimsoll.yaml, for editors')
    .addHelpText(
      'after',
      '\nExamples:\n  plimsoll config schema > plimsoll.schema.json\nand as the first line of plimsoll.yaml:\n  # yaml-language-server: $schema=plimsoll.schema.json',
    )
    .action(async () => {
      const { configSchemaCommand } = await import('./commands/config.ts');
      process.exitCode = configSchemaCommand();
    });

  program
    .command('diagnose')
    .description('diagnostic mode of a running watch: denser evidence for a while, ends by itself')
    .argument('<on|off>', 'on or off')
    .argument('<service>', 'name of the service')
    .addOption(lasting('--for <duration>', 'how long', '15m'))
    .option('--server <url>', 'the running plimsoll watch', 'http://127.0.0.1:7117')
    .addHelpText(
      'after',
      '\nExamples:\n  plimsoll diagnose on orders --for 15m\n  plimsoll diagnose off orders',
    )
    .action(async (state: string, service: string, options: DiagnoseOptions) => {
      const { diagnoseCommand } = await import('./commands/diagnose.ts');
      await endWith(diagnoseCommand(state, service, options));
    });

  addAlertCommands(program, duration);
  return program;
}

/** Commander's own words (`error: unknown option ...`, sometimes with a suggestion on a second line) as one line of ours. */
function formatUsageError(text: string): string {
  const fact = text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  return `plimsoll: arguments: ${fact}. See --help for what the command takes.\n`;
}

try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its own line; help and version are successes.
    process.exitCode = error.exitCode === 0 ? EXIT.none : EXIT.error;
  } else failWith(error);
}
