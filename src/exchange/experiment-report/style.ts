/** The report's looks: light and dark by the reader's wish, light on paper, narrow on a phone. */

const light = `
  --paper: #fcfcfa; --ink: #1b1c1f; --soft: #565960; --hairline: #dbdbd5; --surface: #f3f3ef;
  --s1: #0072b2; --s2: #d55e00; --s3: #008a64; --s4: #b4528f; --s5: #ad7a00; --s6: #3b93cd; --s7: #7a5230; --s8: #5d6068;
  --good: #00694c; --bad: #b3261e; color-scheme: light;`;
const dark = `
  --paper: #141518; --ink: #e9e9e5; --soft: #a9acb3; --hairline: #303239; --surface: #1d1e23;
  --s1: #58a8e8; --s2: #ff8a42; --s3: #33c293; --s4: #e18cc3; --s5: #dfae24; --s6: #9ed6f8; --s7: #c99c72; --s8: #a6aab3;
  --good: #33c293; --bad: #ff9d92; color-scheme: dark;`;

const colors = Array.from({ length: 8 }, (_, i) => `.s${i + 1} { --own: var(--s${i + 1}); }`).join(
  ' ',
);

export const reportStyle = `
:root {${light}}
@media screen and (prefers-color-scheme: dark) { :root {${dark}} }
* { box-sizing: border-box; }
body { margin: 0; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; }
main { max-width: 60rem; margin: 0 auto; }
h1 { font-size: 1.6rem; margin: 0 0 0.25rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 0.5rem; }
p, li { max-width: 44rem; } figure { margin: 0.75rem 0; } .soft, figcaption, dt { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 0.75rem 0; }
dd { margin: 0; overflow-wrap: anywhere; }
.verdict { font-size: 1.15rem; font-weight: 600; } .supported { color: var(--good); } .contradicted { color: var(--bad); }
.scroll { overflow-x: auto; margin: 0.5rem 0; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
figcaption { font-size: 0.875rem; max-width: 44rem; }
th, td { padding: 0.2rem 0.6rem 0.2rem 0; text-align: right; vertical-align: top; border-bottom: 1px solid var(--hairline); white-space: nowrap; }
th.words, td.words { text-align: left; } th { font-weight: 600; }
td.long { white-space: normal; min-width: 14rem; max-width: 22rem; text-align: left; }
pre { background: var(--surface); padding: 0.75rem; overflow-x: auto; font-size: 0.8rem; line-height: 1.4; }
summary { cursor: pointer; margin: 0.75rem 0; }
svg { display: block; width: 100%; max-width: 40rem; min-width: 21rem; font-size: 11px; fill: var(--ink); }
svg .soft { fill: var(--soft); } svg .strong { font-weight: 600; }
${colors}
.grid { stroke: var(--hairline); stroke-width: 1; }
.base { stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 4 3; }
.range { stroke: var(--own); stroke-width: 1.2; } .box { fill: var(--own); fill-opacity: 0.35; stroke: none; }
.middle { stroke: var(--own); stroke-width: 2.5; } .interval { stroke: var(--own); stroke-width: 1.6; }
.seed { fill: var(--own); fill-opacity: 0.55; } .point { fill: var(--own); }
.link { stroke: var(--own); stroke-width: 2; } .dashed { stroke-dasharray: 5 3; }
.curve { fill: none; stroke: var(--own); stroke-width: 1.5; } .band { fill: var(--own); fill-opacity: 0.15; }
.label { fill: var(--own); }
@media print {
  body { padding: 0; font-size: 10pt; } h2 { break-after: avoid; }
  svg, tr { break-inside: avoid; } .scroll { overflow: visible; } svg { max-width: 30rem; }
  th, td { white-space: normal; font-size: 8pt; }
}
`;
