"""Adapters that PEFT itself trained for a few steps and saved, on the checkpoints of tiny_models.py.

    python3 adapters.py     writes ../fixtures/adapters/<variant>/ and ../fixtures/adapters/peft_layout.json

A folder holds PEFT's two files and logits.json: logits of base plus adapter on the ids of the checkpoint's
reference.json, and the scale PEFT applies in each module. peft_layout.json lists, for every checkpoint, the
adapter_config.json, the safetensors metadata and the exact keys, types and shapes that PEFT writes.
"""
import json
import pathlib
import tempfile

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from safetensors import safe_open

import compact_json
from lora_numbers import TARGET_MODULES, forward_numbers, mean_loss, padded, seed_lora, target_positions
from tiny_models import FIXTURES as MODELS
from tiny_models import VARIANTS, load

ADAPTERS = MODELS.parent / "adapters"
STEPS = 5
# name: checkpoint and what its LoraConfig says beyond rank 4 and alpha 8.
TRAINED = {
    "llama": ("llama", {"target_modules": ["q_proj", "v_proj"]}),
    "qwen2": ("qwen2", {"target_modules": TARGET_MODULES["qwen2"]}),
    "gpt2": ("gpt2", {"target_modules": TARGET_MODULES["gpt2"]}),
    "gpt_neox": ("gpt_neox", {"target_modules": ["query_key_value"], "lora_dropout": 0.05}),
    "llama-rslora-patterns": ("llama", {
        "target_modules": TARGET_MODULES["llama"], "use_rslora": True,
        "rank_pattern": {"down_proj": 2, r"layers\.1\.self_attn\.q_proj": 8}, "alpha_pattern": {"down_proj": 16}}),
    "llama-regex": ("llama", {"target_modules": r".*\.layers\.1\.(self_attn\.v_proj|mlp\.up_proj)"}),
}


def wrap(variant, **options):
    """The stored checkpoint under a LoRA of rank 4, seeded, in evaluation mode."""
    model = load(MODELS / variant)
    config = LoraConfig(**{"r": 4, "lora_alpha": 8, "fan_in_fan_out": model.config.model_type == "gpt2",
                           "task_type": "CAUSAL_LM", "base_model_name_or_path": f"idiolect/tiny-{variant}", **options})
    # PEFT overwrites the field by the path the model came from, which must not reach a committed file.
    model.name_or_path = model.config._name_or_path = f"idiolect/tiny-{variant}"
    tuned = get_peft_model(model, config).eval()
    seed_lora(tuned)
    return tuned


def fixture_rows(variant):
    reference = json.loads((MODELS / variant / "reference.json").read_text())
    return [row[:length] for row, length in zip(reference["input_ids"], reference["lengths"])]


def train(tuned, rows):
    ids, mask = padded(rows, 0)
    optimizer = torch.optim.AdamW([p for p in tuned.parameters() if p.requires_grad], lr=1e-2, weight_decay=0.0)
    for _ in range(STEPS):
        optimizer.zero_grad()
        mean_loss(tuned, ids, mask, target_positions(rows)).backward()
        optimizer.step()


def save(tuned, folder):
    """Write PEFT's two files. Its set of target modules has no fixed order, so that list is sorted after."""
    folder = pathlib.Path(folder)
    tuned.save_pretrained(folder, safe_serialization=True, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()
    path.write_text(json.dumps(config, indent=2, sort_keys=True))


def scales(tuned):
    return {name.removeprefix("base_model.model."): module.scaling["default"]
            for name, module in tuned.named_modules() if isinstance(module, LoraLayer)}


def layout(folder):
    """What PEFT wrote into `folder`, without the values."""
    folder = pathlib.Path(folder)
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        tensors = {key: {"dtype": file.get_slice(key).get_dtype(), "shape": file.get_slice(key).get_shape()}
                   for key in file.keys()}
        metadata = file.metadata()
    return {"config": json.loads((folder / "adapter_config.json").read_text()), "metadata": metadata, "tensors": tensors}


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for name, (variant, options) in TRAINED.items():
        rows = fixture_rows(variant)
        tuned = wrap(variant, **options)
        train(tuned, rows)
        save(tuned, ADAPTERS / name)
        ids, mask = padded(rows, 0)
        numbers = forward_numbers(tuned, rows, ids, mask)
        compact_json.write(ADAPTERS / name / "logits.json", {
            "made_with": {"torch": torch.__version__, "transformers": transformers.__version__,
                          "peft": peft.__version__},
            "model": variant, "input_ids": ids.tolist(), "lengths": [len(row) for row in rows],
            "scales": scales(tuned), "logits_shape": numbers["logits_shape"], "logits": numbers["logits"]})
        print(name, len(scales(tuned)), "modules, scales", sorted(set(scales(tuned).values())))
    layouts = {}
    for variant, config in VARIANTS.items():
        with tempfile.TemporaryDirectory() as folder:
            save(wrap(variant, target_modules=TARGET_MODULES[config["model_type"]]), folder)
            layouts[variant] = layout(folder)
    compact_json.write(ADAPTERS / "peft_layout.json", layouts)


if __name__ == "__main__":
    main()
