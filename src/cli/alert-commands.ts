// `plimsoll alert ...`: its commands and options.
import { Option, type Command } from 'commander';
import { durationArgument } from './arguments.ts';
import type { AlertOptions, QueryOptions, RemarkOptions, SilenceOptions } from './commands/alert.ts';
import { endWith } from './exit-status.ts';

const load = () => import('./commands/alert.ts');

function withServer(command: Command): Command {
  return command
    .option('--server <url>', 'the running plimsoll watch', 'http://127.0.0.1:7117')
    .option('--json', 'machine-readable');
}

function withRemark(command: Command): Command {
  return withServer(command)
    .option('-c, --comment <text>', 'why, for those who come later')
    .option('-a, --author <name>', 'who does it (default: the user)');
}

/** @param duration parses a value of an option, and names the option when it is refused. */
export function addAlertCommands(program: Command, duration: typeof durationArgument): void {
  const alert = program
    .command('alert')
    .description('alerts of a running watch: list, acknowledge, silence, judge; test its sinks')
    .addHelpText(
      'after',
      `
Examples:
  plimsoll alert query service=orders
  plimsoll alert ack 5f2c0a91 --comment 'on it'
  plimsoll alert feedback 5f2c0a91 not-a-leak --comment 'a cache, bounded by tenants'
  plimsoll alert silence add service=orders --duration 2h --comment 'load test'
  plimsoll alert test pager`,
    );
  withServer(alert.command('query'))
    .description('what fires, gravest first, and how often people found it right')
    .argument('[matcher...]', 'service=orders, severity=critical, team=~"a|b", ...')
    .option('--all', 'resolved ones too')
    .action(async (matchers: string[], options: QueryOptions) => {
      await endWith((await load()).alertQueryCommand(matchers, options));
    });
  withRemark(alert.command('ack'))
    .description('somebody works on it: no repetitions any more')
    .argument('<fingerprint>', 'or its beginning')
    .action(async (fingerprint: string, options: RemarkOptions) => {
      await endWith((await load()).alertAckCommand(fingerprint, options));
    });
  withRemark(alert.command('resolve'))
    .description('it is over; evidence may say otherwise later')
    .argument('<fingerprint>', 'or its beginning')
    .action(async (fingerprint: string, options: RemarkOptions) => {
      await endWith((await load()).alertResolveCommand(fingerprint, options));
    });
  withRemark(alert.command('mute'))
    .description('never again about this leak, until the silence is ended; needs --comment')
    .argument('<fingerprint>', 'or its beginning')
    .action(async (fingerprint: string, options: RemarkOptions) => {
      await endWith((await load()).alertMuteCommand(fingerprint, options));
    });
  withRemark(alert.command('feedback'))
    .description('what it turned out to be; not-a-leak keeps it quiet; needs --comment')
    .argument('<fingerprint>', 'or its beginning')
    .argument('<verdict>', 'leak or not-a-leak')
    .action(async (fingerprint: string, verdict: string, options: RemarkOptions) => {
      await endWith((await load()).alertFeedbackCommand(fingerprint, verdict, options));
    });
  withRemark(alert.command('test'))
    .description('send a test message to a sink; exit 0 it was accepted, 1 it was not')
    .argument('<sink>', 'name of the sink in plimsoll.yaml')
    .action(async (sink: string, options: RemarkOptions) => {
      await endWith((await load()).alertTestCommand(sink, options));
    });
  withServer(alert.command('sinks'))
    .description('how delivery does, and what was given up')
    .action(async (options: AlertOptions) => {
      await endWith((await load()).alertSinksCommand(options));
    });
  withRemark(alert.command('retry'))
    .description('try again what was given up')
    .argument('<id>', 'as alert sinks lists it')
    .action(async (id: string, options: RemarkOptions) => {
      await endWith((await load()).alertRetryCommand(id, options));
    });
  withServer(alert.command('audit'))
    .description('who did what, newest first')
    .action(async (options: AlertOptions) => {
      await endWith((await load()).alertAuditCommand(options));
    });
  addSilenceCommands(alert, duration);
}

function addSilenceCommands(alert: Command, duration: typeof durationArgument): void {
  const silence = alert.command('silence').description('what is not told for a while');
  withRemark(silence.command('add'))
    .description('keeps quiet what matches; needs --comment')
    .argument('<matcher...>', 'service=orders, instance=~"10[.].*", ...')
    .addOption(
      new Option('-d, --duration <duration>', 'how long')
        .argParser(duration)
        .default(durationArgument('1h'), '1h'),
    )
    .action(async (matchers: string[], options: SilenceOptions) => {
      await endWith((await load()).silenceAddCommand(matchers, options));
    });
  withServer(silence.command('query'))
    .description('active ones, those to come, and those that ended lately')
    .action(async (options: AlertOptions) => {
      await endWith((await load()).silenceQueryCommand(options));
    });
  withRemark(silence.command('expire'))
    .description('ends a silence or a mute')
    .argument('<id>', 'as add and query print it')
    .action(async (id: string, options: RemarkOptions) => {
      await endWith((await load()).silenceExpireCommand(id, options));
    });
}
