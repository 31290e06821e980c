// embedding [["aligned",false],["format","bf16"],["parts",2]]
struct Uniforms {
  count : i32,
  columns : i32,
  quads : i32,
  partRows : i32,
}

@group(0) @binding(0) var<storage, read_write> y : array<f32>;
@group(0) @binding(1) var<storage, read> ids : array<i32>;
@group(0) @binding(2) var<storage, read> w0 : array<u32>;
@group(0) @binding(3) var<storage, read> w1 : array<u32>;
@group(0) @binding(4) var<uniform> uniforms : Uniforms;
fn tableRowPair(word : u32) -> vec2<f32> { return vec2(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u)); }
fn tableRow(row : i32, column : i32) -> vec4<f32> {
  if (row < 1 * uniforms.partRows) {
    let at = row * uniforms.columns + column;
    let low = tableRowPair(w0[at / 2]);
    let high = tableRowPair(w0[at / 2 + 1]);
    return vec4(low, select(vec2(0.0), high, column + 2 < uniforms.columns));
  }
  let at = (row - 1 * uniforms.partRows) * uniforms.columns + column;
  let low = tableRowPair(w1[at / 2]);
  let high = tableRowPair(w1[at / 2 + 1]);
  return vec4(low, select(vec2(0.0), high, column + 2 < uniforms.columns));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  let row = index / uniforms.quads;
  let column = 4 * (index % uniforms.quads);
  let values = tableRow(ids[row], column);
  for (var q = 0; q < 4; q++) {
    if (column + q < uniforms.columns) { y[row * uniforms.columns + column + q] = values[q]; }
  }
}
