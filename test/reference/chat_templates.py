"""Chat templates in the style of each family and what transformers renders from them.

    python3 chat_templates.py     writes ../fixtures/chat_templates/<name>.json

The templates are this project's own. A case holds messages, add_generation_prompt, further arguments, and
either the rendered text or, where the template refuses, the message it refuses with.
"""
import datetime
import pathlib
import re

import jinja2
import transformers
from transformers.utils import chat_template_utils
from transformers.utils.chat_template_utils import render_jinja_template

import compact_json

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "chat_templates"

CHATML = """{%- for message in messages %}
    {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""

CHATML_DEFAULT_SYSTEM = """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\
{{ '<|im_start|>system\\nYou answer briefly and show each step.<|im_end|>\\n' }}{% endif %}\
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}\
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""

LLAMA3 = """{% set opening = bos_token if bos_token is defined else '' %}
{% for message in messages %}
{% set turn = '<|start_header_id|>' ~ message.role ~ '<|end_header_id|>\\n\\n' ~ (message.content | trim) ~ '<|eot_id|>' %}
{% if loop.index0 == 0 %}{% set turn = opening ~ turn %}{% endif %}
{{- turn -}}
{% endfor %}
{% if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}{% endif %}"""

MISTRAL = """{%- if messages[0]['role'] == 'system' -%}
    {%- set system = messages[0]['content'] -%}
    {%- set turns = messages[1:] -%}
{%- else -%}
    {%- set system = none -%}
    {%- set turns = messages -%}
{%- endif -%}
{{- bos_token -}}
{%- for message in turns -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{- raise_exception('Turns must alternate between user and assistant, user first.') -}}
    {%- endif -%}
    {%- if message['role'] == 'user' -%}
        {%- if loop.first and system is not none -%}
            {{- '[INST] ' ~ system ~ '\\n\\n' ~ message['content'] ~ ' [/INST]' -}}
        {%- else -%}
            {{- '[INST] ' ~ message['content'] ~ ' [/INST]' -}}
        {%- endif -%}
    {%- elif message['role'] == 'assistant' -%}
        {{- ' ' ~ message['content'] | trim ~ eos_token -}}
    {%- else -%}
        {{- raise_exception('Unknown role: ' ~ message['role']) -}}
    {%- endif -%}
{%- endfor -%}"""

ZEPHYR = """{% for message in messages %}
{% if message['role'] == 'system' %}
{{ '<|system|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'user' %}
{{ '<|user|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>\\n' + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}"""

# Thoughts stay only in the turns after the last user message, so an earlier rendering is not always a
# prefix of a later one.
QWEN3_THINKING = """{%- set state = namespace(last_user=-1) %}
{%- for message in messages[::-1] %}
    {%- if state.last_user < 0 and message.role == 'user' %}
        {%- set state.last_user = messages | length - 1 - loop.index0 %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if message.role == 'assistant' %}
        {%- set thought = '' %}
        {%- if message.reasoning_content is defined and message.reasoning_content is not none %}
            {%- set thought = message.reasoning_content %}
        {%- elif '</think>' in content %}
            {%- set thought = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {{- '<|im_start|>assistant\\n' }}
        {%- if loop.index0 > state.last_user and (loop.last or thought) %}
            {{- '<think>\\n' + thought.strip('\\n') + '\\n</think>\\n\\n' }}
        {%- endif %}
        {{- content.lstrip('\\n') + '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}"""

GENERATION = """{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {{- '<|im_start|>assistant\\n' }}
        {%- generation %}{{- message.content + '<|im_end|>' }}{%- endgeneration %}
        {{- '\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""

# A block that holds the text alone: the end of the turn is not the model's.
GENERATION_TEXT = """{% for message in messages %}
  {% if message.role == 'assistant' %}
{{ '<|im_start|>assistant\\n' }}{% generation %}{{ message.content }}{% endgeneration %}{{ '<|im_end|>\\n' }}
  {% else %}
{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
  {% endif %}
{% endfor %}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""

# The block begins before the line break that the prompt ends with, and holds the one after the end.
GENERATION_WIDE = """{%- for message in messages %}
    {{- '<|im_start|>' + message.role }}
    {%- if message.role == 'assistant' %}
        {%- generation -%}
            {{- '\\n' + message.content + '<|im_end|>\\n' }}
        {%- endgeneration -%}
    {%- else %}
        {{- '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""

TOOLS_CHATML = """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n' }}{%- endif %}
    {%- for tool in tools %}{{- '<tool>' ~ (tool | tojson) ~ '</tool>\\n' }}{%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'system' and tools and loop.first %}
        {#- Written above. -#}
    {%- elif message.role == 'tool' %}
        {%- if loop.first or loop.previtem.role != 'tool' %}{{- '<|im_start|>user\\n' }}{%- endif %}
        {{- '<result>' ~ message.content ~ '</result>\\n' }}
        {%- if loop.last or loop.nextitem.role != 'tool' %}{{- '<|im_end|>\\n' }}{%- endif %}
    {%- else %}
        {{- '<|im_start|>' ~ message.role ~ '\\n' ~ message.content }}
        {%- for call in message.tool_calls or [] %}
            {%- set f = call.function if call.function is defined else call %}
            {{- '\\n<call>{"name": "' ~ f.name ~ '", "arguments": ' }}
            {{- f.arguments if f.arguments is string else f.arguments | tojson }}
            {{- '}</call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""

DATED = """{%- set today = date_string if date_string is defined else strftime_now('%d %b %Y') if strftime_now is defined else 'unknown' %}
{{- bos_token ~ '<|start_header_id|>system<|end_header_id|>\\n\\nToday: ' ~ today ~ ' (' ~ strftime_now('%A, %-d %B %y, %Y-%m-%d %H:%M %j %p') ~ ')\\n' }}
{%- if messages[0].role == 'system' %}{{- messages[0].content }}{%- set messages = messages[1:] %}{%- endif %}
{{- '<|eot_id|>' }}
{%- for message in messages %}
    {{- '<|start_header_id|>' ~ message.role ~ '<|end_header_id|>\\n\\n' ~ (message.content | trim) ~ '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}"""

NO_SYSTEM = """{{ bos_token }}{%- for message in messages %}
    {%- if message.role == 'system' %}{{- raise_exception('There is no system role here.') }}{%- endif %}
    {%- set role = 'model' if message.role == 'assistant' else message.role %}
    {{- '<start>' ~ role ~ '\\n' ~ message.content | trim ~ '<end>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<start>model\\n' }}{%- endif %}"""

PLAIN_NAMED = "{% for message in messages %}{{ message.role | capitalize }}: {{ message.content }}\n{% endfor %}" \
    "{% if add_generation_prompt %}Assistant:{% endif %}"
TOOLS_NAMED = "{{ tools | tojson }}\n" + PLAIN_NAMED


HAS_BLOCKS = re.compile(r"\{%-?\s*generation")


class AssumedDay(datetime.datetime):
    """The day that stands for every day (see src/tokenizer/template-date.ts)."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26)


chat_template_utils.datetime = AssumedDay


def turn(role, content, **further):
    return {"role": role, "content": content, **further}


QUESTION = turn("user", "What is 24 + 18?")
ANSWER = turn("assistant", "24 + 18 = 42.\nFinal Answer: 42")
FOLLOW_UP = turn("user", "  And 42 - 7?  ")
SYSTEM = turn("system", "You are a patient teacher.")
CONVERSATIONS = {
    "one user turn": [QUESTION],
    "question and answer": [QUESTION, ANSWER],
    "system, question and answer": [SYSTEM, QUESTION, ANSWER],
    "three turns": [QUESTION, ANSWER, FOLLOW_UP],
    "two exchanges with a system turn": [SYSTEM, QUESTION, ANSWER, FOLLOW_UP, turn("assistant", " 35 ")],
    "quotes, braces and other scripts": [
        turn("user", "Say \"{{ hello }}\" & <b>שלום</b>\n{% raw %} 猫 🙂"), turn("assistant", "It's 'done' \\n\\ <|im_end|>")],
    "empty answer": [QUESTION, turn("assistant", "")],
}
UNEVEN = {"two user turns": [QUESTION, FOLLOW_UP], "answer first": [ANSWER, QUESTION]}
THOUGHT = turn("assistant", "<think>\nAdd the tens, then the ones.\n</think>\n\n42")
THINKING = {
    "a thought in the last answer": [QUESTION, THOUGHT],
    "a thought in an earlier answer": [QUESTION, THOUGHT, FOLLOW_UP, turn("assistant", "35")],
    "a thought in its own field": [QUESTION, turn("assistant", "42", reasoning_content="\nTens, then ones.\n")],
}
CALL = {"type": "function", "function": {"name": "add", "arguments": {"first": 24, "second": 18}}}
TEXT_CALL = {"id": "c2", "type": "function", "function": {"name": "add", "arguments": '{"first": 1}'}}
CALLING = {
    "a call and its result": [
        SYSTEM, QUESTION, turn("assistant", "", tool_calls=[CALL]), turn("tool", "42", tool_call_id="c1"), ANSWER],
    "two calls with text, arguments as text": [
        QUESTION, turn("assistant", "Both.", tool_calls=[CALL, TEXT_CALL]), turn("tool", "42"), turn("tool", '{"sum": "é"}'),
        ANSWER, FOLLOW_UP, turn("assistant", "35")],
}
CHATML_TOKENS = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"}
LLAMA3_TOKENS = {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}
SENTENCEPIECE_TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}
TOOLS = [{"type": "function", "function": {"name": "add", "description": "Adds \"two\" numbers <é>", "parameters": {
    "type": "object", "properties": {"first": {"type": "number"}, "second": {"type": "number"}}}}}]


def render(template, tokens, messages, add_generation_prompt, arguments):
    case = {"messages": messages, "add_generation_prompt": add_generation_prompt, "arguments": arguments}
    tools = arguments.get("tools")
    further = {key: value for key, value in arguments.items() if key != "tools"}
    try:
        texts, spans = render_jinja_template(
            [messages], tools=tools, chat_template=template, add_generation_prompt=add_generation_prompt,
            return_assistant_tokens_mask=HAS_BLOCKS.search(template) is not None, **tokens, **further)
    except jinja2.exceptions.TemplateError as error:
        return case | {"error": str(error)}
    case["rendered"] = texts[0]
    if HAS_BLOCKS.search(template):
        case["assistant_texts"] = [texts[0][start:end] for start, end in spans[0]]
    return case


def golden(template, tokens, conversations, variations=({},)):
    cases = []
    for name, messages in conversations.items():
        for arguments in variations:
            for add_generation_prompt in (False, True):
                cases.append({"name": name, **render(template, tokens, messages, add_generation_prompt, arguments)})
    return cases


def write(name, chat_template, tokens, cases):
    compact_json.write(FIXTURES / f"{name}.json", {
        "made_with": {"transformers": transformers.__version__, "jinja2": jinja2.__version__}, **tokens,
        "chat_template": chat_template, "cases": cases})
    print(f"{name}: {len(cases)} cases, {sum('error' in case for case in cases)} refused")


def main():
    for name, template, tokens, conversations, variations in [
        ("chatml", CHATML, CHATML_TOKENS, CONVERSATIONS | UNEVEN, ({},)),
        ("chatml-default-system", CHATML_DEFAULT_SYSTEM, CHATML_TOKENS, CONVERSATIONS, ({},)),
        ("llama3", LLAMA3, LLAMA3_TOKENS, CONVERSATIONS, ({},)),
        ("mistral", MISTRAL, SENTENCEPIECE_TOKENS, CONVERSATIONS | UNEVEN, ({},)),
        ("zephyr", ZEPHYR, SENTENCEPIECE_TOKENS, CONVERSATIONS, ({},)),
        ("qwen3-thinking", QWEN3_THINKING, CHATML_TOKENS, CONVERSATIONS | THINKING,
         ({}, {"enable_thinking": False}, {"enable_thinking": True})),
        ("generation", GENERATION, CHATML_TOKENS, CONVERSATIONS, ({},)),
        ("generation-text", GENERATION_TEXT, CHATML_TOKENS, CONVERSATIONS, ({},)),
        ("generation-wide", GENERATION_WIDE, CHATML_TOKENS, CONVERSATIONS, ({},)),
        ("tools-chatml", TOOLS_CHATML, CHATML_TOKENS, CONVERSATIONS | CALLING, ({}, {"tools": TOOLS})),
        ("dated", DATED, LLAMA3_TOKENS, CONVERSATIONS, ({}, {"date_string": "1 May 2025"})),
        ("no-system", NO_SYSTEM, SENTENCEPIECE_TOKENS, CONVERSATIONS, ({},)),
    ]:
        write(name, template, tokens, golden(template, tokens, conversations, variations))
    named = {"default": (PLAIN_NAMED, ({},)), "tool_use": (TOOLS_NAMED, ({"tools": TOOLS},))}
    cases = [{"template": name, **case} for name, (template, variations) in named.items()
             for case in golden(template, SENTENCEPIECE_TOKENS, CONVERSATIONS, variations)]
    write("named", [{"name": name, "template": template} for name, (template, _) in named.items()],
          SENTENCEPIECE_TOKENS, cases)


if __name__ == "__main__":
    main()
