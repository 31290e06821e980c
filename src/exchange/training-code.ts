/**
 * A run as Python for PEFT and transformers: the same adapter, prompt, loss and optimizer. Where the
 * two sides cannot be the same (random streams, hence start values and order of answers), it says so.
 */
import type { LoraSettings } from '../lora/config.ts';
import type { TrainingSettings } from '../train/config.ts';

export interface CodeFacts {
  modelId: string;
  lora: LoraSettings;
  training: TrainingSettings;
  encoding: 'separate' | 'joint';
  prompt: { useChatTemplate: boolean; plainTemplate: string };
  /** Rows of {question, response}, or of {prompt, completion} as turns with tools beside them. */
  answersFile: string;
  /** The same, for the held-out loss; undefined: a share of the answers. */
  validationFile: string | undefined;
}

export function trainingCode(facts: CodeFacts): string {
  const { lora, training } = facts;
  const full = training.method === 'full';
  const masks = training.maskPerplexity > 0;
  const imports = full ? '' : 'from peft import LoraConfig, get_peft_model\n';
  return `# ${full ? 'Full fine-tuning' : 'LoRA'} on ${facts.answersFile}, as Idiolect trained it.
# pip install torch transformers accelerate${full ? '' : ' peft'}
# Same prompt, loss, schedule and optimizer; the random streams differ, so curves agree in shape,
# not in every digit.
${facts.prompt.useChatTemplate ? 'import datetime\n' : ''}import json
${masks ? 'import math\n' : ''}import random

import torch
${imports}from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DataCollatorForSeq2Seq,
    Trainer,
    TrainingArguments,
)
${facts.prompt.useChatTemplate ? 'from transformers.utils import chat_template_utils\n' : ''}
MODEL = ${python(facts.modelId)}  # a folder or a name on the Hub
MAX_LENGTH = ${training.maxLength}

tokenizer = AutoTokenizer.from_pretrained(MODEL)
model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32)
${full ? '' : adapterCode(lora)}
${encodingCode(facts)}

def read(path):
    with open(path, encoding="utf-8") as file:
        return [encode(json.loads(line)) for line in file if line.strip()]


rows = read(${python(facts.answersFile)})
${heldOutCode(facts)}${masks ? maskCode(training.maskPerplexity) : ''}
trainer = Trainer(
    model=model,
    args=TrainingArguments(
        output_dir="out",
        max_steps=${training.steps},
        per_device_train_batch_size=${training.batchSize},
        gradient_accumulation_steps=${training.accumulation},
        learning_rate=${number(training.learningRate)},
        ${scheduleArguments(training)}
        warmup_steps=${Math.ceil(training.steps * training.warmup)},
        weight_decay=${number(training.weightDecay)},
        max_grad_norm=${number(training.maxGradientNorm)},
        adam_beta1=${number(training.beta1)},
        adam_beta2=${number(training.beta2)},
        adam_epsilon=${number(training.epsilon)},
        optim="adamw_torch",
        logging_steps=${training.logEvery},
        eval_strategy="steps" if held_out else "no",
        eval_steps=${training.evaluateEvery},
        eval_on_start=bool(held_out),
        seed=${training.seed},
        report_to=[],
    ),
    train_dataset=rows,
    eval_dataset=held_out or None,
    # Pads on the right; padding and prompt have the label -100 and count in no loss.
    data_collator=DataCollatorForSeq2Seq(tokenizer, label_pad_token_id=-100),
)
trainer.train()
model.save_pretrained("${full ? 'model' : 'adapter'}")
`;
}

function scheduleArguments({ schedule, warmup, steps }: TrainingSettings): string {
  const type = schedule === 'constant' && warmup > 0 ? 'constant_with_warmup' : schedule;
  const named = `lr_scheduler_type=${python(type)},`;
  return schedule === 'warmup_stable_decay'
    ? `${named}\n        lr_scheduler_kwargs={"num_decay_steps": ${Math.floor(steps / 2)}, "decay_type": "linear"},`
    : named;
}

function adapterCode(lora: LoraSettings): string {
  const targets = lora.targets === 'all-linear' ? '"all-linear"' : 'None';
  return `model = get_peft_model(
    model,
    LoraConfig(
        task_type="CAUSAL_LM",
        r=${lora.rank},
        lora_alpha=${number(lora.alpha)},
        lora_dropout=${number(lora.dropout)},
        target_modules=${targets},${targets === 'None' ? '  # queries and values, as PEFT has it' : ''}
        use_rslora=${lora.rankStabilized ? 'True' : 'False'},
        bias="none",
    ),
)
model.print_trainable_parameters()
`;
}

function encodingCode({ prompt, encoding, training }: CodeFacts): string {
  const end = prompt.useChatTemplate
    ? `def end_token():
    turn = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "@@"}]
    after = ids(tokenizer.apply_chat_template(turn, tokenize=False).split("@@")[-1])
    first = next((i for i in after if tokenizer.decode([i]).strip()), None)
    return first if first in tokenizer.all_special_ids else tokenizer.eos_token_id


# The end of a turn, when the chat template writes one, ends an answer.
END = end_token()`
    : 'END = tokenizer.eos_token_id';
  return `

def ids(text):
    return tokenizer(text, add_special_tokens=False).input_ids


${end}
${prompt.useChatTemplate ? chatCode : plainCode(prompt.plainTemplate)}

def turns_of(row):
    """The turns before the answer, and the answer's own."""
    if "prompt" in row:
        return row["prompt"], row["completion"][0]
    turn = {"role": "assistant", "content": row["response"]}
    return [{"role": "user", "content": row["question"]}], turn


def encode(row):
    turns, answer = turns_of(row)
${training.lossOn === 'all-assistant' ? everyAnswerCode(encoding, prompt.useChatTemplate) : lastAnswerCode(encoding)}
    tokens, labels = tokens[:MAX_LENGTH], labels[:MAX_LENGTH]
    return {"input_ids": tokens, "attention_mask": [1] * len(tokens), "labels": labels}
`;
}

/** One way to write a conversation for both kinds of prompt: `write(row, turns, asks)`. */
const chatCode = `START = []


class AssumedDay(datetime.datetime):
    """A chat template that asks for today's date gets the one that Idiolect takes."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26)


chat_template_utils.datetime = AssumedDay


def write(row, turns, asks=False):
    return tokenizer.apply_chat_template(
        turns,
        tools=row.get("tools"),
        add_generation_prompt=asks,
        tokenize=False,
        **row.get("chat_template_kwargs", {}),
    )
`;

function plainCode(template: string): string {
  return `adds_bos = tokenizer("a").input_ids[:1] == [tokenizer.bos_token_id]
START = [tokenizer.bos_token_id] if adds_bos else []


def write(row, turns, asks=False):
    """System text and a blank line, then each question with its answer and the end token."""
    text = ""
    for turn in turns:
        content = turn["content"]
        if turn["role"] == "system":
            text += content + "\\n\\n"
        elif turn["role"] == "user":
            text += ${python(template)}.replace("{question}", content)
        else:
            text += content + (tokenizer.eos_token or "\\n\\n")
    return text
`;
}

function lastAnswerCode(encoding: CodeFacts['encoding']): string {
  const pair =
    encoding === 'separate'
      ? `    # Prompt and answer are cut into tokens apart and joined.
    head = START + ids(prompt)
    tokens = head + ids(response)
    boundary = len(head)`
      : `    # Cut as one text; the answer begins where the prompt's own tokens end.
    head = START + ids(prompt.rstrip(" "))
    tokens = START + ids(prompt + response)
    boundary = next(
        (i for i, (a, b) in enumerate(zip(head, tokens)) if a != b), min(len(head), len(tokens))
    )`;
  return `    prompt = write(row, turns, asks=True)
    response = answer["content"]
    if answer.keys() & {"tool_calls", "reasoning_content"}:
        response = write(row, [*turns, answer])[len(prompt) :].split(tokenizer.decode([END]))[0]
${pair}
    tokens = tokens + [END]
    labels = [-100] * boundary + tokens[boundary:]`;
}

/** Every assistant turn is trained (TRL: assistant_only_loss). */
function everyAnswerCode(encoding: CodeFacts['encoding'], chat: boolean): string {
  const blocks = `    # The template marks what is trained; a turn with weight 0, which Idiolect leaves out, is trained here.
    if "{% generation" in tokenizer.chat_template.replace("{%-", "{%"):
        found = tokenizer.apply_chat_template(
            [*turns, answer],
            tools=row.get("tools"),
            return_dict=True,
            return_assistant_tokens_mask=True,
            **row.get("chat_template_kwargs", {}),
        )
        tokens = found["input_ids"]
        labels = [t if on else -100 for t, on in zip(tokens, found["assistant_masks"])]
        return {"input_ids": tokens, "attention_mask": [1] * len(tokens), "labels": labels}
`;
  const cut =
    encoding === 'separate'
      ? `    tokens, labels, at = list(START), [-100] * len(START), 0
    for start, end in spans:
        before, own = ids(text[at:start]), ids(text[start:end])
        tokens += before + own
        labels += [-100] * len(before) + own
        at = end`
      : `    found = tokenizer(text[: spans[-1][1]], add_special_tokens=False, return_offsets_mapping=True)
    tokens = START + found.input_ids
    labels = [-100] * len(START) + [
        t if any(a < end and b > start for start, end in spans) else -100
        for t, (a, b) in zip(found.input_ids, found.offset_mapping)
    ]`;
  return `${chat ? blocks : ''}    turns = [*turns, answer]
    text, end_text, spans = write(row, turns), tokenizer.decode([END]), []
    for i, turn in enumerate(turns):
        if turn["role"] == "assistant" and turn.get("weight") != 0:
            start = len(write(row, turns[:i], asks=True))
            after = text.rindex(end_text, start, len(write(row, turns[: i + 1])))
            spans.append((start, after + len(end_text)))
${cut}`;
}

function heldOutCode({ validationFile, training }: CodeFacts): string {
  if (validationFile !== undefined) return `held_out = read(${python(validationFile)})`;
  return `random.Random(${training.seed}).shuffle(rows)  # other answers are held out than in Idiolect
kept = round(${number(training.validationShare)} * len(rows))
held_out, rows = rows[:kept], rows[kept:]`;
}

/** A fresh adapter changes nothing, so that this is the untrained model's view. */
function maskCode(threshold: number): string {
  return `


@torch.no_grad()
def masked(row):
    # Surprising answer tokens are read but not trained; the end of an answer always is.
    ids = torch.tensor([row["input_ids"]], device=model.device)
    logits = model(input_ids=ids).logits[0, :-1].float()
    nll = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none").tolist()
    last = len(row["labels"]) - 1
    labels = [
        -100 if t > 0 and nll[t - 1] > math.log(${number(threshold)}) and not (t == last and label == END) else label
        for t, label in enumerate(row["labels"])
    ]
    return {**row, "labels": labels}


model.eval()
rows = [masked(row) for row in rows]
model.train()`;
}

function python(text: string): string {
  return JSON.stringify(text);
}

function number(value: number): string {
  return String(value);
}
