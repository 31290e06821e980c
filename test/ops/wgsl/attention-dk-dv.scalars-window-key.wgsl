// attention dk dv [["gradients","key"],["headDim",3],["heads",3],["kvHeads",3],["shared",false],["window",5]]
struct Uniforms {
  count : i32,
  time : i32,
  scale : f32,
}

@group(0) @binding(0) var<storage, read_write> dqkv : array<f32>;
@group(0) @binding(1) var<storage, read> qkv : array<f32>;
@group(0) @binding(2) var<storage, read> logSumExp : array<f32>;
@group(0) @binding(3) var<storage, read> deltas : array<f32>;
@group(0) @binding(4) var<storage, read> dy : array<f32>;
@group(0) @binding(5) var<uniform> uniforms : Uniforms;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>,
  @builtin(local_invocation_index) lane : u32) {
  let index = i32((group.y * groups.x + group.x) * 64u + lane);
  if (index >= uniforms.count) { return; }
  let s = index % uniforms.time;
  let kvHead = (index / uniforms.time) % 3;
  let first_row = (index / (uniforms.time * 3)) * uniforms.time;
  let keyAt = (first_row + s) * 27 + (3 + kvHead) * 3;
  let valueAt = keyAt + 9;
  let end = min(uniforms.time, s + 5);
  let k0 = qkv[keyAt + 0] * uniforms.scale;
  let k1 = qkv[keyAt + 1] * uniforms.scale;
  let k2 = qkv[keyAt + 2] * uniforms.scale;
  let v0 = qkv[valueAt + 0]; var dk0 = 0.0;
  let v1 = qkv[valueAt + 1]; var dk1 = 0.0;
  let v2 = qkv[valueAt + 2]; var dk2 = 0.0;
  // The query heads h with ⌊h·Hkv/H⌋ equal to this head.
  for (var head = (kvHead * 3 + 2) / 3;
    head * 3 / 3 == kvHead && head < 3; head++) {
    // Neighbors that share begin at the first one's key and end at the last one's last query.
    for (var t = s; t < end; t++) {
      let query = (first_row + t) * 27 + head * 3;
      let pair = (first_row + t) * 3 + head;
      let dyAt = pair * 3;
      let score = k0 * qkv[query + 0]
        + k1 * qkv[query + 1]
        + k2 * qkv[query + 2];
      let probability = exp(score - logSumExp[pair]);
      let slope = v0 * dy[dyAt + 0]
        + v1 * dy[dyAt + 1]
        + v2 * dy[dyAt + 2];
      let dScore = probability * (slope - deltas[pair]);
      dk0 += dScore * qkv[query + 0];
      dk1 += dScore * qkv[query + 1];
      dk2 += dScore * qkv[query + 2];
    }
  }
  dqkv[keyAt + 0] = uniforms.scale * dk0;
  dqkv[keyAt + 1] = uniforms.scale * dk1;
  dqkv[keyAt + 2] = uniforms.scale * dk2;
}
