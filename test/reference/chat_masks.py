"""Which tokens of a conversation are trained, as TRL and transformers mask them.

    python3 chat_masks.py     writes ../fixtures/chat_masks.json

For each template with generation blocks: the token ids of the whole conversation and `assistant_masks`, which TRL
trains with `assistant_only_loss`. For the templates without: what TRL trains of a prompt and its completion
(`completion_mask`: what follows the prompt's own tokens). The templates are those of chat_templates.py.
"""
import pathlib

import transformers
import trl
from trl.data_utils import _tokenize

import chat_templates as templates
import compact_json

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures"

LLAMA3_GENERATION = """{% for message in messages %}{% if loop.first %}{{ bos_token }}{% endif %}\
{{ '<|start_header_id|>' ~ message.role ~ '<|end_header_id|>\\n\\n' }}{% if message.role == 'assistant' %}\
{% generation %}{{ (message.content | trim) ~ '<|eot_id|>' }}{% endgeneration %}\
{% else %}{{ (message.content | trim) ~ '<|eot_id|>' }}{% endif %}{% endfor %}\
{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"""

# Without special tokens at the boundaries, where tokens may reach over them.
BARE_GENERATION = """{% for message in messages %}{% if message.role == 'assistant' %}\
{% generation %}{{ message.content }}{% endgeneration %}{% else %}{{ message.role ~ message.content }}{% endif %}\
{% endfor %}"""

# No case ends a span in a character that the tokenizer composes or divides over tokens: there transformers masks
# nothing, all that follows, or a part of the character.
CONVERSATIONS = templates.CONVERSATIONS | {
    "accents that a tokenizer composes": [
        templates.turn("user", "cafe\u0301 the"), templates.turn("assistant", "answer 猫 e\u0301."), templates.turn("user", "s 🙂"),
        templates.turn("assistant", "🙂the")],
}
CASES = [
    ("qwen2", "chatml", templates.CHATML, False),
    ("qwen2", "generation", templates.GENERATION, True),
    ("qwen2", "generation-text", templates.GENERATION_TEXT, True),
    ("qwen2", "generation-wide", templates.GENERATION_WIDE, True),
    ("qwen2", "bare", BARE_GENERATION, True),
    ("smollm2", "generation", templates.GENERATION, True),
    ("smollm2", "bare", BARE_GENERATION, True),
    ("llama3", "llama3", templates.LLAMA3, False),
    ("llama3", "llama3 with blocks", LLAMA3_GENERATION, True),
    ("mistral", "mistral", templates.MISTRAL, False),
    ("mistral", "bare", BARE_GENERATION, True),
]


def masks(tokenizer, template, messages, has_blocks):
    """As `tokenize_fn` of TRL's SFTTrainer: `messages` with blocks, a prompt and its completion without."""
    if has_blocks:
        whole = _tokenize(tokenizer, messages, return_assistant_tokens_mask=True, chat_template=template)
        return {"input_ids": whole["input_ids"], "assistant_masks": whole["assistant_masks"]}
    prompt = _tokenize(tokenizer, messages[:-1], add_generation_prompt=True, chat_template=template)["input_ids"]
    whole = _tokenize(tokenizer, messages, chat_template=template)["input_ids"]
    if whole[:len(prompt)] != prompt:
        return None
    return {"input_ids": whole, "completion_mask": [0] * len(prompt) + [1] * (len(whole) - len(prompt))}


def main():
    written = []
    for family, name, template, has_blocks in CASES:
        tokenizer = transformers.AutoTokenizer.from_pretrained(FIXTURES / "tokenizers" / family)
        cases = []
        for conversation, messages in CONVERSATIONS.items():
            if messages[-1]["role"] != "assistant" or messages[-1]["content"] == "":
                continue
            found = masks(tokenizer, template, messages, has_blocks)
            if found is not None:
                cases.append({"name": conversation, "messages": messages, **found})
        written.append({"tokenizer": family, "name": name, "chat_template": template, "cases": cases})
        print(f"{family}, {name}: {len(cases)} cases")
    compact_json.write(FIXTURES / "chat_masks.json", {
        "made_with": {"transformers": transformers.__version__, "trl": trl.__version__}, "templates": written})


if __name__ == "__main__":
    main()
