"""Tiny Llama checkpoints as GGUF, one a storage type, and the tensors and logits a reader must get from them.

    python3 gguf_files.py     writes ../fixtures/gguf/<name>.gguf and <name>.json

The files are laid out as llama.cpp's converter does: rows of q and k permuted for interleaved RoPE, matrices in
the named type, norms in F32, the tokenizer and the chat template in the metadata. k_quants.gguf holds Q4_K and Q6_K
tensors of no meaning: a reader that lacks these types must name them.
"""
import hashlib
import importlib.metadata
import json
import pathlib
import zlib

import gguf
import numpy
import torch
import transformers
from gguf import GGMLQuantizationType as Type
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

import compact_json
from chat_templates import CHATML_DEFAULT_SYSTEM, LLAMA3
from tokenizers_parity import FIXTURES as TOKENIZERS

FIXTURES = TOKENIZERS.parent / "gguf"
HEADS, KV_HEADS, WIDTH, FORWARD, LAYERS = 4, 2, 32, 64, 2
LENGTHS = [12, 7]
NORMAL, CONTROL, USER_DEFINED = 1, 3, 4
LLAMA3_SCALING = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                  "original_max_position_embeddings": 32}
SMOLLM = {"tokenizer": "smollm2", "pre": "smollm", "bos": 1, "eos": 2, "pad": 2, "add_bos": False, "tied": True,
          "template": CHATML_DEFAULT_SYSTEM, "theta": 100000.0}
LLAMA_BPE = {"tokenizer": "llama3", "pre": "llama-bpe", "bos": 520, "eos": 524, "pad": None, "add_bos": True,
             "tied": False, "template": LLAMA3, "theta": 500000.0}
FILES = {
    "f32": {**SMOLLM, "type": Type.F32},
    "f16": {**LLAMA_BPE, "type": Type.F16},
    "bf16": {**SMOLLM, "type": Type.BF16},
    "q8_0": {**LLAMA_BPE, "type": Type.Q8_0},
    "q4_0": {**SMOLLM, "type": Type.Q4_0},
    # As llama.cpp's quantizer does with a tied head, the embedding keeps eight bits.
    "q4_1": {**SMOLLM, "type": Type.Q4_1, "embedding_type": Type.Q8_0},
    # Scaled RoPE is stored as a tensor of divisors; theta 100 puts wavelengths on both sides of the limits.
    "q8_0-rope-freqs": {**LLAMA_BPE, "type": Type.Q8_0, "theta": 100.0, "scaling": LLAMA3_SCALING},
    "k_quants": {**SMOLLM, "type": Type.Q8_0, "forward": 256,
                 "odd_types": {"blk.0.ffn_down.weight": Type.Q4_K, "blk.1.ffn_down.weight": Type.Q6_K}},
}
FILE_TYPE = {Type.F32: gguf.LlamaFileType.ALL_F32, Type.F16: gguf.LlamaFileType.MOSTLY_F16,
             Type.BF16: gguf.LlamaFileType.MOSTLY_BF16, Type.Q8_0: gguf.LlamaFileType.MOSTLY_Q8_0,
             Type.Q4_0: gguf.LlamaFileType.MOSTLY_Q4_0, Type.Q4_1: gguf.LlamaFileType.MOSTLY_Q4_1}
LAYER_NAMES = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
               "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
               "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}


def tensor_names(tied):
    """GGUF name to Hugging Face name, in file order."""
    names = {"token_embd.weight": "model.embed_tokens.weight"}
    for layer in range(LAYERS):
        names |= {f"blk.{layer}.{ours}.weight": f"model.layers.{layer}.{theirs}.weight"
                  for ours, theirs in LAYER_NAMES.items()}
    names["output_norm.weight"] = "model.norm.weight"
    return names if tied else names | {"output.weight": "lm_head.weight"}


def llama_config(plan, vocabulary):
    rope = {"rope_type": "default", "rope_theta": plan["theta"], **plan.get("scaling", {})}
    return LlamaConfig(vocab_size=vocabulary, hidden_size=WIDTH, intermediate_size=plan.get("forward", FORWARD),
                       num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=KV_HEADS,
                       max_position_embeddings=64, rms_norm_eps=1e-5, rope_parameters=rope,
                       tie_word_embeddings=plan["tied"], bos_token_id=plan["bos"], eos_token_id=plan["eos"])


def permute(weight, heads):
    """Rows (first half, second half) of each head become interleaved pairs."""
    halves = weight.reshape(heads, 2, weight.shape[0] // heads // 2, weight.shape[1])
    return numpy.ascontiguousarray(halves.swapaxes(1, 2).reshape(weight.shape))


def unpermute(weight, heads):
    pairs = weight.reshape(heads, weight.shape[0] // heads // 2, 2, weight.shape[1])
    return numpy.ascontiguousarray(pairs.swapaxes(1, 2).reshape(weight.shape))


def permuted_heads(name):
    return HEADS if name.endswith("attn_q.weight") else KV_HEADS if name.endswith("attn_k.weight") else None


def draw(config, generator):
    """Random weights in float32 by Hugging Face name."""
    weights = {}
    for name, parameter in LlamaForCausalLM(config).named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        scale = 0.4 if "embed" in name or "lm_head" in name else 0.2
        weights[name] = (1 + 0.2 * noise if parameter.dim() == 1 else scale * noise).numpy()
    return weights


def meaningless(shape, quantization, generator):
    """Bytes of a quantization that cannot be written here, of the right count."""
    block, size = gguf.GGML_QUANT_SIZES[quantization]
    count = (shape[0], shape[1] // block * size)
    return torch.randint(0, 60, count, generator=generator, dtype=torch.uint8).numpy()


def add_metadata(writer, name, plan, config):
    writer.add_type("model")
    writer.add_name(f"Idiolect tiny {name}")
    writer.add_size_label("36K")
    writer.add_languages(["en"])
    writer.add_block_count(LAYERS)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(plan["theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_file_type(FILE_TYPE[plan["type"]])
    writer.add_vocab_size(config.vocab_size)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def add_tokenizer(writer, plan):
    """The vocabulary of one of the tokenizer fixtures as GGUF arrays; the pre-tokenizer is only named."""
    stored = json.loads((TOKENIZERS / plan["tokenizer"] / "tokenizer.json").read_text())
    tokens = dict(stored["model"]["vocab"])
    types = {}
    for added in stored["added_tokens"]:
        tokens[added["content"]] = added["id"]
        types[added["content"]] = CONTROL if added["special"] else USER_DEFINED
    ordered = sorted(tokens, key=tokens.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(plan["pre"])
    writer.add_token_list(ordered)
    writer.add_token_types([types.get(token, NORMAL) for token in ordered])
    writer.add_token_merges([" ".join(pair) for pair in stored["model"]["merges"]])
    writer.add_bos_token_id(plan["bos"])
    writer.add_eos_token_id(plan["eos"])
    if plan["pad"] is not None:
        writer.add_pad_token_id(plan["pad"])
    writer.add_add_bos_token(plan["add_bos"])
    writer.add_chat_template(plan["template"])


def rope_divisors(scaling, theta):
    """What llama.cpp's converter stores in rope_freqs.weight, one divisor a frequency."""
    divisors = []
    for index in range(0, WIDTH // HEADS, 2):
        wavelength = 2 * numpy.pi * theta ** (index / (WIDTH // HEADS))
        turns = scaling["original_max_position_embeddings"] / wavelength
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        blend = min(1.0, max(0.0, (turns - low) / (high - low)))
        divisors.append(1 / ((1 - blend) / scaling["factor"] + blend))
    return numpy.array(divisors, dtype=numpy.float32)


def write_file(name, plan, config, generator):
    """Write the GGUF file; return the dequantized tensors by Hugging Face name, rows in its order."""
    weights = draw(config, generator)
    writer = gguf.GGUFWriter(FIXTURES / f"{name}.gguf", "llama")
    add_metadata(writer, name, plan, config)
    add_tokenizer(writer, plan)
    expected = {}
    for stored_name, model_name in tensor_names(plan["tied"]).items():
        weight, heads = weights[model_name], permuted_heads(stored_name)
        if stored_name in plan.get("odd_types", {}):
            kind = plan["odd_types"][stored_name]
            writer.add_tensor(stored_name, meaningless(weight.shape, kind, generator), raw_dtype=kind)
            continue
        kind = Type.F32 if weight.ndim == 1 else plan["type"]
        if stored_name == "token_embd.weight":
            kind = plan.get("embedding_type", kind)
        data = gguf.quantize(permute(weight, heads) if heads else weight, kind)
        writer.add_tensor(stored_name, data, raw_dtype=kind)
        restored = gguf.dequantize(data, kind).reshape(weight.shape)
        expected[model_name] = unpermute(restored, heads) if heads else restored
    if "scaling" in plan:
        writer.add_tensor("rope_freqs.weight", rope_divisors(plan["scaling"], plan["theta"]))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return expected


def fingerprint(values):
    """Hashes of the little-endian bytes, row-major, and the ends of the tensor."""
    digest = lambda array: hashlib.sha256(numpy.ascontiguousarray(array).tobytes()).hexdigest()
    return {"shape": list(values.shape), "sha256_float32": digest(values.astype("<f4")),
            "sha256_float16": digest(values.astype("<f2")), "first": compact_json.float32_list(values.reshape(-1)[:4]),
            "last": compact_json.float32_list(values.reshape(-1)[-4:])}


def logits(config, tensors, rows):
    """Logits of each row's last position [B,V] and the NLL of each token after the first, in float32."""
    model = LlamaForCausalLM._from_config(config, attn_implementation="eager").eval()
    state = {name: torch.from_numpy(values.astype("float32")) for name, values in tensors.items()}
    report = model.load_state_dict(state, strict=False)
    assert not report.unexpected_keys and set(report.missing_keys) <= {"lm_head.weight"}, report
    model.tie_weights()
    last, nll = [], []
    for row in rows:
        with torch.no_grad():
            out = model(torch.tensor([row])).logits[0]
        last.append(compact_json.float32_list(out[-1]))
        probabilities = torch.log_softmax(out[:-1].double(), -1)
        nll.append(compact_json.float32_list(-probabilities.gather(1, torch.tensor(row[1:])[:, None])))
    return {"last_logits": last, "nll": nll}


def check_with_transformers(name, expected):
    """transformers' own GGUF reader must restore the same tensors."""
    state = AutoModelForCausalLM.from_pretrained(FIXTURES, gguf_file=f"{name}.gguf", dtype=torch.float32).state_dict()
    for key, values in expected.items():
        assert numpy.array_equal(state[key].numpy(), values), f"{name}: {key}"


def build(name, plan):
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    vocabulary = json.loads((TOKENIZERS / plan["tokenizer"] / "cases.json").read_text())["vocab_size"]
    config = llama_config(plan, vocabulary)
    expected = write_file(name, plan, config, generator)
    if "odd_types" in plan:
        compact_json.write(FIXTURES / f"{name}.json", {
            "refused": {tensor: kind.name for tensor, kind in plan["odd_types"].items()}})
        return
    check_with_transformers(name, expected)
    # Only matrices are rounded; norms stay in float32. astype rounds to nearest, ties to even.
    halved = {key: values.astype("float16") if values.ndim == 2 else values for key, values in expected.items()}
    rows = [torch.randint(3, 500, (length,), generator=generator).tolist() for length in LENGTHS]
    compact_json.write(FIXTURES / f"{name}.json", {
        "made_with": {"gguf": importlib.metadata.version("gguf"), "torch": torch.__version__, "transformers": transformers.__version__},
        "tokenizer": plan["tokenizer"], "pre": plan["pre"], "chat_template": plan["template"],
        "config": {key: getattr(config, key) for key in (
            "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
            "num_key_value_heads", "max_position_embeddings", "rms_norm_eps", "tie_word_embeddings", "bos_token_id",
            "eos_token_id")} | {"rope_theta": plan["theta"], "rope_scaling": plan.get("scaling")},
        "types": {tensor.name: tensor.tensor_type.name for tensor in gguf.GGUFReader(FIXTURES / f"{name}.gguf").tensors},
        "tensors": {key: fingerprint(values) for key, values in expected.items()},
        "input_ids": rows, "float32": logits(config, expected, rows), "float16": logits(config, halved, rows)})
    print(f"{name}: {(FIXTURES / f'{name}.gguf').stat().st_size:,} bytes")


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for name, plan in FILES.items():
        build(name, plan)


if __name__ == "__main__":
    main()
