/** All figures of an experiment but its curves, for the page and for the report. */
import { list } from './format.ts';
import { accuracyFigure } from './accuracy.ts';
import { crossOverFigure } from './cross-over.ts';
import { driftFigure } from './drift.ts';
import { armsOfModel, modelIds, type Figure, type Shown } from './figure.ts';
import { perplexityFigure } from './perplexity.ts';
import { isComparable } from './reference.ts';
import { retentionFigures } from './retention.ts';
import { scatterFigures } from './scatter.ts';

export interface Figures {
  crossOver: Figure | undefined;
  perplexity: Figure;
  /** Undefined before the first run has ended. */
  accuracy: Figure | undefined;
  retention: Figure[];
  /** KL from the base against retention; undefined where KL was not measured. */
  drift: Figure | undefined;
  scatter: Figure[];
  /** Why there is no scatter of some models, where there is none. */
  withoutScatter: string | undefined;
}

/** A reference run that cannot be compared is not drawn. */
export function figuresOf({ report, results, reference }: Shown): Figures {
  const laidOver = reference !== undefined && isComparable(report, reference);
  const shown: Shown = { report, results, ...(laidOver && { reference }) };
  const few = modelIds(report).filter(
    (model) =>
      armsOfModel(report, model).length > 0 && !report.ranks.some((rank) => rank.model === model),
  );
  return {
    crossOver: crossOverFigure(shown),
    perplexity: perplexityFigure(shown),
    accuracy: report.arms.length > 0 ? accuracyFigure(shown) : undefined,
    retention: retentionFigures(shown),
    drift: driftFigure(shown),
    scatter: scatterFigures(shown),
    withoutScatter:
      few.length === 0
        ? undefined
        : `Whether familiarity predicts accuracy over sets is not asked of ${list(few)}: two sets can only be in one order or the other, a rank correlation begins with three.`,
  };
}
