"""What transformers makes of settings in config.json that readers get wrong: the stored checkpoints of
tiny_models.py under changed settings, as the sum of NLL of each row in nats, or the error's name.

    python3 config_cases.py     writes ../fixtures/models/config_cases.json
"""
import json
import pathlib
import shutil
import tempfile

import torch
import transformers
from transformers import AutoModelForCausalLM

import compact_json
from tiny_models import FIXTURES

YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 32}
# Whole heads of 16, with frequencies on both sides of the ramps.
WHOLE = {"rotary_emb_base": 100, "rotary_pct": 1.0}
SLIDING = {"use_sliding_window": True, "sliding_window": 4}
ABSENT = "(absent)"
# checkpoint, then settings put into its config.json; ABSENT takes one out.
CASES = [
    ("llama", {"rope_scaling": {"type": "linear", "factor": 2.0}}),
    ("llama", {"rope_scaling": {"rope_type": "linear", "factor": 2.0, "type": "yarn"}}),
    ("llama", {"rope_scaling": {"factor": 2.0}}),
    ("llama", {"rope_scaling": {"rope_type": "linear", "factor": 2.0, "rope_theta": 500.0}}),
    ("llama", {"rope_scaling": {"rope_theta": 500.0}, "rope_parameters": {"rope_theta": 70.0}}),
    ("llama", {"rope_parameters": {"rope_theta": 70.0}}),
    ("llama", {"rope_parameters": {"rope_theta": 70.0, "rope_type": "linear", "factor": 3.0}, "rope_theta": 500.0}),
    ("llama", {"rope_parameters": {"rope_type": "default"}, "rope_theta": 500.0}),
    ("llama", {"rope_theta": ABSENT, "rope_scaling": ABSENT}),
    ("llama", {"rope_scaling": {"type": "dynamic", "factor": 4.0}}),
    ("llama", {"rope_scaling": {"type": "dynamic", "factor": 4.0}, "max_position_embeddings": 8}),
    ("gpt_neox", {"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}, "max_position_embeddings": 16}),
    ("llama", {"rope_scaling": {**YARN, "attention_factor": 0.7}}),
    ("llama", {"rope_scaling": YARN}),
    ("llama", {"rope_scaling": {**YARN, "factor": None}}),
    ("llama", {"rope_scaling": {"type": "yarn", "factor": 4.0}, "original_max_position_embeddings": 16}),
    ("llama", {"rope_scaling": {"type": "yarn", "factor": 4.0}}),
    ("llama", {"rope_scaling": {**YARN, "mscale": 0.7, "mscale_all_dim": 1.4}}),
    ("llama", {"rope_scaling": {**YARN, "mscale": 0.7}}),
    ("gpt_neox", {**WHOLE, "rope_scaling": YARN}),
    ("gpt_neox", {**WHOLE, "rope_scaling": {**YARN, "beta_fast": 4, "beta_slow": 2}}),
    ("gpt_neox", {**WHOLE, "rope_scaling": {**YARN, "beta_fast": 2.5, "beta_slow": 0.5, "truncate": False}}),
    ("llama", {"rope_scaling": LLAMA3}),
    ("llama", {"rope_scaling": {**LLAMA3, "original_max_position_embeddings": 8}, "original_max_position_embeddings": 32}),
    ("llama", {"partial_rotary_factor": 0.5}),
    ("llama", {"rope_parameters": {"rope_theta": 10000.0, "partial_rotary_factor": 0.5}}),
    ("llama", {"rope_scaling": {"rope_type": "linear", "factor": 2.0}, "partial_rotary_factor": 0.5}),
    ("llama", {"rope_scaling": {"rope_type": "no_such_rule", "factor": 2.0}}),
    ("llama", {"sliding_window": 4, "use_sliding_window": True}),
    ("llama", {"attention_dropout": 0.5, "pretraining_tp": 2}),
    ("llama", {"hidden_act": "gelu"}),
    ("llama", {"quantization_config": {"quant_method": "no_such_method"}}),
    ("mistral", {"sliding_window": 4}),
    ("mistral", {"sliding_window": 4, "layer_types": ["full_attention", "sliding_attention"]}),
    ("mistral", {"attention_bias": True, "mlp_bias": True}),
    ("mistral", {"rope_scaling": YARN}),
    ("qwen2", SLIDING),
    ("qwen2", {**SLIDING, "max_window_layers": 1}),
    ("qwen2", {**SLIDING, "max_window_layers": 0, "use_sliding_window": False}),
    ("qwen2", {**SLIDING, "layer_types": ["sliding_attention", "full_attention"]}),
    ("qwen2", {"layer_types": ["sliding_attention", "full_attention"], "use_sliding_window": False}),
    ("qwen2", {"attention_bias": False}),
    ("qwen2", {"rope_scaling": YARN}),
    ("qwen3", {**SLIDING, "layer_types": None, "max_window_layers": 1}),
    ("qwen3", {**SLIDING, "layer_types": ["full_attention", "sliding_attention"]}),
    ("qwen3", {"rope_parameters": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1000}}),
    ("gpt_neox", {"rotary_pct": 0.5}),
    ("gpt_neox", {"rotary_pct": ABSENT, "partial_rotary_factor": 0.5}),
    ("gpt_neox", {"rotary_emb_base": 50}),
    ("gpt_neox", {"rotary_emb_base": ABSENT, "rope_theta": 50}),
    ("gpt_neox", {"rope_parameters": {"rope_theta": 50.0, "partial_rotary_factor": 0.5, "rope_type": "default"}}),
    ("gpt_neox", {"rope_scaling": {"type": "linear", "factor": 2.0}}),
    ("gpt_neox", {"rope_scaling": YARN, "rotary_emb_base": 100}),
    ("gpt_neox", {**WHOLE, "rope_scaling": LLAMA3}),
    ("gpt_neox", {"hidden_act": "gelu_fast"}),
    ("gpt_neox", {"hidden_act": "gelu_new"}),
    ("gpt2", {"activation_function": "gelu"}),
    ("gpt2", {"activation_function": "gelu_accurate"}),
    ("gpt2", {"activation_function": "gelu_python_tanh"}),
    ("gpt2", {"activation_function": "relu"}),
    ("gpt2", {"scale_attn_weights": False}),
    ("gpt2", {"scale_attn_by_inverse_layer_idx": True}),
    ("gpt2", {"reorder_and_upcast_attn": True}),
    ("gpt2", {"layer_norm_epsilon": 0.1}),
    ("gpt_neo", {"attention_layers": ["local", "global"]}),
    ("gpt_neo", {"attention_types": [[["local"], 2]]}),
    ("gpt_neo", {"window_size": 2}),
    ("gpt_neo", {"activation_function": "gelu_pytorch_tanh"}),
]


def changed(config, change):
    merged = {**config, **change}
    return {key: value for key, value in merged.items() if value != ABSENT}


def numbers(folder, reference):
    sums = []
    for row, length in zip(reference["input_ids"], reference["lengths"]):
        # A model anew for each row: dynamic rope remembers the longest text it has met.
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        ids = torch.tensor([row[:length]])
        with torch.no_grad():
            log_probabilities = torch.log_softmax(model(ids).logits[0, :-1].double(), -1)
        sums.append(-log_probabilities.gather(1, ids[0, 1:, None]).sum().item())
    return sums


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity(transformers.logging.CRITICAL)
    transformers.logging.disable_progress_bar()
    results = []
    for variant, change in CASES:
        source = FIXTURES / variant
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            for file in source.iterdir():
                if file.name != "reference.json":
                    shutil.copy(file, folder)
            config = json.loads((source / "config.json").read_text())
            (folder / "config.json").write_text(json.dumps(changed(config, change)))
            reference = json.loads((source / "reference.json").read_text())
            case = {"model": variant, "change": change}
            try:
                case["nll"] = numbers(folder, reference)
            except Exception as error:  # What transformers refuses, readers should refuse too.
                case["refused"] = type(error).__name__
            results.append(case)
            print(variant, json.dumps(change), case.get("nll", case.get("refused")))
    compact_json.write(FIXTURES / "config_cases.json", results)


if __name__ == "__main__":
    main()
