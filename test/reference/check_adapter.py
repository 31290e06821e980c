"""Load an adapter that Idiolect exported into PEFT and print what it computes.

    python3 check_adapter.py ADAPTER_DIR MODEL_DIR OUT.json [--ids IDS.json]

IDS.json is an array of rows of token ids; without it the rows come from MODEL_DIR/reference.json. Ends with an
error when PEFT warns (a missing key, an unknown configuration field) or when the keys or shapes in the file
are not those PEFT would save; PEFT itself is silent about a key too many. OUT.json gets logits
[sum of lengths, V] (row 0 first) and the largest difference from the bare model.
"""
import argparse
import json
import pathlib
import warnings

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors import safe_open
from transformers import AutoModelForCausalLM

import compact_json
from lora_numbers import forward_numbers, padded


def read_rows(model_folder, ids_file):
    if ids_file is not None:
        return json.loads(ids_file.read_text())
    reference = json.loads((model_folder / "reference.json").read_text())
    return [row[:length] for row, length in zip(reference["input_ids"], reference["lengths"])]


def check_layout(tuned, folder):
    """Compare the tensors in the file with those PEFT would save for the same configuration."""
    expected = {key: list(tensor.shape) for key, tensor in get_peft_model_state_dict(tuned, save_embedding_layers=False).items()}
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        found = {key: file.get_slice(key).get_shape() for key in file.keys()}
        print("metadata", file.metadata(), "types", sorted({file.get_slice(key).get_dtype() for key in found}))
    wrong = [f"{key}: expected {expected.get(key)}, found {found.get(key)}"
             for key in sorted(expected.keys() | found.keys()) if expected.get(key) != found.get(key)]
    if wrong:
        raise SystemExit("The adapter does not have PEFT's layout:\n" + "\n".join(wrong))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("adapter", type=pathlib.Path)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--ids", type=pathlib.Path)
    arguments = parser.parse_args()
    rows = read_rows(arguments.model, arguments.ids)
    ids, mask = padded(rows, 0)
    model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32, attn_implementation="eager").eval()
    bare = forward_numbers(model, rows, ids, mask)
    # PEFT only warns about keys that do not fit; here that is an error.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tuned = PeftModel.from_pretrained(model, arguments.adapter).eval()
    check_layout(tuned, arguments.adapter)
    numbers = forward_numbers(tuned, rows, ids, mask)
    change = max(abs(a - b) for a, b in zip(numbers["logits"], bare["logits"]))
    tuned.print_trainable_parameters()
    lora = sum(parameter.numel() for name, parameter in tuned.named_parameters() if ".lora_" in name)
    print(f"LoRA parameters {lora:,}; largest change of a logit {change:.6f}")
    for row, nll in zip(rows, numbers["nll"]):
        print(f"row of {len(row)} tokens: mean NLL {sum(nll) / len(nll):.6f}")
    compact_json.write(arguments.out, {"lengths": [len(row) for row in rows], "largest_change": change,
                                       "logits_shape": numbers["logits_shape"], "logits": numbers["logits"]})


if __name__ == "__main__":
    main()
