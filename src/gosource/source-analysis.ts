// The parts of one analysis, together: made for one question, dropped with it.
import { CallGraph } from './call-graph.ts';
import { Operations } from './operations.ts';
import { Places } from './places.ts';
import { SourceIndex, type SourceNode, type SourceTexts } from './source-index.ts';
import type { GoParser } from './syntax-tree.ts';
import { TypeReader } from './type-reader.ts';
import type { Sink } from './sink.ts';
import { ValueFlow, type PickCalls } from './value-flow.ts';

export class SourceAnalysis {
  readonly index: SourceIndex;
  readonly types: TypeReader;
  readonly calls: CallGraph;
  readonly places: Places;
  readonly operations: Operations;

  /** @param module import path of the main module, '' when unknown. */
  constructor(texts: SourceTexts, parser: GoParser, module: string) {
    this.index = new SourceIndex(texts, parser, module);
    this.types = new TypeReader(this.index);
    this.calls = new CallGraph(this.index, this.types);
    this.places = new Places(this.index, this.types, this.calls);
    this.operations = new Operations(this.index, this.types, this.places);
  }

  /** Where the value of an expression goes, nearest first. */
  follow(expression: SourceNode, pickCalls?: PickCalls): readonly Sink[] {
    return new ValueFlow(this, pickCalls).follow(expression);
  }
}
