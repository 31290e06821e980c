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
  /** Rows of {question, response}. */
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
import json
${masks ? 'import math\n' : ''}import random

import torch
${imports}from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DataCollatorForSeq2Seq,
    Trainer,
    TrainingArguments,
)

MODEL = ${python(facts.modelId)}  # a folder or a name on the Hub
MAX_LENGTH = ${training.maxLength}

tokenizer = AutoTokenizer.from_pretrained(MODEL)
model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32)
${full ? '' : adapterCode(lora)}
${encodingCode(facts)}

def read(path):
    with open(path, encoding="utf-8") as file:
        return [encode(**json.loads(line)) for line in file if line.strip()]


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

function encodingCode({ prompt, encoding }: CodeFacts): string {
  const template = prompt.useChatTemplate
    ? `    # The end of a turn, when the chat template writes one, ends an answer.
    messages = [{"role": "user", "content": question}]
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    start = []`
    : `    prompt = ${python(prompt.plainTemplate)}.replace("{question}", question)
    adds_bos = tokenizer("a").input_ids[:1] == [tokenizer.bos_token_id]
    start = [tokenizer.bos_token_id] if adds_bos else []`;
  const pair =
    encoding === 'separate'
      ? `    # Question and answer are cut into tokens apart and joined.
    head = start + ids(prompt)
    tokens = head + ids(response)
    boundary = len(head)`
      : `    # Cut as one text; the answer begins where the question's own tokens end.
    head = start + ids(prompt.rstrip(" "))
    tokens = start + ids(prompt + response)
    boundary = next(
        (i for i, (a, b) in enumerate(zip(head, tokens)) if a != b), min(len(head), len(tokens))
    )`;
  const end = prompt.useChatTemplate
    ? `def end_token():
    turn = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "@@"}]
    after = ids(tokenizer.apply_chat_template(turn, tokenize=False).split("@@")[-1])
    first = next((i for i in after if tokenizer.decode([i]).strip()), None)
    return first if first in tokenizer.all_special_ids else tokenizer.eos_token_id


END = end_token()`
    : 'END = tokenizer.eos_token_id';
  return `

def ids(text):
    return tokenizer(text, add_special_tokens=False).input_ids


${end}


def encode(question, response, **_):
${template}
${pair}
    tokens = (tokens + [END])[:MAX_LENGTH]
    labels = [-100] * boundary + tokens[boundary:]
    return {"input_ids": tokens, "attention_mask": [1] * len(tokens), "labels": labels}
`;
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
