/** Shapes as the text of an `<svg>`, for files that run no script. */
import { escapeXml } from './ink.ts';
import type { Drawing, Shape } from './shapes.ts';

/** @param label what the picture is, for those who do not see it */
export function svgText({ width, height, shapes }: Drawing, label: string, kind = ''): string {
  const size = `viewBox="0 0 ${Math.round(width)} ${Math.round(height)}" width="${Math.round(width)}" height="${Math.round(height)}"`;
  const className = kind === '' ? '' : ` class="${escapeXml(kind)}"`;
  return `<svg${className} ${size} role="img" aria-label="${escapeXml(label)}">${shapes.map(shapeText).join('')}</svg>`;
}

function shapeText({ tag, attributes, content, title }: Shape): string {
  const written = Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
  const tip = title === undefined ? '' : `<title>${escapeXml(title)}</title>`;
  return `<${tag}${written}>${escapeXml(content ?? '')}${tip}</${tag}>`;
}
