/** A chart of curves as an SVG file with its title and caption. */
import { drawAxes, drawCurves, PLOT_FONT_SIZE, type Palette } from './draw.ts';
import { escapeXml, SvgInk } from '../../figures/drawing/ink.ts';
import type { Picture } from './picture.ts';

export interface CurveFile {
  title: string;
  caption: string;
  xTitle: string;
  yTitle: string;
  palette: Palette;
  /** Of the plotting area, CSS pixels. */
  width: number;
  height: number;
  font: string;
}

const LEFT = 64;
const RIGHT = 165;
const LINE_HEIGHT = 20;
const MARGIN = 16;
/** Average width of a letter, for breaking the caption. */
const LETTER = 7.2;

export function curveFile(picture: Picture, file: CurveFile): string {
  const { palette, width, height } = file;
  const caption = wrapWords(file.caption, Math.floor((LEFT + width + RIGHT) / LETTER));
  const frame = { left: LEFT, top: 2 * LINE_HEIGHT + MARGIN, width, height };
  const bottom = frame.top + height + 3 * LINE_HEIGHT;
  const full = {
    width: LEFT + width + RIGHT + MARGIN,
    height: bottom + caption.length * LINE_HEIGHT + MARGIN,
  };
  const ink = new SvgInk(file.font);
  const options = { palette, frame, labels: true };
  const text = { color: palette.ink, align: 'start', size: PLOT_FONT_SIZE } as const;
  ink.text(file.title, 0, LINE_HEIGHT / 2, { ...text, size: PLOT_FONT_SIZE + 2, strong: true });
  drawAxes(ink, picture, options, { x: file.xTitle, y: file.yTitle });
  drawCurves(ink, picture, options);
  caption.forEach((line, i) => ink.text(line, 0, bottom + (i + 0.5) * LINE_HEIGHT, text));
  const size = `width="${full.width}" height="${full.height}" viewBox="${-MARGIN} ${-MARGIN} ${full.width} ${full.height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
    `<title>${escapeXml(file.title)}</title><desc>${escapeXml(file.caption)}</desc>`,
    `<rect x="${-MARGIN}" y="${-MARGIN}" width="100%" height="100%" fill="${escapeXml(palette.paper)}"/>`,
    `${ink.content}</svg>`,
  ].join('');
}

function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
