/** The report's looks: light and dark by the reader's wish, light on paper, narrow on a phone. */

const light = `
  --paper: #fcfcfa; --ink: #1b1c1f; --ink-soft: #565960; --hairline: #dbdbd5; --surface: #f3f3ef;
  --series-1: #0072b2; --series-2: #d55e00; --series-3: #008a64; --series-4: #b4528f; --series-5: #ad7a00; --series-6: #3b93cd; --series-7: #7a5230; --series-8: #5d6068; color-scheme: light;`;
const dark = `
  --paper: #141518; --ink: #e9e9e5; --ink-soft: #a9acb3; --hairline: #303239; --surface: #1d1e23;
  --series-1: #58a8e8; --series-2: #ff8a42; --series-3: #33c293; --series-4: #e18cc3; --series-5: #dfae24; --series-6: #9ed6f8; --series-7: #c99c72; --series-8: #a6aab3; color-scheme: dark;`;

export const reportStyle = `
:root {${light}}
@media screen and (prefers-color-scheme: dark) { :root {${dark}} }
* { box-sizing: border-box; }
body { margin: 0; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; }
main { max-width: 60rem; margin: 0 auto; }
h1 { font-size: 1.6rem; margin: 0 0 0.25rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 0.5rem; }
p, li { max-width: 44rem; } figure { margin: 0.75rem 0; } .soft, figcaption, dt { color: var(--ink-soft); }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.25rem 1rem; margin: 0.75rem 0; }
dd { margin: 0; overflow-wrap: anywhere; max-width: 44rem; } ul { padding-left: 1.25rem; }
.scroll { overflow-x: auto; margin: 0.5rem 0; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
figcaption { font-size: 0.875rem; max-width: 44rem; }
th, td { padding: 0.2rem 0.6rem 0.2rem 0; text-align: right; vertical-align: top; border-bottom: 1px solid var(--hairline); white-space: nowrap; }
th.words, td.words { text-align: left; } th { font-weight: 600; }
td.long { white-space: normal; min-width: 13rem; max-width: 22rem; }
pre { background: var(--surface); padding: 0.75rem; overflow-x: auto; font-size: 0.8rem; line-height: 1.4; }
summary { cursor: pointer; margin: 0.5rem 0; color: var(--ink-soft); } summary:hover { color: var(--ink); }
.choice { display: inline-flex; align-items: center; gap: 0.5rem; margin: 0.5rem 0; cursor: pointer; }
body:not(:has(#with-reference:checked)) .reference { display: none; }
svg { display: block; width: 100%; height: auto; overflow: visible; font-variant-numeric: tabular-nums; }
svg.wide { max-width: 900px; } svg.narrow { display: none; max-width: 400px; }
.headline { font-size: 1.375rem; font-weight: 600; line-height: 1.35; max-width: 48rem; }
.finding { color: var(--ink); font-size: 1rem; margin: 0.5rem 0; } h3 { font-size: 1.0625rem; margin: 1.5rem 0 0.5rem; }
@media screen and (max-width: 45rem) {
  svg.wide { display: none; } svg.narrow { display: block; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: 0.5rem; }
}
@page { margin: 16mm 15mm; }
@media print {
  body { padding: 0; font-size: 10pt; } main { max-width: none; }
  h1 { font-size: 14pt; } .headline { font-size: 13pt; } h2 { font-size: 12pt; margin-top: 1.5rem; } h3 { font-size: 11pt; }
  h2, h3, summary { break-after: avoid; } figure, tr, li { break-inside: avoid; }
  p, figcaption, dd { max-width: none; orphans: 3; widows: 3; } .finding { font-size: 10pt; } figcaption, .soft { font-size: 9pt; }
  .choice:not(:has(:checked)) { display: none; }
  details.printed::details-content { content-visibility: visible; block-size: auto; }
  details.printed:not([open]) > summary { list-style: none; } details:not(.printed):not([open]), .folds:not(:has(details[open])) { display: none; }
  .scroll { overflow: visible; } svg.wide { width: 100%; max-width: 160mm; }
  th, td { white-space: normal; font-size: 8pt; padding-right: 0.4rem; } td.long { min-width: 0; }
}
`;
