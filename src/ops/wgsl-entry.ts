/**
 * Entry points of programs in WGSL: an invocation for each value or a group for each row, and sums
 * over the lanes of a group. How many groups to dispatch is told beside each.
 */

/** The usual size of a workgroup: two subgroups of most processors, allowed everywhere. */
export const GROUP = 64;
export const MAX_GROUPS = 65_535;

/**
 * Groups for `count` units of one group each, spread over x and y; the program must guard, since
 * the last line of groups reaches over the end.
 */
export function spread(count: number): [number, number, number] {
  const across = Math.min(count, MAX_GROUPS);
  return [across, Math.ceil(count / across), 1];
}

/** Groups for one invocation per value, for `perValue`. */
export function groupsFor(values: number): [number, number, number] {
  return spread(Math.ceil(values / GROUP));
}

/** An entry point that runs `body` once for each `index` below `uniforms.count`. */
export function perValue(body: string): string {
  return `@compute @workgroup_size(${GROUP})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
        @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * ${GROUP}u + lane);
  if (index >= uniforms.count) { return; }
${body}
}`;
}

/**
 * An entry point that runs `body` for each `row` below `uniforms.rows`, by a whole group; `lane` is
 * the invocation within the group. The row is the same for all of them, so barriers are allowed. Of
 * width 1, see `rowLanes`, neighbors have rows of their own and barriers are not.
 */
export function perRow(body: string, width = GROUP): string {
  const size = width === 1 ? GROUP : width;
  const group = '(group.y * groups.x + group.x)';
  const row = width === 1 ? `${group} * ${GROUP}u + invocation` : group;
  return `@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
        @builtin(local_invocation_index) invocation : u32) {
  let row = i32(${row});
  let lane = ${width === 1 ? '0' : 'i32(invocation)'};
  if (row >= uniforms.rows) { return; }
${body}
}`;
}

/** Groups for `perRow`. */
export function rowGroups(rows: number, width: number): [number, number, number] {
  return width === 1 ? groupsFor(rows) : spread(rows);
}

/** `name(value, lane)`: the value of all lanes combined, in a fixed order, known to every lane. */
export function reduction(
  name: string,
  type: string,
  combine: (a: string, b: string) => string,
  width = GROUP,
): string {
  if (width === 1) return `fn ${name}(value : ${type}, lane : i32) -> ${type} { return value; }`;
  return `var<workgroup> ${name}Slots : array<${type}, ${width}>;
fn ${name}(value : ${type}, lane : i32) -> ${type} {
  ${name}Slots[lane] = value;
  workgroupBarrier();
  for (var step = ${width / 2}; step > 0; step /= 2) {
    if (lane < step) {
      ${name}Slots[lane] = ${combine(`${name}Slots[lane]`, `${name}Slots[lane + step]`)};
    }
    workgroupBarrier();
  }
  let combined = ${name}Slots[0];
  workgroupBarrier();
  return combined;
}`;
}

export function sumReduction(name: string, width = GROUP): string {
  return reduction(name, 'f32', (a, b) => `${a} + ${b}`, width);
}
