"""Small tokenizers in the style of each model family, and what the tokenizers library makes of hard strings.

    python3 tokenizers_parity.py     writes ../fixtures/tokenizers/<name>/

Each folder holds tokenizer.json, tokenizer_config.json and cases.json: text, ids without and with special
tokens, the tokens, and the text decoded again (with and without special tokens); `prefixes` decodes
ids that end inside a character.
"""
import json
import pathlib

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import compact_json
from sample_text import SENTENCES

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "tokenizers"
BYTES = pre_tokenizers.ByteLevel.alphabet()
# The published patterns of the two families; they differ in how many digits stay together.
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
         r"|\s*[\r\n]+|\s+(?!\S)|\s+")

TEXTS = [
    "", " ", "  ", "\n", "\t", "\r\n", "Hello world", " Hello world", "Hello  world", "  two  spaces   three ",
    "trailing space ", "line one\nline two\n\nline four", "windows\r\nline\r\n\r\nends", "tab\tseparated\t\tvalues",
    "I'm sure they've said it's what we'd do; you're right, he'll see, DON'T.", "I’m using typographic ‘quotes’ here",
    "1234567", "12 345.67 and 1,234,567", "2026-08-24T10:45:00Z", "3.14159 x10^-3 = 0.00314", "year2024abc99",
    "½ ² ③ Ⅳ ٣٤ ४५", "The answer is $42.50!!! (really?)", "snake_case camelCase kebab-case SCREAMING_CASE",
    "def add(first, second):\n    return first + second\n", "if (a && b) { return `${x}`; } // done",
    "<div class=\"row\">a &lt; b</div>", "        eight spaces\n\tand a tab", "🙂", "Well done 👍🏽 👩‍👩‍👧 🇫🇷 🎉🎉!",
    "今天天气很好。小猫喜欢花园。", "ねこは庭であそびます", "고양이가 정원에서 놀아요", "שלום עולם, מה שלומך?",
    "مرحبا بالعالم، كيف الحال؟", "mixed שלום and مرحبا and 猫", "Привет, мир!", "naïve café Straße Ångström",
    "cafe\u0301 and A\u030angstro\u0308m", "ﬁne ﬂow Ⅷ ℃", "नमस्ते दुनिया", "zero\u200bwidth\u200djoin\ufeff", "nbsp\u00a0here\u2003em",
    "\u0000\u0001\u007f", "…—–“”", "a" * 70, "https://example.org/path?query=1&other=two#top", "▁under▁bar ▁",
    "<0x41> is not a byte", "user@example.org", "Final Answer: 29", "aAbB İstanbul ıİ ß ẞ",
]


def byte_level(vocab_size, special, pre_tokenizer, normalizer=None, regex_in_decoder=True, **model_options):
    """A byte-level BPE trained on the sentences; special tokens first, as most families have them."""
    tokenizer = Tokenizer(models.BPE(**model_options))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=False, use_regex=regex_in_decoder)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=special, initial_alphabet=BYTES,
                                  show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return tokenizer


def gpt2():
    tokenizer = byte_level(499, [], pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer, {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}


def smollm2():
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>"]
    tokenizer = byte_level(500, special, pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]))
    return tokenizer, {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}


def split_then_bytes(digits):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT % digits), behavior="isolated", invert=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def llama3():
    tokenizer = byte_level(520, [], split_then_bytes("{1,3}"), ignore_merges=True)
    names = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    tokenizer.add_special_tokens(names)
    begin = "<|begin_of_text|>"
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single=f"{begin} $A", pair=f"{begin} $A {begin}:1 $B:1",
                                      special_tokens=[(begin, tokenizer.token_to_id(begin))])])
    return tokenizer, {"bos_token": begin, "eos_token": "<|eot_id|>"}


def qwen2():
    tokenizer = byte_level(500, [], split_then_bytes(""), normalizers.NFC(), regex_in_decoder=False)
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    # Added but not special: they survive a decode that skips special tokens.
    tokenizer.add_tokens([AddedToken(name, normalized=False, special=False) for name in ("<think>", "</think>")])
    return tokenizer, {"bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}


def gpt_neox():
    tokenizer = byte_level(480, ["<|endoftext|>", "<|padding|>"], pre_tokenizers.ByteLevel(add_prefix_space=False),
                           normalizers.NFC())
    # Runs of spaces, longest first, as the family keeps for code.
    tokenizer.add_tokens([AddedToken(" " * count, normalized=True, special=False) for count in range(8, 1, -1)])
    return tokenizer, {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}


def sentencepiece_bpe():
    """BPE with byte fallback: <unk> <s> </s>, 256 bytes, then the learned pieces."""
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Metaspace()
    # Scripts beyond Cyrillic stay outside the alphabet, so that they fall back to bytes.
    alphabet = sorted({character for line in SENTENCES for character in line if ord(character) < 0x500} - {" "} | {"▁"})
    learner.train_from_iterator(SENTENCES, trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=alphabet, limit_alphabet=len(alphabet), show_progress=False))
    trained = json_model(learner)
    head = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    pieces = sorted(trained["vocab"], key=trained["vocab"].get)
    vocab = {piece: index for index, piece in enumerate(head + pieces)}
    merges = [tuple(pair) for pair in trained["merges"]]
    tokenizer = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in head[:3]])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    return tokenizer, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def json_model(tokenizer):
    return json.loads(tokenizer.to_str())["model"]


def mistral():
    tokenizer, names = sentencepiece_bpe()
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    return tokenizer, names


def mistral_metaspace():
    tokenizer, names = sentencepiece_bpe()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    return tokenizer, names


FAMILIES = {"gpt2": gpt2, "smollm2": smollm2, "llama3": llama3, "qwen2": qwen2, "gpt_neox": gpt_neox,
            "mistral": mistral, "mistral-metaspace": mistral_metaspace}


def cases(tokenizer):
    added = [token.content for token in tokenizer.get_added_tokens_decoder().values() if token.content.strip()]
    inside = [f"before {name} after" for name in added] + [f"{name}{name}x{name}\n" for name in added[:2]]
    rows = []
    for text in TEXTS + inside + ["".join(added), f"  {added[-1]}  padded  "]:
        plain = tokenizer.encode(text, add_special_tokens=False)
        whole = tokenizer.encode(text, add_special_tokens=True)
        rows.append({"text": text, "ids": plain.ids, "tokens": plain.tokens, "ids_with_special_tokens": whole.ids,
                     "decoded": tokenizer.decode(whole.ids, skip_special_tokens=True),
                     "decoded_with_special_tokens": tokenizer.decode(whole.ids, skip_special_tokens=False)})
    return rows


def prefixes(tokenizer):
    """Decodes of every prefix of two texts: cut characters become replacement characters, as in a stream."""
    rows = []
    for text in ("done 👍🏽 猫!", "שלום  מה"):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        rows += [{"ids": ids[:end], "decoded": tokenizer.decode(ids[:end])} for end in range(1, len(ids) + 1)]
    return rows


def main():
    for name, build in FAMILIES.items():
        tokenizer, special = build()
        folder = FIXTURES / name
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        compact_json.write(folder / "tokenizer_config.json", {
            **special, "clean_up_tokenization_spaces": False, "model_max_length": 1000000000000000019884624838656,
            "tokenizer_class": "PreTrainedTokenizerFast"})
        rows = cases(tokenizer)
        compact_json.write(folder / "cases.json", {"made_with": {"tokenizers": tokenizers.__version__},
                                                   "vocab_size": tokenizer.get_vocab_size(), "cases": rows,
                                                   "prefixes": prefixes(tokenizer)})
        print(f"{name}: vocabulary {tokenizer.get_vocab_size()}, {len(rows)} cases")


if __name__ == "__main__":
    main()
