// What can go wrong over HTTP. Errors about targets, stores and files keep their own code (src/base/errors.ts).

export const API_ERRORS = {
  QUERY_INVALID: {
    status: 400,
    advice: 'Correct the field that is named; /api/v1/openapi.json has the parameters.',
  },
  BODY_INVALID: { status: 400, advice: 'Send a JSON object as /api/v1/openapi.json describes it.' },
  REQUEST_INVALID: { status: 400, advice: 'Send a well-formed HTTP/1.1 request.' },
  HOST_REFUSED: {
    status: 403,
    advice: 'Use the address that plimsoll watch listens on, or allow this host name where it is started.',
  },
  ORIGIN_REFUSED: {
    status: 403,
    advice: 'Other sites may not use this API; use the page of this server, or a program.',
  },
  PUSH_OFF: {
    status: 403,
    advice: 'Set push.accept: on in plimsoll.yaml, or start plimsoll watch with --push; see docs/push.md.',
  },
  PUSH_UNAUTHORIZED: {
    status: 401,
    advice: 'Send push.token of plimsoll.yaml as bearer token, or as password of basic authentication.',
  },
  PUSH_TOO_LARGE: { status: 413, advice: 'Send profiles of fewer processes in one message.' },
  PUSH_TOO_MANY: { status: 429, advice: 'Send again later.' },
  NOT_FOUND: { status: 404, advice: 'See /api/v1/openapi.json for what there is.' },
  SERVICE_NOT_FOUND: { status: 404, advice: 'GET /api/v1/targets lists the services that are watched.' },
  INSTANCE_NOT_FOUND: { status: 404, advice: 'GET /api/v1/targets lists the instances of each service.' },
  INCIDENT_NOT_FOUND: { status: 404, advice: 'GET /api/v1/incidents lists the incidents that are kept.' },
  ALERT_NOT_FOUND: { status: 404, advice: 'GET /api/v1/alerts lists what fires.' },
  SILENCE_NOT_FOUND: { status: 404, advice: 'GET /api/v1/silences lists those that are kept.' },
  SINK_NOT_FOUND: { status: 404, advice: 'GET /api/v1/sinks lists those of the configuration.' },
  DEAD_LETTER_NOT_FOUND: { status: 404, advice: 'GET /api/v1/sinks lists what was given up.' },
  DEAD_LETTER_OUTDATED: {
    status: 409,
    advice: 'GET /api/v1/alerts (plimsoll alert query --all) says what is so now.',
  },
  FINDING_NOT_FOUND: {
    status: 404,
    advice: 'It may be past retention; GET /api/v1/findings?state=all lists what is kept.',
  },
  PROFILE_NOT_FOUND: {
    status: 404,
    advice: 'Raw profiles are kept for a week; GET /api/v1/profiles/<service> lists them.',
  },
  REPORT_NOT_READY: {
    status: 404,
    advice: 'No evidence of this service has arrived yet; see /api/v1/targets for errors.',
  },
  METHOD_NOT_ALLOWED: { status: 405, advice: 'See /api/v1/openapi.json for the methods of this path.' },
  BODY_TOO_LARGE: { status: 413, advice: 'Send less than 64 KiB.' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, advice: 'Send Content-Type: application/json.' },
  INTERNAL: { status: 500, advice: 'This is a fault of Plimsoll; its terminal or log says more.' },
  SHUTTING_DOWN: { status: 503, advice: 'Wait until plimsoll watch has started again.' },
  TOO_MANY_CLIENTS: { status: 503, advice: 'Close some of the pages that are open on this server.' },
} as const satisfies Record<string, { status: number; advice: string }>;

export type ApiErrorCode = keyof typeof API_ERRORS;
