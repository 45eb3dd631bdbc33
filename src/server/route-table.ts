import type { Route } from './route.ts';
import { ALERT_ROUTES } from './routes/alert-routes.ts';
import { FINDING_ROUTES } from './routes/finding-routes.ts';
import { SYSTEM_ROUTES } from './routes/system-routes.ts';
import { TARGET_ROUTES } from './routes/target-routes.ts';
import { WATCH_ROUTES } from './routes/watch-routes.ts';

/** Everything that the API answers, in the order of the documentation. */
export const ROUTES: readonly Route[] = [
  ...TARGET_ROUTES,
  ...FINDING_ROUTES,
  ...ALERT_ROUTES,
  ...WATCH_ROUTES,
  ...SYSTEM_ROUTES,
];
