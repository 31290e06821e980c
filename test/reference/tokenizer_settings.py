"""What transformers makes of settings beside tokenizer.json that change the ids of a text: the embedded model's
tokenizer under changed settings, ids with and without special tokens, or the error's name.

    python3 tokenizer_settings.py     writes ../fixtures/tokenizers/settings.json
"""
import json
import pathlib
import shutil
import tempfile

import transformers
from transformers import AutoTokenizer

from tiny_models import FIXTURES

MODEL = pathlib.Path(__file__).resolve().parents[2] / "public" / "models" / "idiolect-a"
TEXTS = ["Tom has 3 pears .", " a box<|new|> of<|endoftext|>pens"]
NEW = {"content": "<|new|>", "lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": True}
# changes to tokenizer_config.json and to tokenizer.json
CASES = [
    ({}, {}),
    ({"add_bos_token": True}, {}),
    ({"add_bos_token": True, "add_eos_token": True}, {}),
    ({"add_prefix_space": True}, {}),
    ({"added_tokens_decoder": {"1024": NEW}}, {}),
    ({"added_tokens_decoder": {"1024": {**NEW, "lstrip": True, "rstrip": True}}}, {}),
    ({"added_tokens_decoder": {"1024": {**NEW, "special": False}}}, {}),
    ({"additional_special_tokens": ["<|new|>"]}, {}),
    ({"extra_special_tokens": ["<|new|>"]}, {}),
    ({"extra_special_tokens": {"note_token": "<|new|>"}}, {}),
    ({"pad_token": "<|new|>"}, {}),
    ({"bos_token": "<|new|>", "add_bos_token": True}, {}),
    ({"split_special_tokens": True}, {}),
    ({"clean_up_tokenization_spaces": True}, {}),
    ({"padding_side": "left", "truncation_side": "left", "model_max_length": 4}, {}),
    ({"legacy": True, "use_default_system_prompt": False, "errors": "replace", "sp_model_kwargs": {}}, {}),
    ({}, {"truncation": {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0}}),
    ({}, {"padding": {"strategy": {"Fixed": 16}, "direction": "Left", "pad_to_multiple_of": None, "pad_id": 0,
                      "pad_type_id": 0, "pad_token": "<|endoftext|>"}}),
]


def main():
    transformers.logging.set_verbosity(transformers.logging.CRITICAL)
    results = []
    for config, file in CASES:
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
                shutil.copy(MODEL / name, folder)
            for name, change in (("tokenizer_config.json", config), ("tokenizer.json", file)):
                path = folder / name
                path.chmod(0o644)
                path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
            case = {"config": config, "file": file, "texts": TEXTS}
            try:
                tokenizer = AutoTokenizer.from_pretrained(folder)
                case["special"] = [tokenizer(text)["input_ids"] for text in TEXTS]
                case["plain"] = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]
                case["decoded"] = [tokenizer.decode(ids, skip_special_tokens=True) for ids in case["plain"]]
            except Exception as error:
                case["refused"] = type(error).__name__
            results.append(case)
            print(json.dumps(config), json.dumps(file)[:40], case.get("special", case.get("refused")))
    path = FIXTURES.parent / "tokenizers" / "settings.json"
    path.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
