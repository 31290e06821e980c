/**
 * Matrix products whose tiles stay in registers, without a barrier: each invocation on its own, or
 * four of a subgroup that read the left operand for each other.
 */
import { SUBGROUP } from '../engine/webgpu/kernel-variants.ts';
import { at } from './shape.ts';
import type { Matmul, MatmulForm, MatmulTerms } from './wgsl-matmul.ts';

const LANES = ['x', 'y', 'z', 'w'] as const;
/** The tile of an invocation of `registerText`; a group has 8 × 8 of them. */
const REGISTER = { rows: 4, columns: 8 };
/**
 * The tile of an invocation of `subgroupText`; four of them lie side by side. On a processor that
 * simulates invocations a read costs some twenty multiply-adds: of 16 × 32 values each term takes 12
 * reads for 128 multiply-adds, of 4 × 8 by one invocation 12 for 32.
 */
const SHARED = { rows: 16, columns: 8 };

/** Rows and columns that one group computes. */
export const GROUP_TILES = {
  register: { rows: 8 * REGISTER.rows, columns: 8 * REGISTER.columns },
  subgroup: { rows: SHARED.rows, columns: SUBGROUP * SHARED.columns },
};

export function registerText(matmul: Matmul): string {
  const { rows, columns } = REGISTER;
  const loops = allTerms(matmul).map(
    (terms) => `for (var k = 0; k < ${terms.depth}; k += ${stepOf(matmul.form)}) {
${termsText(matmul.form, terms, rows, columns)}
  }`,
  );
  return `@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
  let z = i32(id.z);
  let row0 = i32(id.y) * ${rows};
  let column0 = i32(id.x) * ${columns};
  if (row0 >= ${matmul.rows} || column0 >= ${matmul.columns}) { return; }
${accumulators(rows, columns)}
  ${loops.join('\n  ')}
${storeAll(matmul, rows, columns)}
}`;
}

/** No invocation leaves early: all four must be there to be read from. */
export function subgroupText(matmul: Matmul): string {
  const { rows, columns } = SHARED;
  const loops = allTerms(matmul).map(
    (terms) => `{
  let depth = ${terms.depth};
  for (var k = 0; k < depth; k += 4) {
${sharedTermsText(matmul.form, terms)}
  }
  }`,
  );
  return `@compute @workgroup_size(${SUBGROUP})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) local : u32) {
  let z = i32(group.z);
  let lane = i32(local);
  let row0 = i32(group.y) * ${rows};
  let column0 = (i32(group.x) * ${SUBGROUP} + lane) * ${columns};
${accumulators(rows, columns)}
  ${loops.join('\n  ')}
${storeAll(matmul, rows, columns)}
}`;
}

/** Four terms of the tile: every invocation reads a quarter of the left operand. */
function sharedTermsText(form: MatmulForm, { left, right }: MatmulTerms): string {
  const { rows, columns } = SHARED;
  const quarters = range(rows / 4);
  const vectors = range(columns / 4);
  const lines: string[] = [];
  if (form === 'TN') {
    // Past the last term the left operand counts as zero, and the right one is read at the last.
    for (const v of quarters) {
      lines.push(
        `let quarter${v} = select(vec4(0.0), ${left}(z, min(k + lane, depth - 1), row0 + ${4 * v}), k + lane < depth);`,
      );
    }
    LANES.forEach((lane, q) => {
      for (const v of quarters)
        lines.push(`let l${v}${lane} = subgroupBroadcast(quarter${v}, ${q}u);`);
      for (const c of vectors) {
        lines.push(`let r${c}${lane} = ${right}(z, min(k + ${q}, depth - 1), column0 + ${4 * c});`);
      }
      lines.push(
        each(
          rows,
          columns,
          (i, c) => `sum${i}_${c} += l${i >> 2}${lane}.${at(LANES, i & 3)} * r${c}${lane};`,
        ),
      );
    });
    return lines.join('\n');
  }
  for (const v of quarters) lines.push(`let quarter${v} = ${left}(z, row0 + ${4 * v} + lane, k);`);
  for (const i of range(rows)) {
    lines.push(`let l${i} = subgroupBroadcast(quarter${i >> 2}, ${i & 3}u);`);
  }
  if (form === 'NT') {
    for (const j of range(columns)) lines.push(`let t${j} = ${right}(z, column0 + ${j}, k);`);
  }
  LANES.forEach((lane, q) => {
    for (const c of vectors) {
      const turned = LANES.map((_, j) => `t${4 * c + j}.${lane}`).join(', ');
      const value = form === 'NT' ? `vec4(${turned})` : `${right}(z, k + ${q}, column0 + ${4 * c})`;
      lines.push(`let r${c}${lane} = ${value};`);
    }
    lines.push(each(rows, columns, (i, c) => `sum${i}_${c} += l${i}.${lane} * r${c}${lane};`));
  });
  return lines.join('\n');
}

/** The products of one turn of the loop, over a tile of rows × columns at row0, column0. */
export function termsText(
  form: MatmulForm,
  { left, right }: MatmulTerms,
  rows: number,
  columns: number,
): string {
  const lines: string[] = [];
  const vectors = columns / 4;
  if (form === 'TN') {
    for (let v = 0; v < rows / 4; v++) lines.push(`let l${v} = ${left}(z, k, row0 + ${4 * v});`);
    for (let c = 0; c < vectors; c++) lines.push(`let r${c} = ${right}(z, k, column0 + ${4 * c});`);
    lines.push(
      each(rows, columns, (i, c) => `sum${i}_${c} += l${i >> 2}.${at(LANES, i & 3)} * r${c};`),
    );
    return lines.join('\n');
  }
  for (let i = 0; i < rows; i++) lines.push(`let l${i} = ${left}(z, row0 + ${i}, k);`);
  if (form === 'NT') {
    for (let j = 0; j < columns; j++) lines.push(`let r${j} = ${right}(z, column0 + ${j}, k);`);
    const dots = (i: number, c: number) =>
      [0, 1, 2, 3].map((q) => `dot(l${i}, r${4 * c + q})`).join(', ');
    lines.push(each(rows, columns, (i, c) => `sum${i}_${c} += vec4(${dots(i, c)});`));
    return lines.join('\n');
  }
  LANES.forEach((lane, q) => {
    const names = Array.from({ length: vectors }, (_, c) => `r${c}${lane}`);
    names.forEach((name, c) =>
      lines.push(`let ${name} = ${right}(z, k + ${q}, column0 + ${4 * c});`),
    );
    lines.push(each(rows, columns, (i, c) => `sum${i}_${c} += l${i}.${lane} * ${at(names, c)};`));
  });
  return lines.join('\n');
}

export function allTerms({ terms, extra }: Matmul): MatmulTerms[] {
  return extra ? [terms, extra] : [terms];
}

/** Terms per turn of the loop: rows are read four terms at a time, but not those of TN. */
export function stepOf(form: MatmulForm): number {
  return form === 'TN' ? 1 : 4;
}

export function accumulators(rows: number, columns: number): string {
  return each(rows, columns, (i, c) => `  var sum${i}_${c} = vec4(0.0);`);
}

export function storeAll(matmul: Matmul, rows: number, columns: number): string {
  return each(
    rows,
    columns,
    (i, c) =>
      `  if (row0 + ${i} < ${matmul.rows}) { store(z, row0 + ${i}, column0 + ${4 * c}, sum${i}_${c}); }`,
  );
}

function each(rows: number, columns: number, text: (i: number, c: number) => string): string {
  return range(rows)
    .flatMap((i) => range(columns / 4).map((c) => text(i, c)))
    .join('\n');
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
