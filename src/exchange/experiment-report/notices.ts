/** Notices as HTML: the sentence, and every place folded beneath it. */
import type { Notice } from '../../notices.ts';
import { escapeHtml, fold } from './html.ts';

export function noticesHtml(notices: readonly Notice[]): string {
  const items = notices.map(({ text, places }) => {
    const list = places.map((place) => `<li>${escapeHtml(place)}</li>`).join('');
    const title = places.length === 1 ? 'Show where' : `Show all ${places.length}`;
    return `<li>${escapeHtml(text)}${fold(title, list && `<ul>${list}</ul>`)}</li>`;
  });
  return items.length > 0 ? `<ul>${items.join('')}</ul>` : '';
}
