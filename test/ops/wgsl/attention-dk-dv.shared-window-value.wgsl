// attention dk dv [["gradients","value"],["headDim",16],["heads",4],["kvHeads",2],["shared",true],["window",5]]
enable subgroups;
diagnostic(off, subgroup_uniformity);
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
  let keyAt = (first_row + s) * 32 + (4 + kvHead) * 4;
  let valueAt = keyAt + 8;
  let end = min(uniforms.time, s + 5);
  let k0 = qkv[keyAt + 0] * uniforms.scale;
  let k1 = qkv[keyAt + 1] * uniforms.scale;
  let k2 = qkv[keyAt + 2] * uniforms.scale;
  let k3 = qkv[keyAt + 3] * uniforms.scale;
  var dv0 = vec4(0.0);
  var dv1 = vec4(0.0);
  var dv2 = vec4(0.0);
  var dv3 = vec4(0.0);
  // The query heads h with ⌊h·Hkv/H⌋ equal to this head.
  for (var head = (kvHead * 4 + 1) / 2;
    head * 2 / 4 == kvHead && head < 4; head++) {
    // Neighbors that share begin at the first one's key and end at the last one's last query.
    for (var t = (s & ~3); t < min(uniforms.time, (s | 3) + 5); t++) {
      let query = (first_row + t) * 32 + head * 4;
      let pair = (first_row + t) * 4 + head;
      let dyAt = pair * 4;
      let qQuarter0 = qkv[query + (index & 3) * 1 + 0];
      let q0 = subgroupBroadcast(qQuarter0, 0u);
      let q1 = subgroupBroadcast(qQuarter0, 1u);
      let q2 = subgroupBroadcast(qQuarter0, 2u);
      let q3 = subgroupBroadcast(qQuarter0, 3u);
      let gQuarter0 = dy[dyAt + (index & 3) * 1 + 0];
      let g0 = subgroupBroadcast(gQuarter0, 0u);
      let g1 = subgroupBroadcast(gQuarter0, 1u);
      let g2 = subgroupBroadcast(gQuarter0, 2u);
      let g3 = subgroupBroadcast(gQuarter0, 3u);
      if (t < s || t >= end) { continue; }
      let score = dot(k0, q0)
        + dot(k1, q1)
        + dot(k2, q2)
        + dot(k3, q3);
      let probability = exp(score - logSumExp[pair]);
      dv0 += probability * g0;
      dv1 += probability * g1;
      dv2 += probability * g2;
      dv3 += probability * g3;
    }
  }
  dqkv[valueAt + 0] = dv0;
  dqkv[valueAt + 1] = dv1;
  dqkv[valueAt + 2] = dv2;
  dqkv[valueAt + 3] = dv3;
}
