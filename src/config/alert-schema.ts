// The part of plimsoll.yaml about alerts; see config-schema.ts.
import { Type } from 'typebox';
import { ALERT_LEVELS } from '../model/alert.ts';
import { choice, count, duration, group, listOf, mapOf, secret, text, url } from './setting-kinds.ts';

const SinkSchema = group(
  {
    levels: Type.Optional(
      listOf(
        choice(ALERT_LEVELS, { description: 'A level.', without: 'none' }),
        'What is sent there: `info` is digest and heartbeat. Without it `warning` and `critical`.',
      ),
    ),
    resolved: Type.Optional(
      choice(['yes', 'no'], { description: 'Whether the end of a leak is sent as well.', without: '`yes`' }),
    ),
    perMinute: Type.Optional(
      count({ description: 'At most so many messages in a minute; the others wait.', without: '20' }),
    ),
    title: Type.Optional(
      text({
        description:
          'Title in place of ours: a text with `{{service}}` and other [placeholders](alerts.md#templates).',
        without: 'ours',
        examples: ['{{level}}: {{service}} leaks'],
      }),
    ),
    text: Type.Optional(
      text({ description: 'Text in place of our message, with placeholders.', without: 'ours' }),
    ),
    stdout: Type.Optional(group({}, 'A line of JSON on standard output.')),
    file: Type.Optional(
      group(
        { path: text({ description: 'File that a line of JSON is appended to.', without: 'required' }) },
        'A line of JSON in a file.',
      ),
    ),
    command: Type.Optional(
      group(
        {
          run: text({
            description:
              'Shell command; the notice comes as JSON on its standard input. Exit status 0 is sent.',
            without: 'required',
          }),
        },
        'A command of this machine.',
      ),
    ),
    webhook: Type.Optional(
      group(
        {
          url: url({
            description:
              'Where the notice is posted as JSON; `user:password@` in it is basic authentication.',
            without: 'required',
          }),
          secret: Type.Optional(
            secret({
              description:
                'Signs what is sent, as [Standard Webhooks](https://www.standardwebhooks.com) has it.',
              without: 'unsigned',
            }),
          ),
          headers: Type.Optional(
            mapOf(secret({ description: 'Value of the header.' }), 'Headers sent with every request.'),
          ),
        },
        'Any HTTP receiver.',
      ),
    ),
    alertmanager: Type.Optional(
      group(
        {
          url: url({
            description:
              'Base of a Prometheus Alertmanager; each of a cluster is a sink. `user:password@` in it is basic authentication.',
            without: 'required',
            examples: ['http://alertmanager:9093'],
          }),
          labels: Type.Optional(
            listOf(
              text({ description: 'Name of a label.' }),
              'Labels of targets that go along, beside service, class, fingerprint, owner and severity: such as all instances share.',
            ),
          ),
          headers: Type.Optional(
            mapOf(secret({ description: 'Value of the header.' }), 'Headers sent with every request.'),
          ),
        },
        'Prometheus Alertmanager, API v2.',
      ),
    ),
    slack: Type.Optional(
      group(
        { webhook: secret({ description: 'URL of an incoming webhook.', without: 'required' }) },
        'Slack, by an incoming webhook.',
      ),
    ),
    slackBot: Type.Optional(
      group(
        {
          token: secret({
            description:
              'Bot token (`xoxb-...`) with the scope `chat:write`, and `files:write` for the picture.',
            without: 'required',
          }),
          channel: text({ description: 'Channel, by id or `#name`.', without: 'required' }),
          api: Type.Optional(
            url({ description: 'Base of the Web API.', without: '`https://slack.com/api`' }),
          ),
        },
        'Slack, by a bot.',
      ),
    ),
    teams: Type.Optional(
      group(
        {
          webhook: secret({
            description: 'URL of a workflow that starts with a webhook.',
            without: 'required',
          }),
        },
        'Microsoft Teams, by Workflows.',
      ),
    ),
    pagerduty: Type.Optional(
      group(
        {
          routingKey: secret({ description: 'Integration key of Events API v2.', without: 'required' }),
          url: Type.Optional(
            url({
              description: 'Where events go: another one in the EU.',
              without: '`https://events.pagerduty.com/v2/enqueue`',
            }),
          ),
        },
        'PagerDuty, Events API v2.',
      ),
    ),
    email: Type.Optional(
      group(
        {
          host: text({ description: 'SMTP server.', without: 'required' }),
          port: Type.Optional(count({ description: 'Its port.', without: '587, with `tls: implicit` 465' })),
          tls: Type.Optional(
            choice(['required', 'implicit', 'none'], {
              description:
                '`required`: STARTTLS or nothing is sent; `implicit`: TLS from the first byte; `none`: in the clear.',
              without: '`required`',
            }),
          ),
          user: Type.Optional(text({ description: 'User, where the server asks for one.', without: 'none' })),
          password: Type.Optional(secret({ description: 'Its password.', without: 'none' })),
          from: text({ description: 'Sender.', without: 'required' }),
          to: listOf(text({ description: 'An address.' }), 'Who gets it.'),
        },
        'Mail over SMTP.',
      ),
    ),
    github: Type.Optional(
      group(
        {
          repository: text({ description: '`owner/name`.', without: 'required' }),
          token: secret({ description: 'Token that may write issues.', without: 'required' }),
          api: Type.Optional(
            url({ description: 'Base of the REST API.', without: '`https://api.github.com`' }),
          ),
        },
        'An issue at GitHub for each leak.',
      ),
    ),
    gitlab: Type.Optional(
      group(
        {
          repository: text({ description: 'Path of the project, `group/name`.', without: 'required' }),
          token: secret({ description: 'Token with the scope `api`.', without: 'required' }),
          api: Type.Optional(
            url({ description: 'Base of the REST API.', without: '`https://gitlab.com/api/v4`' }),
          ),
        },
        'An issue at GitLab for each leak.',
      ),
    ),
  },
  'Where messages go: one of the kinds (`stdout`, `webhook`, ...) and when.',
);

const MATCH = listOf(
  text({ description: 'A matcher.' }),
  'Matchers as of amtool (`service=orders`, `team!=web`, `instance=~"10[.].*"`); all must match.',
);

const RouteSchema = group(
  {
    match: Type.Optional(MATCH),
    sinks: listOf(text({ description: 'Name of a sink.' }), 'Names of the sinks that get it.'),
    continue: Type.Optional(
      choice(['yes', 'no'], { description: 'Whether later routes are asked as well.', without: '`no`' }),
    ),
  },
  'A route.',
);

const MaintenanceSchema = group(
  {
    match: Type.Optional(MATCH),
    from: Type.Optional(
      text({
        description: 'Begin of a window that comes once.',
        examples: ['2026-12-01T22:00:00Z'],
        without: 'none',
      }),
    ),
    until: Type.Optional(text({ description: 'Its end.', without: 'none' })),
    days: Type.Optional(
      listOf(
        choice(['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'], { description: 'A day.', without: 'none' }),
        'Days of the week (UTC) on which a window begins, instead of `from`.',
      ),
    ),
    start: Type.Optional(
      text({ description: 'When it begins on these days, UTC.', without: '`00:00`', examples: ['22:00'] }),
    ),
    for: Type.Optional(duration({ description: 'How long it lasts.', without: '`24h`' })),
  },
  'A window in which nothing that matches is told: `from` and `until`, or `days`, `start` and `for`.',
);

export const AlertsSchema = group(
  {
    folder: Type.Optional(
      text({
        description:
          'Folder for what was told and what waits. Two watchers of one fleet that share it are active and standby.',
        without: '`alerts` in the folder `data`; with `storage.kind: memory` nothing is kept',
      }),
    ),
    page: Type.Optional(
      url({
        description: 'Address of the page for the links in messages.',
        without: 'that of `listen`',
        examples: ['https://plimsoll.example.com'],
      }),
    ),
    repeat: duration({
      description: 'Between two messages about a leak that stays open and that nobody has acknowledged.',
      default: '24h',
    }),
    criticalWithin: duration({
      description: 'A leak is critical, not a warning, when its limit is forecast to be reached within this.',
      default: '12h',
    }),
    digest: Type.Optional(
      duration({
        description: 'How often a digest of what is open is sent (level `info`).',
        without: 'never',
      }),
    ),
    heartbeat: Type.Optional(
      duration({
        description: 'How often a sign of life is sent (level `info`), for whoever watches the watcher.',
        without: 'never',
      }),
    ),
    sinks: Type.Optional(mapOf(SinkSchema, 'Where messages go, by a name of your choice.')),
    routes: Type.Optional(
      listOf(
        RouteSchema,
        'Which sinks get what: the first that matches. Without routes every sink gets all.',
      ),
    ),
    maintenance: Type.Optional(listOf(MaintenanceSchema, 'Windows in which nothing is told.')),
  },
  'Who is told of leaks, where and when.',
);

export type AlertValues = Type.Static<typeof AlertsSchema>;
