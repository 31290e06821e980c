// rope [["headDim",64],["heads",3],["inverse",false],["rotaryDim",64]]
struct Uniforms {
  count : i32,
  width : i32,
  pairs : i32,
}

@group(0) @binding(0) var<storage, read_write> y : array<f32>;
@group(0) @binding(1) var<storage, read> x : array<f32>;
@group(0) @binding(2) var<storage, read> table : array<f32>;
@group(0) @binding(3) var<storage, read> positions : array<i32>;
@group(0) @binding(4) var<uniform> uniforms : Uniforms;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  let row = index / uniforms.pairs;
  let pair = index - row * uniforms.pairs;
  let start = row * uniforms.width;
  let head = pair / 32;
  let d = pair - head * 32;
  if (head < 3 && d < 32) {
    let at = start + head * 64 + d;
    let angles = positions[row] * 64 + d;
    let cosine = table[angles];
    let sine = table[angles + 32];
    let first = x[at];
    let second = x[at + 32];
    y[at] = first * cosine - second * sine;
    y[at + 32] = second * cosine + first * sine;
    return;
  }
  // Values beside the rotated ones of a head, or behind the last head.
  let inside = head < 3;
  let behind = 192 + 2 * (pair - 96);
  let column = select(behind, head * 64 + 64 + 2 * (d - 32), inside);
  let end = select(uniforms.width, (head + 1) * 64, inside);
  y[start + column] = x[start + column];
  if (column + 1 < end) { y[start + column + 1] = x[start + column + 1]; }
}
