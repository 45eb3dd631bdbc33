import { formatBytes } from '../../../src/base/units.ts';
import type { ProfilesMessage } from '../../../src/protocol/messages.ts';
import { fillPath, PATHS } from '../../../src/protocol/paths.ts';
import { Moment } from '../time-words.tsx';
import { useResource } from '../use-resource.ts';
import { CopyCommand } from './states.tsx';

const SHOWN = 10;

/** The profiles that findings rest on, as they were served: to open with one's own tools. */
export function RawProfiles({ service, instance }: { readonly service: string; readonly instance: string }) {
  const { data } = useResource<ProfilesMessage>(
    fillPath(PATHS.profiles, { service }, { instance }),
    (event) => event.kind === 'assessment' && event.service === service,
  );
  const newest = data?.profiles[0];
  if (!data || !newest) return null;
  return (
    <section>
      <h2>Raw profiles</h2>
      <p>
        <CopyCommand command={`go tool pprof ${location.origin}${newest.href}`} />
      </p>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Taken</th>
            <th scope="col">Kind</th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col">File</th>
          </tr>
        </thead>
        <tbody>
          {data.profiles.slice(0, SHOWN).map((profile) => (
            <tr key={profile.id}>
              <th scope="row">
                <Moment at={profile.takenAt} withZone />
              </th>
              <td>{profile.kind}</td>
              <td class="number">{formatBytes(profile.sizeBytes)}</td>
              <td>
                <a href={profile.href} download>
                  Download<span class="unseen"> {profile.kind} profile</span>
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {data.profiles.length > SHOWN ? (
        <p class="quiet">
          The newest {SHOWN} of {data.profiles.length}; the API lists all.
        </p>
      ) : null}
    </section>
  );
}
