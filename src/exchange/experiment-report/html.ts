/** Stages of the report's HTML. */
import type { TextTable } from '../../experiment/report/table.ts';
import { isLong } from '../../figures/data-table.ts';
import type { Figure } from '../../figures/figure.ts';
import { escapeXml } from '../../figures/drawing/ink.ts';
import { svgText } from '../../figures/drawing/svg-text.ts';

export const escapeHtml = escapeXml;

/** Pixels; the style sheet shows one of the two. */
const WIDE = 900;
const NARROW = 328;

/** Everything that a section of `folds` holds is folded; closed ones are left out on paper. */
export function section(title: string, content: string, kind: 'folds' | '' = ''): string {
  const className = kind === '' ? '' : ` class="${kind}"`;
  return content ? `<section${className}><h2>${escapeHtml(title)}</h2>${content}</section>` : '';
}

/** Folded; `printed` is unfolded on paper. */
export function fold(summary: string, content: string, kind: 'printed' | '' = ''): string {
  if (content === '') return '';
  const className = kind === '' ? '' : ` class="${kind}"`;
  return `<details${className}><summary>${escapeHtml(summary)}</summary>${content}</details>`;
}

/** Terms and what they are, the latter as HTML. */
export function definitions(items: readonly (readonly [term: string, html: string])[]): string {
  const list = items.map(([term, html]) => `<dt>${escapeHtml(term)}</dt><dd>${html}</dd>`);
  return list.length > 0 ? `<dl>${list.join('')}</dl>` : '';
}

/** Drawn twice, for wide and for narrow screens, by the page's code, with the finding below. */
export function figureHtml({ title, sentence, help, draw }: Figure, table = ''): string {
  const drawings = `${svgText(draw(WIDE), title, 'wide')}${svgText(draw(NARROW), title, 'narrow')}`;
  const caption = `<figcaption><p class="finding">${escapeHtml(sentence)}</p></figcaption>`;
  const drawn = `<figure><h3>${escapeHtml(title)}</h3>${drawings}${caption}</figure>`;
  const what = table === '' ? 'What is drawn' : 'What is drawn, and its numbers';
  return `${drawn}${fold(what, `<p class="soft">${escapeHtml(help)}</p>${table}`, 'printed')}`;
}

export function tableHtml({ columns, rows, caption }: Omit<TextTable, 'id' | 'title'>): string {
  const kinds = columns.map(({ words = false }, i) =>
    words ? ` class="words${isLong(rows, i) ? ' long' : ''}"` : '',
  );
  const head = columns.map(({ name }, i) => `<th${kinds[i]!}>${escapeHtml(name)}</th>`).join('');
  const body = rows
    .map((row) => {
      const cells = row.map((cell, i) => `<td${kinds[i]!}>${escapeHtml(cell)}</td>`);
      return `<tr>${cells.join('')}</tr>`;
    })
    .join('');
  const table = `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
  return `<figure><div class="scroll" tabindex="0">${table}</div><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}
