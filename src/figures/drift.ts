/** Did the models that moved furthest from themselves forget the most? KL against retention. */
import type { ArmSummary } from '../experiment/report/summaries.ts';
import { axisBelow, axisLeft, linearAxis, padded } from './drawing/axis.ts';
import { digits, points } from './format.ts';
import { tickLabel } from './drawing/ticks.ts';
import { NARROW } from './drawing/rows.ts';
import { seriesColor } from './drawing/marks.ts';
import {
  line,
  mark,
  ofReference,
  softInk,
  standingWhisker,
  text,
  type Drawing,
  type Shape,
} from './drawing/shapes.ts';
import { findArm, modelIds, slotOf, type Figure, type Shown } from './figure.ts';

interface Moved {
  arm: ArmSummary;
  /** KL(base ‖ tuned) on the new task, nats per token. */
  kl: number;
  /** Change of accuracy on other tasks. */
  change: number;
}

/** Undefined while no arm has both numbers. */
export function driftFigure(shown: Shown): Figure | undefined {
  const moved = movedArms(shown.report.arms);
  if (moved.length === 0) return undefined;
  return {
    id: 'drift',
    title: 'How far it moved, and what it forgot',
    help: 'KL divergence of the trained model from the base, in nats per token, at the positions of the base model’s own answers to questions of the new task, against the change of strict accuracy on other tasks. A point for each arm, seeds averaged; whiskers are 95 % bootstrap intervals over paired questions.',
    sentence: driftSentence(moved),
    columns: [
      { key: 'model', label: 'model' },
      { key: 'set', label: 'set' },
      { key: 'kl_new', label: 'KL, new task', number: true },
      { key: 'kl_other', label: 'KL, other tasks', number: true },
      { key: 'change', label: 'change on other tasks', number: true },
      { key: 'low', label: '95 % from', number: true },
      { key: 'high', label: 'to', number: true },
    ],
    records: moved.map(({ arm, kl, change }) => ({
      model: arm.model,
      set: arm.set,
      kl_new: kl,
      kl_other: arm.divergence.retention?.perToken,
      change,
      low: arm.retentionChange.interval.low,
      high: arm.retentionChange.interval.high,
    })),
    draw: (width) => draw(shown, moved, width),
  };
}

function movedArms(arms: readonly ArmSummary[]): Moved[] {
  return arms.flatMap((arm) => {
    const kl = arm.divergence.test?.perToken ?? NaN;
    const { change } = arm.retentionChange;
    return Number.isFinite(kl) && Number.isFinite(change) ? [{ arm, kl, change }] : [];
  });
}

const HEIGHT = 230;
const HEAD = 28;

function draw({ report, reference }: Shown, moved: readonly Moved[], width: number): Drawing {
  const others = movedArms(reference?.arms ?? []).filter(({ arm }) => findArm(report, arm));
  const narrow = width < NARROW;
  const models = modelIds(report).filter((model) => moved.some(({ arm }) => arm.model === model));
  const columns = narrow ? 1 : Math.min(2, models.length);
  const gap = 40;
  const columnWidth = (width - gap * (columns - 1)) / columns;
  const step = HEAD + HEIGHT + 66;
  const across = padded([0, ...[...moved, ...others].map(({ kl }) => kl)], { hold: [0, Infinity] });
  const up = padded([
    0,
    ...moved.flatMap(({ arm: { retentionChange: c } }) => [c.interval.low, c.interval.high]),
    ...others.map(({ change }) => change),
  ]);
  const shapes = models.flatMap((model, i) => {
    const [left, top] = [(i % columns) * (columnWidth + gap), Math.floor(i / columns) * step];
    const [start, end] = [left + 52, left + columnWidth - 12];
    const foot = top + HEAD + HEIGHT;
    const x = linearAxis(across, { start, end });
    const y = linearAxis(up, {
      start: foot,
      end: top + HEAD,
      label: (share) => tickLabel(100 * share),
    });
    const title = narrow
      ? 'KL on the new task, nats'
      : 'KL(base ‖ tuned) on the new task, nats per token';
    return [
      text(left, top + 14, `${model}: ${narrow ? '' : 'other tasks, '}change in points`, {
        strong: true,
      }),
      ...axisLeft(y, { left: start, right: end }),
      ...axisBelow(x, { top: top + HEAD, foot, middle: (start + end) / 2, title }),
      line(start, y.at(0), end, y.at(0), { color: softInk, width: 1.25, dash: '4 3' }),
      ...moved
        .filter(({ arm }) => arm.model === model)
        .flatMap(({ arm, kl, change }) => {
          const slot = slotOf(report, arm.set);
          const { low, high } = arm.retentionChange.interval;
          const [px, py] = [x.at(kl), y.at(change)];
          return [
            standingWhisker(y.at(low), y.at(high), px, { color: seriesColor(slot), width: 1.25 }),
            mark(slot, px, py, { title: `${arm.set}: KL ${digits(kl)}, ${points(change)} points` }),
            nameBeside(arm.set, px, py, (start + end) / 2),
          ];
        }),
      ...ofReference(
        others
          .filter(({ arm }) => arm.model === model)
          .map(({ arm, kl, change }) =>
            mark(slotOf(report, arm.set), x.at(kl), y.at(change), {
              radius: 4,
              hollow: true,
              title: `${arm.set}, reference: KL ${digits(kl)}, ${points(change)} points`,
            }),
          ),
      ),
    ];
  });
  return { width, height: Math.ceil(models.length / columns) * step, shapes };
}

/** A point's name, on the side of the panel that has more room. */
function nameBeside(name: string, x: number, y: number, middle: number): Shape {
  const left = x > middle;
  return text(x + (left ? -9 : 9), y + 5, name, {
    small: true,
    rimmed: true,
    anchor: left ? 'end' : 'start',
  });
}

function driftSentence(moved: readonly Moved[]): string {
  const order = moved.toSorted((a, b) => b.kl - a.kl);
  const said = ({ arm, kl, change }: Moved) =>
    `${arm.model} on ${arm.set} (${digits(kl)} nats per token, ${points(change)} points on other tasks)`;
  const [most] = order;
  if (order.length === 1) return `Training moved ${said(most!)} from its base.`;
  return `Training moved ${said(most!)} furthest from its base and ${said(order.at(-1)!)} least, of ${order.length}.`;
}
