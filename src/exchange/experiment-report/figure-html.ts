/** Figures and text as HTML: each figure drawn twice, for wide and for narrow screens, by the page's code. */
import type { Figure } from '../../plots/figures/figure.ts';
import { escapeXml } from '../../plots/loss-curves/ink.ts';
import { svgText } from '../../plots/svg-text.ts';

/** Pixels; the style sheet shows one of the two. */
const WIDE = 900;
const NARROW = 328;

/** With the finding below it, and what is drawn. */
export function figureHtml({ title, sentence, help, draw }: Figure): string {
  return `<figure>${svgText(draw(WIDE), title, 'wide')}${svgText(draw(NARROW), title, 'narrow')}<figcaption><p class="finding">${escapeXml(sentence)}</p><p>${escapeXml(help)}</p></figcaption></figure>`;
}
