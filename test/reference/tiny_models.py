"""Tiny random checkpoints in the Hugging Face layout, and what transformers and PEFT compute from them.

    python3 tiny_models.py [VARIANT ...]     writes ../fixtures/models/<variant>/

Each folder holds config.json, the weights and reference.json. Weights are drawn once, rounded to the
stored dtype, written, read back by transformers and computed with in float32 (eager attention, no dropout).
"""
import json
import pathlib
import sys
import zlib

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

import compact_json
from lora_numbers import forward_numbers, full_numbers, lora_numbers, padded, target_positions

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "models"
VOCAB, POSITIONS = 96, 64
LENGTHS = [20, 13]
FULL = {"llama", "gpt2", "gpt_neox"}


def llama(**changes):
    """A Llama config.json with the keys of transformers 4."""
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": VOCAB, "hidden_size": 16,
        "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
        "hidden_act": "silu", "max_position_embeddings": POSITIONS, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "rope_scaling": None, "attention_bias": False, "attention_dropout": 0.0, "mlp_bias": False,
        "tie_word_embeddings": True, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "float32", **changes,
    }


def without(config, *keys):
    return {key: value for key, value in config.items() if key not in keys}


def gpt_neox(**changes):
    return {
        "architectures": ["GPTNeoXForCausalLM"], "model_type": "gpt_neox", "vocab_size": VOCAB, "hidden_size": 32,
        "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "hidden_act": "gelu",
        "max_position_embeddings": POSITIONS, "layer_norm_eps": 1e-5, "rotary_pct": 0.25, "rotary_emb_base": 10000,
        "use_parallel_residual": True, "attention_bias": True, "tie_word_embeddings": False, "bos_token_id": 0,
        "eos_token_id": 0, "torch_dtype": "float16", **changes,
    }


VARIANTS = {
    "llama": llama(),
    "llama-untied": llama(attention_bias=True, mlp_bias=True, tie_word_embeddings=False, torch_dtype="float16"),
    # Wavelengths 6.3, 20, 63 and 199: one below, one between and two above the limits 8 and 32.
    "llama3": llama(num_attention_heads=2, num_key_value_heads=1, rope_theta=100.0, rope_scaling={
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32}),
    "llama-v5": without(llama(head_dim=8, dtype="bfloat16",
                              rope_parameters={"rope_type": "default", "rope_theta": 10000.0}),
                        "torch_dtype", "rope_theta", "rope_scaling"),
    "mistral": without(llama(architectures=["MistralForCausalLM"], model_type="mistral", sliding_window=None,
                             tie_word_embeddings=False),
                       "attention_bias", "mlp_bias", "rope_scaling"),
    "smollm2": llama(hidden_size=24, num_attention_heads=3, num_key_value_heads=1, rope_theta=100000,
                     torch_dtype="float16"),
    "qwen2": without(llama(architectures=["Qwen2ForCausalLM"], model_type="qwen2", rope_theta=1000000.0,
                           rms_norm_eps=1e-6, use_sliding_window=False, sliding_window=POSITIONS,
                           max_window_layers=2, torch_dtype="bfloat16"),
                     "attention_bias", "mlp_bias", "rope_scaling"),
    "qwen3": without(llama(architectures=["Qwen3ForCausalLM"], model_type="qwen3", head_dim=8, rms_norm_eps=1e-6,
                           tie_word_embeddings=False, use_sliding_window=False, sliding_window=None,
                           max_window_layers=2, layer_types=["full_attention", "full_attention"], dtype="bfloat16",
                           rope_parameters={"rope_type": "default", "rope_theta": 1000000}),
                     "torch_dtype", "rope_theta", "rope_scaling", "mlp_bias"),
    "gpt2": {
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": VOCAB, "n_embd": 16, "n_layer": 2,
        "n_head": 4, "n_positions": POSITIONS, "n_ctx": POSITIONS, "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5, "attn_pdrop": 0.1, "embd_pdrop": 0.1, "resid_pdrop": 0.1, "bos_token_id": 95,
        "eos_token_id": 95,
    },
    "gpt_neox": gpt_neox(),
    "gpt_neox-sequential": gpt_neox(use_parallel_residual=False, torch_dtype="float32"),
    "gpt_neo": {
        "architectures": ["GPTNeoForCausalLM"], "model_type": "gpt_neo", "vocab_size": VOCAB, "hidden_size": 16,
        "num_layers": 2, "num_heads": 4, "intermediate_size": None, "attention_types": [[["global", "local"], 1]],
        "window_size": 4, "activation_function": "gelu_new", "max_position_embeddings": POSITIONS,
        "layer_norm_epsilon": 1e-5, "attention_dropout": 0, "embed_dropout": 0, "resid_dropout": 0,
        "bos_token_id": 95, "eos_token_id": 95, "torch_dtype": "float32",
    },
}


def draw(config, generator, dtype):
    """A random state dict in `dtype`: no norm is one and no bias zero, and the logits are far from flat."""
    model = AutoModelForCausalLM.from_config(config)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        norm = parameter.dim() == 1 and name.endswith("weight")
        embedding = any(part in name for part in ("embed", "wte", "lm_head"))
        parameter.data = 1 + 0.2 * noise if norm else (0.4 if embedding else 0.2) * noise
    state = {name: tensor.to(dtype).contiguous() for name, tensor in model.state_dict().items()}
    if config.tie_word_embeddings:
        state.pop("lm_head.weight", None)
    return state


def with_public_habits(family, state):
    """Prefixes and mask buffers as the public checkpoints of the family have them."""
    causal = torch.ones(POSITIONS, POSITIONS).tril().reshape(1, 1, POSITIONS, POSITIONS)
    if family == "gpt2":
        state = {name.removeprefix("transformer."): tensor for name, tensor in state.items()}
        return state | {f"h.{layer}.attn.bias": causal.clone() for layer in range(2)}
    if family == "gpt_neo":
        for layer in range(2):
            state[f"transformer.h.{layer}.attn.attention.bias"] = causal.bool()
            state[f"transformer.h.{layer}.attn.attention.masked_bias"] = torch.tensor(-1e9)
    if family == "gpt_neox":
        for layer in range(2):
            state[f"gpt_neox.layers.{layer}.attention.bias"] = causal.to(torch.uint8)
            state[f"gpt_neox.layers.{layer}.attention.masked_bias"] = torch.tensor(-1e4).half()
            state[f"gpt_neox.layers.{layer}.attention.rotary_emb.inv_freq"] = torch.tensor([1.0, 0.01])
    return state


def save(folder, state, sharded):
    if not sharded:
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
        return
    files = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    weight_map = {name: files["embed_tokens" not in name and ".layers.0." not in name] for name in sorted(state)}
    for file in files:
        save_file({name: state[name] for name in weight_map if weight_map[name] == file}, folder / file,
                  metadata={"format": "pt"})
    total = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    compact_json.write(folder / "model.safetensors.index.json",
                       {"metadata": {"total_size": total}, "weight_map": weight_map})


def load(folder):
    """The stored model in float32; fails when a weight is missing or an unknown one is left over."""
    model, report = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    left = [key for key in report["unexpected_keys"] if not key.endswith(("bias", "inv_freq"))]
    assert not report["missing_keys"] and not left, report
    return model.eval()


def token_rows(generator):
    return [torch.randint(3, VOCAB - 1, (length,), generator=generator).tolist() for length in LENGTHS]


def build(variant, config):
    folder = FIXTURES / variant
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    generator = torch.Generator().manual_seed(zlib.crc32(variant.encode()))
    dtype = getattr(torch, config.get("dtype", config.get("torch_dtype", "float32")))
    state = draw(AutoConfig.from_pretrained(folder), generator, dtype)
    save(folder, with_public_habits(config["model_type"], state), sharded=variant == "mistral")

    rows = token_rows(generator)
    ids, mask = padded(rows, 0)
    targets = target_positions(rows)
    model = load(folder)
    reference = {"made_with": {"torch": torch.__version__, "transformers": transformers.__version__},
                 "input_ids": ids.tolist(), "lengths": LENGTHS, **forward_numbers(model, rows, ids, mask)}
    if variant in FULL:
        reference["full"] = full_numbers(model, ids, mask, targets)
    reference["lora"] = lora_numbers(model, ids, mask, targets)
    compact_json.write(folder / "reference.json", reference)
    losses = reference["lora"]["ten_losses"]
    print(f"{variant}: loss {losses[0]:.4f} -> {losses[-1]:.4f}, logits sd "
          f"{torch.tensor(reference['logits']).std():.2f}, {reference['lora']['target_modules']}")


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for variant in sys.argv[1:] or VARIANTS:
        build(variant, VARIANTS[variant])


if __name__ == "__main__":
    main()
