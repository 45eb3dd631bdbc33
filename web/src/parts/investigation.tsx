import type { ChainStep } from '../../../src/model/chain-step.ts';
import { Fact, Numbers, Outcome } from './evidence-chain.tsx';

/** The questions in the order they were asked; each answer decided which one came next. */
export function Investigation({ steps }: { readonly steps: readonly ChainStep[] }) {
  if (steps.length === 0) return null;
  return (
    <section aria-labelledby="investigation-title">
      <h2 id="investigation-title">Investigation</h2>
      <ol class="evidence">
        {steps.map((step) => (
          <li key={step.step}>
            <div class="evidence-head">
              <h3>{step.question}</h3>
              <Outcome outcome={step.outcome} />
            </div>
            <p>{step.answer}</p>
            {step.advice.map((line) => (
              <p class="fact" key={line}>
                <span class="label">To do</span> {line}
              </p>
            ))}
            <details>
              <summary>How it was tested</summary>
              {step.hypothesis ? <Fact label="Hypothesis" text={step.hypothesis} /> : null}
              <Fact label="If so, we expect" text={step.prediction} />
              <Fact label="Test" text={step.test} />
              <Numbers numbers={step.numbers} />
              {step.ruledOut.map((one) => (
                <p class="fact" key={one.explanation}>
                  <span class="label">Ruled out</span> {one.explanation}: {one.why}
                </p>
              ))}
            </details>
          </li>
        ))}
      </ol>
    </section>
  );
}
