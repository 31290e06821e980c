/** The text of a whole program in WGSL, and the bytes of its uniforms. */

export type UniformType = 'i32' | 'u32' | 'f32' | VectorList;
/** A list of four integers each; may be given shorter than it is. */
type VectorList = `array<vec4<i32>, ${number}>`;

/** WGSL that depends on nothing but the baked values. */
export interface Source {
  /** Name → element type in WGSL, written or read and written: "f32", "vec4<f32>". */
  outputs: Record<string, string>;
  /** Name → element type, only read. */
  inputs: Record<string, string>;
  uniforms: Record<string, UniformType>;
  /** Declarations and the entry point `main`; reads `uniforms.<name>`. */
  code: string;
}

/** The whole WGSL, indented by its brackets: bindings, the uniform struct, the code. */
export function programText({ outputs, inputs, uniforms, code }: Source): string {
  const fields = orderedUniforms(uniforms).map(([name, type]) => `  ${name} : ${type},`);
  const bindings = [
    ...Object.entries(outputs).map(([name, type]) => [name, `read_write> ${name}`, type]),
    ...Object.entries(inputs).map(([name, type]) => [name, `read> ${name}`, type]),
  ].map(
    ([, access, type], index) =>
      `@group(0) @binding(${index}) var<storage, ${access} : array<${type}>;`,
  );
  // Directives come first in a module. That all invocations of a subgroup take the same way to where
  // they read for each other follows from shapes, which the compiler cannot see.
  const directives = 'enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n';
  return indented(`${/\bsubgroup[A-Z]/.test(code) ? directives : ''}struct Uniforms {
${fields.join('\n')}
}
${bindings.join('\n')}
@group(0) @binding(${bindings.length}) var<uniform> uniforms : Uniforms;
${code}`);
}

function indented(text: string): string {
  let depth = 0;
  const lines: string[] = [];
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    if (line === '') continue;
    // A blank line after each declaration of more than one line.
    if (depth === 0 && lines.at(-1) === '}') lines.push('');
    const closing = /^[)}\]]*/.exec(line)?.[0].length ?? 0;
    // A line that goes on with the one before.
    const further = /^[-+*&|]/.test(line) ? 1 : 0;
    lines.push('  '.repeat(Math.max(0, depth - closing + further)) + line);
    const code = line.replace(/\/\/.*/, '');
    depth += count(code, /[({[]/g) - count(code, /[)}\]]/g);
  }
  return `${lines.join('\n')}\n`;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** Lists first: then every field is aligned without gaps. */
export function orderedUniforms(uniforms: Record<string, UniformType>): [string, UniformType][] {
  const all = Object.entries(uniforms);
  const isList = ([, type]: [string, UniformType]) => wordsOf(type) > 1;
  return [...all.filter(isList), ...all.filter((field) => !isList(field))];
}

function wordsOf(type: UniformType): number {
  return type.startsWith('array') ? 4 * Number(/(\d+)>$/.exec(type)?.[1]) : 1;
}

export function packUniforms(
  fields: readonly [string, UniformType][],
  values: Record<string, number | readonly number[]>,
): ArrayBuffer {
  const words = fields.reduce((sum, [, type]) => sum + wordsOf(type), 0);
  const bytes = new ArrayBuffer(Math.ceil(words / 4) * 16);
  const view = new DataView(bytes);
  let start = 0;
  for (const [name, type] of fields) {
    const value = values[name];
    if (value === undefined) throw new TypeError(`Uniform ${name} is missing.`);
    (typeof value === 'number' ? [value] : value).forEach((one, i) => {
      const at = start + 4 * i;
      if (type === 'f32') view.setFloat32(at, one, true);
      else if (type === 'u32') view.setUint32(at, one, true);
      else view.setInt32(at, one, true);
    });
    start += 4 * wordsOf(type);
  }
  return bytes;
}
