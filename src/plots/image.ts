/** A chart on the page as a file: SVG with its styles written into it, and PNG drawn from that. */

/** What decides how SVG looks; computed values are copied, so that tokens and themes are resolved. */
const STYLES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linejoin',
  'stroke-linecap',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'font-variant-numeric',
  'text-anchor',
  'dominant-baseline',
  'visibility',
  'paint-order',
] as const;

const CAPTION_LINE = 20;
const MARGIN = 12;

/** The chart as an SVG file, on the page's paper, with its caption below it. */
export function svgFile(chart: SVGSVGElement, caption: string): string {
  const { width, height } = chart.getBoundingClientRect();
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const originals = [chart, ...chart.querySelectorAll<SVGElement>('*')];
  const copies = [copy, ...copy.querySelectorAll<SVGElement>('*')];
  originals.forEach((original, i) => {
    const style = getComputedStyle(original);
    const target = copies[i]!;
    for (const name of STYLES) target.style.setProperty(name, style.getPropertyValue(name));
    target.removeAttribute('class');
  });
  for (const hidden of copy.querySelectorAll('[data-screen-only]')) hidden.remove();

  const page = getComputedStyle(document.body);
  const lines = wrapText(caption, Math.max(30, Math.floor(width / 7.2)));
  const full = {
    width: width + 2 * MARGIN,
    height: height + lines.length * CAPTION_LINE + 3 * MARGIN,
  };
  const file = element('svg', {
    xmlns: 'http://www.w3.org/2000/svg',
    width: full.width,
    height: full.height,
    viewBox: `0 0 ${full.width} ${full.height}`,
  });
  file.append(element('rect', { width: '100%', height: '100%', fill: page.backgroundColor }));
  const place = element('g', { transform: `translate(${MARGIN} ${MARGIN})` });
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  place.append(copy);
  file.append(place);
  lines.forEach((line, i) => {
    const text = element('text', {
      x: MARGIN,
      y: height + 2 * MARGIN + (i + 0.7) * CAPTION_LINE,
      fill: page.color,
      'font-family': page.fontFamily,
      'font-size': 14,
    });
    text.textContent = line;
    file.append(text);
  });
  return new XMLSerializer().serializeToString(file);
}

/** An SVG file drawn at twice its size, for screens and slides. */
export async function pngFile(svg: string, scale = 2): Promise<Blob> {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width * scale;
    canvas.height = image.height * scale;
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('This browser gives no canvas to draw on.');
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await canvasPng(canvas);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** A canvas as it is. */
export function canvasPng(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('The browser could not write a PNG of this size.'));
      else resolve(blob);
    }, 'image/png');
  });
}

/** Hands a file to the browser's downloads. */
export function saveFile(name: string, content: Blob | string, type = 'text/plain'): void {
  const blob = typeof content === 'string' ? new Blob([content], { type }) : content;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has begun by the next turn; the address is not needed longer.
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}

function element(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
