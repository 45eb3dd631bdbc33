// Labels of targets, as discovery knows them before there is a target.
import type { ContainerHistory } from '../parse/container-status.ts';

/** Name to value; a label with an empty value is none. Those that begin with `__` are for discovery alone. */
export type Labels = Readonly<Record<string, string>>;

/** Targets that one place names, with what is true of all of them. The shape of Prometheus's file_sd. */
export interface TargetGroup {
  /** Which file, name, container list ...: for people. */
  readonly source: string;
  /** Each has `__address__`. */
  readonly targets: readonly Labels[];
  readonly labels: Labels;
  /** What is known of the container behind each of `targets`, by index, where the source knows it. */
  readonly containers?: readonly (ContainerHistory | null)[];
}

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function isLabelName(name: string): boolean {
  return LABEL_NAME.test(name);
}

/** A name of elsewhere (an annotation, a container's label) as part of a label's name. */
export function toLabelName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_');
}
