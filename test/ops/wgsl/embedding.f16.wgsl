// embedding [["aligned",true],["format","f16"],["parts",1]]
struct Uniforms {
  count : i32,
  columns : i32,
  quads : i32,
  partRows : i32,
}

@group(0) @binding(0) var<storage, read_write> y : array<f32>;
@group(0) @binding(1) var<storage, read> ids : array<i32>;
@group(0) @binding(2) var<storage, read> w0 : array<vec2<u32>>;
@group(0) @binding(3) var<uniform> uniforms : Uniforms;
fn tableRowPair(word : u32) -> vec2<f32> { return unpack2x16float(word); }
fn tableRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  let words = w0[at / 4];
  return vec4(tableRowPair(words.x), tableRowPair(words.y));
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
