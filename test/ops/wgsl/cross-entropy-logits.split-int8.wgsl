// cross-entropy logits [["alignedIn",true],["alignedVocabulary",true],["format","int8"],["parts",1],["plan","split"]]
struct Uniforms {
  first : i32,
  count : i32,
  vocabulary : i32,
  columns : i32,
  partRows : i32,
}

@group(0) @binding(0) var<storage, read_write> logits : array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> x : array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> rows : array<i32>;
@group(0) @binding(3) var<storage, read> w0 : array<u32>;
@group(0) @binding(4) var<uniform> uniforms : Uniforms;
fn xRow(row : i32, column : i32) -> vec4<f32> {
  let at = row * uniforms.columns + column;
  return x[at / 4];
}

fn headRow0At(block : i32, place : i32) -> vec4<f32> {
  let start = block * 17;
  let word = bitcast<i32>(w0[start + 1 + place / 4]);
  let bytes = (vec4(word) << vec4(24u, 16u, 8u, 0u)) >> vec4(24u);
  return bitcast<f32>(w0[start]) * vec4<f32>(bytes);
}

fn headRow(row : i32, column : i32) -> vec4<f32> {
  let block =
  row * ((uniforms.columns + 63) / 64) + (column >> 6u);
  return headRow0At(block, column & 60);
}

fn leftTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return xRow(rows[uniforms.first + row], k); }
fn rightTerm(z : i32, row : i32, k : i32) -> vec4<f32> { return headRow(row, k); }
fn store(z : i32, row : i32, column : i32, sum : vec4<f32>) {
  if (column >= uniforms.vocabulary) { return; }
  var value = sum;
  let at = row * uniforms.vocabulary + column;
  logits[at / 4] = value;
}

var<workgroup> partialSums : array<vec4<f32>, 256>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(local_invocation_index) local : u32) {
  let z = i32(group.z);
  let lane = i32(local);
  let row0 = i32(group.y) * 4;
  let column0 = i32(group.x) * 4;
  var sum0_0 = vec4(0.0);
  var sum1_0 = vec4(0.0);
  var sum2_0 = vec4(0.0);
  var sum3_0 = vec4(0.0);
  for (var k = lane * 4; k < uniforms.columns; k += 256) {
    let l0 = leftTerm(z, row0 + 0, k);
    let l1 = leftTerm(z, row0 + 1, k);
    let l2 = leftTerm(z, row0 + 2, k);
    let l3 = leftTerm(z, row0 + 3, k);
    let r0 = rightTerm(z, column0 + 0, k);
    let r1 = rightTerm(z, column0 + 1, k);
    let r2 = rightTerm(z, column0 + 2, k);
    let r3 = rightTerm(z, column0 + 3, k);
    sum0_0 += vec4(dot(l0, r0), dot(l0, r1), dot(l0, r2), dot(l0, r3));
    sum1_0 += vec4(dot(l1, r0), dot(l1, r1), dot(l1, r2), dot(l1, r3));
    sum2_0 += vec4(dot(l2, r0), dot(l2, r1), dot(l2, r2), dot(l2, r3));
    sum3_0 += vec4(dot(l3, r0), dot(l3, r1), dot(l3, r2), dot(l3, r3));
  }
  partialSums[lane * 4 + 0] = sum0_0;
  partialSums[lane * 4 + 1] = sum1_0;
  partialSums[lane * 4 + 2] = sum2_0;
  partialSums[lane * 4 + 3] = sum3_0;
  workgroupBarrier();
  for (var step = 32; step > 0; step /= 2) {
    if (lane < step) {
      for (var i = 0; i < 4; i++) {
        partialSums[lane * 4 + i] += partialSums[(lane + step) * 4 + i];
      }
    }
    workgroupBarrier();
  }
  if (lane < 4 && row0 + lane < uniforms.count) { store(z, row0 + lane, column0, partialSums[lane]); }
}
