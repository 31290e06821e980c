// rope [["headDim",5],["heads",3],["inverse",true],["rotaryDim",2]]
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
  let head = pair / 3;
  let d = pair - head * 3;
  if (head < 3 && d < 1) {
    let at = start + head * 5 + d;
    let angles = positions[row] * 2 + d;
    let cosine = table[angles];
    let sine = -table[angles + 1];
    let first = x[at];
    let second = x[at + 1];
    y[at] = first * cosine - second * sine;
    y[at + 1] = second * cosine + first * sine;
    return;
  }
  // Values beside the rotated ones of a head, or behind the last head.
  let inside = head < 3;
  let behind = 15 + 2 * (pair - 9);
  let column = select(behind, head * 5 + 2 + 2 * (d - 1), inside);
  let end = select(uniforms.width, (head + 1) * 5, inside);
  y[start + column] = x[start + column];
  if (column + 1 < end) { y[start + column + 1] = x[start + column + 1]; }
}
