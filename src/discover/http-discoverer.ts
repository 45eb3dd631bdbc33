// Targets that a server names, in Prometheus's http_sd format.
import { setTimeout as sleep } from 'node:timers/promises';
import { PlimsollError } from '../base/errors.ts';
import { SECOND_MILLIS, type Millis } from '../base/units.ts';
import { createHttpClient } from '../collect/http-get.ts';
import { shownUrl } from '../collect/readable-failure.ts';
import type { HttpSourceSetting } from '../config/settings.ts';
import type { Discoverer, DiscoverySink } from './discoverer.ts';
import { MAX_LISTED_BYTES, parseTargetGroups, TargetListError } from './parse-target-groups.ts';

const TIMEOUT_MILLIS: Millis = 30 * SECOND_MILLIS;

export class HttpDiscoverer implements Discoverer {
  readonly #setting: HttpSourceSetting;

  constructor(setting: HttpSourceSetting) {
    this.#setting = setting;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    const { url, headers, everyMillis } = this.#setting;
    const where = shownUrl(url);
    const client = createHttpClient();
    while (!signal.aborted) {
      try {
        const { bytes, contentType } = await client.get(url, {
          headers,
          accept: 'application/json',
          timeoutMillis: TIMEOUT_MILLIS,
          maxBytes: MAX_LISTED_BYTES,
          signal,
        });
        if (contentType !== 'application/json')
          throw new TargetListError('the answer is no application/json');
        const text = new TextDecoder().decode(bytes);
        sink.found(parseTargetGroups(text, 'json', where, { __meta_url: where }));
      } catch (error) {
        if (signal.aborted) break;
        const isKnown = error instanceof PlimsollError || error instanceof TargetListError;
        sink.failed(
          isKnown ? (error instanceof PlimsollError ? error.fact : error.message) : 'the request failed',
        );
      }
      await sleep(everyMillis, undefined, { signal, ref: false }).catch(() => undefined);
    }
    client.close();
  }
}
