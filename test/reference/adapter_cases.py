"""Settings of adapter_config.json under which readers go wrong: small adapters on the checkpoints of
tiny_models.py, opened by PEFT, as the sum of NLL of each row in nats, or the error's name.

    python3 adapter_cases.py     writes ../fixtures/adapters/cases/<name>/ and ../fixtures/adapters/cases.json
"""
import json
import pathlib
import shutil
import warnings

import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

import compact_json
from lora_numbers import low_discrepancy, seed_lora
from tiny_models import FIXTURES as MODELS, load

CASES = MODELS.parent / "adapters" / "cases"
TWO = ["q_proj", "v_proj"]
# name: checkpoint, LoraConfig beyond rank 2 and alpha 4, then changes to what was saved:
# "config" (keys of adapter_config.json) and "tensors" (a function of the state dict).
ADAPTERS = {
    "pissa-down": ("llama", {"target_modules": ["down_proj"], "init_lora_weights": "pissa"}, {}),
    "pissa-gpt2": ("gpt2", {"target_modules": ["c_attn"], "init_lora_weights": "pissa", "fan_in_fan_out": True}, {}),
    "pissa-gpt_neox": ("gpt_neox", {"target_modules": ["query_key_value"], "init_lora_weights": "pissa"}, {}),
    "pissa-patterns": ("llama", {"target_modules": TWO, "init_lora_weights": "pissa", "use_rslora": True,
                                 "rank_pattern": {"v_proj": 3}, "alpha_pattern": {"q_proj": 7}}, {}),
    "pissa-niter": ("llama", {"target_modules": TWO}, {"config": {"init_lora_weights": "pissa_niter_4"}}),
    "pissa-alpha0": ("llama", {"target_modules": TWO}, {"config": {"init_lora_weights": "pissa", "lora_alpha": 0}}),
    "olora": ("llama", {"target_modules": TWO, "init_lora_weights": "olora"}, {}),
    "olora-upper": ("llama", {"target_modules": ["up_proj", "down_proj"], "lora_alpha": 3},
                    {"config": {"init_lora_weights": "OLoRA"}}),
    "olora-alpha0": ("llama", {"target_modules": TWO}, {"config": {"init_lora_weights": "olora", "lora_alpha": 0}}),
    "gaussian": ("llama", {"target_modules": TWO, "init_lora_weights": "gaussian"}, {}),
    "orthogonal": ("llama", {"target_modules": TWO, "init_lora_weights": "orthogonal"}, {}),
    "eva": ("llama", {"target_modules": TWO}, {"config": {"init_lora_weights": "eva"}}),
    "no-start": ("llama", {"target_modules": TWO}, {"config": {"init_lora_weights": False}}),
    "corda": ("llama", {"target_modules": TWO}, {"config": {"init_lora_weights": "corda"}}),
    "unknown-start": ("llama", {"target_modules": TWO}, {"config": {"init_lora_weights": "no_such_start"}}),
    "saved-head-tied": ("llama", {"target_modules": TWO, "modules_to_save": ["lm_head"]}, {}),
    "saved-embedding-tied": ("llama", {"target_modules": TWO, "modules_to_save": ["embed_tokens"]}, {}),
    "saved-both-untied": ("llama-untied", {"target_modules": TWO, "modules_to_save": ["embed_tokens", "lm_head"]}, {}),
    "saved-gpt2": ("gpt2", {"target_modules": ["c_fc"], "modules_to_save": ["ln_f", "wpe"], "fan_in_fan_out": True}, {}),
    "saved-gpt_neox": ("gpt_neox", {"target_modules": ["dense"], "modules_to_save": ["final_layer_norm", "lm_head"]}, {}),
    "saved-gpt_neo": ("gpt_neo", {"target_modules": TWO, "modules_to_save": ["ln_1"]}, {}),
    "saved-and-targeted": ("llama", {"target_modules": TWO}, {"config": {"modules_to_save": ["0.self_attn"]}}),
    "target-pattern": ("llama", {"target_modules": r"model\.layers\.(?P<layer>\d)\.self_attn\.[kv]_proj"}, {}),
    "target-pattern-flags": ("llama", {"target_modules": r"(?i).*\.(?:Q|V)_PROJ"}, {}),
    "target-all-linear": ("llama", {"target_modules": "all-linear"}, {}),
    "exclude-names": ("llama", {"target_modules": TWO, "exclude_modules": ["layers.0.self_attn.q_proj"]}, {}),
    "exclude-pattern": ("llama", {"target_modules": TWO, "exclude_modules": r".*\.1\..*"}, {}),
    "layers-one": ("llama", {"target_modules": TWO, "layers_to_transform": 1}, {}),
    "layers-pattern": ("llama", {"target_modules": TWO, "layers_to_transform": [0], "layers_pattern": "layers"}, {}),
    "layers-pattern-gpt2": ("gpt2", {"target_modules": ["c_attn"], "layers_to_transform": [1], "layers_pattern": ["h"],
                                     "fan_in_fan_out": True}, {}),
    "rank-alternatives": ("llama", {"target_modules": TWO, "rank_pattern": {"0.self_attn.q_proj|1.self_attn.v_proj": 4}}, {}),
    "rank-first-wins": ("llama", {"target_modules": TWO, "rank_pattern": {r".*q_proj": 3, r"model\..*": 1}}, {}),
    "alpha-zero-of-one": ("llama", {"target_modules": TWO, "alpha_pattern": {"q_proj": 0}}, {}),
    "alpha-zero-but-one": ("llama", {"target_modules": TWO, "lora_alpha": 0, "alpha_pattern": {"q_proj": 6}}, {}),
    "alpha-negative": ("llama", {"target_modules": TWO, "lora_alpha": -4}, {}),
    "bad-pattern": ("llama", {"target_modules": TWO}, {"config": {"rank_pattern": {"*.q_proj": 4}}}),
    "bad-exclusion": ("llama", {"target_modules": TWO}, {"config": {"exclude_modules": "(q_proj"}}),
    "rank-zero": ("llama", {"target_modules": TWO}, {"config": {"r": 0}}),
    "narrowed-targets": ("llama", {"target_modules": TWO}, {"config": {"target_modules": ["q_proj"]}}),
    "wrong-fan-in-llama": ("llama", {"target_modules": TWO}, {"config": {"fan_in_fan_out": True}}),
    "wrong-fan-in-gpt2": ("gpt2", {"target_modules": ["c_proj"], "fan_in_fan_out": True},
                          {"config": {"fan_in_fan_out": False}}),
    "older-file": ("llama", {"target_modules": TWO}, {"config": dict.fromkeys(
        ["init_lora_weights", "use_rslora", "rank_pattern", "alpha_pattern", "use_dora", "lora_bias"], "(absent)")}),
    "half": ("llama", {"target_modules": TWO}, {"tensors": lambda state: {k: v.half() for k, v in state.items()}}),
    "brain": ("llama", {"target_modules": TWO}, {"tensors": lambda state: {k: v.bfloat16() for k, v in state.items()}}),
    "double": ("llama", {"target_modules": TWO}, {"tensors": lambda state: {k: v.double() for k, v in state.items()}}),
    "head-without-saying": ("llama-untied", {"target_modules": TWO}, {"tensors": lambda state: state | {
        "base_model.model.lm_head.weight": 0.3 * low_discrepancy(96 * 16, 0.6180339887498949).reshape(96, 16).float()}}),
    "dora": ("llama", {"target_modules": TWO, "use_dora": True}, {}),
    "biases": ("gpt2", {"target_modules": ["c_attn"], "bias": "lora_only", "fan_in_fan_out": True}, {}),
    "lora-bias": ("llama", {"target_modules": TWO, "lora_bias": True}, {}),
    "saved-linear": ("llama", {"target_modules": TWO, "modules_to_save": ["down_proj"]}, {}),
}


def seed_saved(tuned):
    for name, parameter in tuned.named_parameters():
        if ".modules_to_save." in name:
            parameter.data = 0.9 * parameter.data + 0.1 * low_discrepancy(
                parameter.numel(), 0.7548776662466927).reshape(parameter.shape).float()


def write(name, variant, options, change):
    folder = CASES / name
    shutil.rmtree(folder, ignore_errors=True)
    model = load(MODELS / variant)
    tuned = get_peft_model(model, LoraConfig(**{
        "r": 2, "lora_alpha": 4, "task_type": "CAUSAL_LM", **options})).eval()
    seed_lora(tuned)
    seed_saved(tuned)
    tuned.save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = {**json.loads(path.read_text()), "base_model_name_or_path": f"idiolect/tiny-{variant}", **change.get("config", {})}
    for key in ("target_modules", "exclude_modules", "modules_to_save"):
        if isinstance(config[key], list):
            config[key].sort()
    config = {key: value for key, value in config.items() if value != "(absent)"}
    path.write_text(json.dumps(config, indent=2, sort_keys=True))
    weights = folder / "adapter_model.safetensors"
    state = {key: value.clone() for key, value in load_file(weights).items()}
    save_file(change.get("tensors", lambda same: same)(state), weights, metadata={"format": "pt"})
    return folder


def numbers(variant, folder):
    tuned = PeftModel.from_pretrained(load(MODELS / variant), folder).eval()
    reference = json.loads((MODELS / variant / "reference.json").read_text())
    sums = []
    for row, length in zip(reference["input_ids"], reference["lengths"]):
        ids = torch.tensor([row[:length]])
        with torch.no_grad():
            log_probabilities = torch.log_softmax(tuned(input_ids=ids).logits[0, :-1].double(), -1)
        sums.append(-log_probabilities.gather(1, ids[0, 1:, None]).sum().item())
    return sums


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    transformers.logging.set_verbosity(transformers.logging.CRITICAL)
    transformers.logging.disable_progress_bar()
    results = []
    for name, (variant, options, change) in ADAPTERS.items():
        folder = write(name, variant, options, change)
        case = {"name": name, "model": variant}
        try:
            case["nll"] = numbers(variant, folder)
            if not all(map(lambda value: value == value, case["nll"])):
                case = {"name": name, "model": variant, "refused": "NaN"}
        except Exception as error:  # What PEFT refuses, readers should refuse too.
            case["refused"] = type(error).__name__
        results.append(case)
        print(name, case.get("nll", case.get("refused")))
    compact_json.write(CASES.parent / "cases.json", results)


if __name__ == "__main__":
    main()
