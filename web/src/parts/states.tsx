// What stands where data does not: loading, failed, nothing there. Each says what to do.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiFailure } from '../api.ts';

/** Answers from this machine take milliseconds; a flash of "loading" would only flicker. */
const LOADING_DELAY_MILLIS = 250;

export function Loading({ what }: { readonly what: string }) {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), LOADING_DELAY_MILLIS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="state" role="status">
      {isSlow ? `Loading ${what} …` : ''}
    </div>
  );
}

export function Failed({ failure, reload }: { readonly failure: ApiFailure; readonly reload: () => void }) {
  return (
    <div class="state state-failed" role="alert">
      <p>
        <strong>{failure.message}</strong>
      </p>
      <p>{failure.advice}</p>
      <button type="button" onClick={reload}>
        Try again
      </button>
    </div>
  );
}

export function Empty(props: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <div class="state">
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

/** A command with a button that copies it; says so when it did, selects the text when it may not. */
export function CopyCommand({ command }: { readonly command: string }) {
  const [outcome, setOutcome] = useState<'idle' | 'copied' | 'selected'>('idle');
  const code = useRef<HTMLElement>(null);
  const copy = () => {
    // Undefined outside of secure contexts: http to anything but loopback.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    const selectInstead = () => {
      if (code.current) getSelection()?.selectAllChildren(code.current);
      setOutcome('selected');
    };
    if (!clipboard) selectInstead();
    else clipboard.writeText(command).then(() => setOutcome('copied'), selectInstead);
  };
  return (
    <span class="copy-command">
      <code ref={code}>{command}</code>
      <button type="button" onClick={copy} aria-label={`Copy: ${command}`}>
        Copy
      </button>
      <span class="copy-outcome" role="status">
        {outcome === 'copied' ? 'Copied' : outcome === 'selected' ? 'Selected: press Ctrl+C' : ''}
      </span>
    </span>
  );
}
