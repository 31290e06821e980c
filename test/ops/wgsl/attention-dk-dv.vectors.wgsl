// attention dk dv [["gradients","both"],["headDim",8],["heads",4],["kvHeads",2],["shared",false],["window",0]]
struct Uniforms {
  count : i32,
  time : i32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read_write> dqkv : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> qkv : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> logSumExp : array<f32>;
@group(0) @binding(3) var<storage, read> deltas : array<f32>;
@group(0) @binding(4) var<storage, read> dy : array<vec4<f32>>;
@group(0) @binding(5) var<uniform> uniforms : Uniforms;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  let s = index % uniforms.time;
  let kvHead = (index / uniforms.time) % 2;
  let first_row = (index / (uniforms.time * 2)) * uniforms.time;
  let keyAt = (first_row + s) * 16 + (4 + kvHead) * 2;
  let valueAt = keyAt + 4;
  let end = uniforms.time;
  let k0 = qkv[keyAt + 0] * uniforms.scale;
  let k1 = qkv[keyAt + 1] * uniforms.scale;
  let v0 = qkv[valueAt + 0]; var dk0 = vec4(0.0);
  let v1 = qkv[valueAt + 1]; var dk1 = vec4(0.0);
  var dv0 = vec4(0.0);
  var dv1 = vec4(0.0);
  // The query heads h with ⌊h·Hkv/H⌋ equal to this head.
  for (var head = (kvHead * 4 + 1) / 2;
    head * 2 / 4 == kvHead && head < 4; head++) {
    // Neighbors that share begin at the first one's key and end at the last one's last query.
    for (var t = s; t < end; t++) {
      let query = (first_row + t) * 16 + head * 2;
      let pair = (first_row + t) * 4 + head;
      let dyAt = pair * 2;
      let score = dot(k0, qkv[query + 0])
        + dot(k1, qkv[query + 1]);
      let probability = exp(score - logSumExp[pair]);
      dv0 += probability * dy[dyAt + 0];
      dv1 += probability * dy[dyAt + 1];
      let slope = dot(v0, dy[dyAt + 0])
        + dot(v1, dy[dyAt + 1]);
      let dScore = probability * (slope - deltas[pair]);
      dk0 += dScore * qkv[query + 0];
      dk1 += dScore * qkv[query + 1];
    }
  }
  dqkv[keyAt + 0] = uniforms.scale * dk0;
  dqkv[keyAt + 1] = uniforms.scale * dk1;
  dqkv[valueAt + 0] = dv0;
  dqkv[valueAt + 1] = dv1;
}
