/** Two things to draw on with the same strokes: a canvas for the screen, SVG text for a file. */

export interface InkStroke {
  color: string;
  width: number;
  opacity?: number;
  dash?: readonly number[];
}

export interface InkText {
  color: string;
  align: 'start' | 'middle' | 'end';
  size: number;
  strong?: boolean;
  /** Drawn around the letters, so that they stay readable over lines. */
  halo?: string;
}

export interface Ink {
  /** Straight lines through the points; the pen is lifted before each index in `starts`. */
  line(
    x: ArrayLike<number>,
    y: ArrayLike<number>,
    starts: readonly number[],
    stroke: InkStroke,
  ): void;
  /** A shape given as SVG path data around (x, y). */
  shape(path: string, x: number, y: number, style: { fill: string; stroke?: InkStroke }): void;
  /** One line of text, its middle at height y. */
  text(text: string, x: number, y: number, style: InkText): void;
}

/** Draws in CSS pixels; the context is already scaled. */
export function canvasInk(context: CanvasRenderingContext2D, font: string): Ink {
  const setStroke = ({ color, width, opacity = 1, dash = [] }: InkStroke): void => {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.globalAlpha = opacity;
    context.lineJoin = 'round';
    context.lineCap = 'butt';
    context.setLineDash([...dash]);
  };
  const reset = (): void => {
    context.globalAlpha = 1;
    context.setLineDash([]);
  };
  return {
    line(x, y, starts, stroke) {
      setStroke(stroke);
      context.beginPath();
      let next = 0;
      for (let i = 0; i < x.length; i++) {
        if (i === starts[next]) {
          context.moveTo(x[i]!, y[i]!);
          next++;
        } else context.lineTo(x[i]!, y[i]!);
      }
      context.stroke();
      reset();
    },
    shape(path, x, y, { fill, stroke }) {
      context.save();
      context.translate(x, y);
      const shape = new Path2D(path);
      context.fillStyle = fill;
      context.fill(shape);
      if (stroke !== undefined) {
        setStroke(stroke);
        context.stroke(shape);
      }
      context.restore();
      reset();
    },
    text(text, x, y, { color, align, size, strong, halo }) {
      context.font = `${strong === true ? 600 : 400} ${size}px ${font}`;
      context.textAlign = align === 'middle' ? 'center' : align;
      context.textBaseline = 'middle';
      if (halo !== undefined) {
        setStroke({ color: halo, width: 4 });
        context.strokeText(text, x, y);
      }
      context.fillStyle = color;
      context.fillText(text, x, y);
      reset();
    },
  };
}

/** Collects SVG elements; `content` is their text. */
export class SvgInk implements Ink {
  content = '';
  readonly #font: string;

  constructor(font: string) {
    this.#font = font;
  }

  line(
    x: ArrayLike<number>,
    y: ArrayLike<number>,
    starts: readonly number[],
    stroke: InkStroke,
  ): void {
    let path = '';
    let next = 0;
    for (let i = 0; i < x.length; i++) {
      const lifted = i === starts[next];
      if (lifted) next++;
      path += `${lifted ? 'M' : 'L'}${short(x[i]!)} ${short(y[i]!)}`;
    }
    this.content += `<path d="${path}" fill="none" ${strokeAttributes(stroke)}/>`;
  }

  shape(
    path: string,
    x: number,
    y: number,
    { fill, stroke }: { fill: string; stroke?: InkStroke },
  ): void {
    const line = stroke === undefined ? '' : ` ${strokeAttributes(stroke)}`;
    this.content += `<path d="${path}" transform="translate(${short(x)} ${short(y)})" fill="${escapeXml(fill)}"${line}/>`;
  }

  text(text: string, x: number, y: number, style: InkText): void {
    const { color, align, size, strong, halo } = style;
    const around =
      halo === undefined
        ? ''
        : ` stroke="${escapeXml(halo)}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"`;
    this.content += `<text x="${short(x)}" y="${short(y)}" text-anchor="${align}" dominant-baseline="central" font-family="${escapeXml(this.#font)}" font-size="${size}" font-weight="${strong === true ? 600 : 400}" fill="${escapeXml(color)}"${around}>${escapeXml(text)}</text>`;
  }
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function strokeAttributes({ color, width, opacity, dash }: InkStroke): string {
  const parts = [`stroke="${escapeXml(color)}"`, `stroke-width="${width}"`];
  parts.push('stroke-linejoin="round"');
  if (opacity !== undefined) parts.push(`stroke-opacity="${opacity}"`);
  if (dash !== undefined && dash.length > 0) parts.push(`stroke-dasharray="${dash.join(' ')}"`);
  return parts.join(' ');
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
