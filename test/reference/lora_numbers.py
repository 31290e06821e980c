"""Reference numbers of one loaded model: logits, NLL, LoRA gradients, ten training losses, full gradients."""
import math

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from transformers.pytorch_utils import Conv1D

from compact_json import float32_list

RANK, ALPHA = 4, 8
FIRST_TARGET = 5
SEED_FORMULA = (
    "A[r,i] = (2*frac((r*in+i+1)*0.6180339887498949)-1)/sqrt(in); "
    "B[o,r] = 0.1*(2*frac((o*R+r+1)*0.7548776662466927)-1); float64, then rounded to float32; "
    "A is [R,in] and B is [out,R] as PEFT saves them"
)
GATED = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]
# Leaf names of every linear layer but the head, as an adapter_config.json lists them.
TARGET_MODULES = {
    "llama": GATED, "mistral": GATED, "qwen2": GATED, "qwen3": GATED,
    "gpt2": ["c_attn", "c_fc", "c_proj"],
    "gpt_neox": ["dense", "dense_4h_to_h", "dense_h_to_4h", "query_key_value"],
    "gpt_neo": ["c_fc", "c_proj", "k_proj", "out_proj", "q_proj", "v_proj"],
}
OPTIMIZER = {"name": "AdamW", "learning_rate": 1e-2, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
             "weight_decay": 0.1, "max_grad_norm": 1.0}


def low_discrepancy(count, multiplier):
    """2*frac(n*multiplier)-1 for n = 1..count, in float64."""
    steps = torch.arange(1, count + 1, dtype=torch.float64) * multiplier
    return 2 * (steps - steps.floor()) - 1


def seed_lora(tuned):
    """Overwrite every A and B of a PEFT model by SEED_FORMULA."""
    for name, parameter in tuned.named_parameters():
        if "lora_A" in name:
            value = low_discrepancy(parameter.numel(), 0.6180339887498949) / math.sqrt(parameter.shape[1])
        elif "lora_B" in name:
            value = 0.1 * low_discrepancy(parameter.numel(), 0.7548776662466927)
        else:
            continue
        parameter.data = value.reshape(parameter.shape).float()


def padded(rows, pad):
    """Right-padded ids and attention mask, both [B,T]."""
    length = max(map(len, rows))
    ids = torch.tensor([row + [pad] * (length - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
    return ids, mask


def mean_loss(model, ids, mask, targets):
    """Sum of NLL over the target tokens divided by their count, in nats."""
    logits = model(input_ids=ids, attention_mask=mask).logits.float()
    row, position = torch.tensor(targets).T
    return torch.nn.functional.cross_entropy(logits[row, position - 1], ids[row, position])


def forward_numbers(model, rows, ids, mask):
    """Logits [sum of lengths, V] of the real positions, and NLL of each real token after the first."""
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=mask).logits.float()
        for b, row in enumerate(rows):
            alone = model(input_ids=torch.tensor([row])).logits[0].float()
            assert torch.allclose(alone, logits[b, :len(row)], atol=1e-5), "padding changes the logits"
    real = torch.cat([logits[b, :len(row)] for b, row in enumerate(rows)])
    nll = []
    for b, row in enumerate(rows):
        log_probabilities = torch.log_softmax(logits[b, :len(row) - 1].double(), -1)
        nll.append(float32_list(-log_probabilities.gather(1, ids[b, 1:len(row), None])))
    return {"logits_shape": list(real.shape), "logits": float32_list(real), "nll": nll}


def full_numbers(model, ids, mask, targets):
    """Gradient of the mean loss in every parameter of the base model, by state-dict name."""
    model.zero_grad()
    loss = mean_loss(model, ids, mask, targets)
    loss.backward()
    gradients = {name: float32_list(parameter.grad) for name, parameter in model.named_parameters()}
    model.zero_grad(set_to_none=True)
    return {"loss": float32_list(loss)[0], "gradients": gradients}


def lora_numbers(model, ids, mask, targets):
    """Seeded LoRA on all linear layers but the head: loss, gradients, ten steps. Wraps `model` in place."""
    family = model.config.model_type
    config = LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=TARGET_MODULES[family],
                        fan_in_fan_out=family == "gpt2", task_type="CAUSAL_LM")
    linear = {name for name, module in model.named_modules()
              if isinstance(module, (torch.nn.Linear, Conv1D)) and name not in ("lm_head", "embed_out")}
    tuned = get_peft_model(model, config).eval()
    assert set(tuned.targeted_module_names) == linear, "the leaf names miss a linear layer"
    seed_lora(tuned)
    trained = {name: parameter for name, parameter in tuned.named_parameters() if parameter.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), lr=OPTIMIZER["learning_rate"], betas=(0.9, 0.999),
                                  eps=OPTIMIZER["epsilon"], weight_decay=OPTIMIZER["weight_decay"])
    losses, norms = [], []
    for step in range(10):
        optimizer.zero_grad()
        loss = mean_loss(tuned, ids, mask, targets)
        loss.backward()
        if step == 0:
            gradients = {saved_name(name): float32_list(parameter.grad) for name, parameter in trained.items()}
            shapes = {saved_name(name): list(parameter.shape) for name, parameter in trained.items()}
            assert set(gradients) == set(get_peft_model_state_dict(tuned)), "names differ from PEFT's"
        norm = torch.nn.utils.clip_grad_norm_(trained.values(), OPTIMIZER["max_grad_norm"])
        losses.append(loss)
        norms.append(norm)
        optimizer.step()
    return {
        "rank": RANK, "alpha": ALPHA, "scale": ALPHA / RANK,
        "target_modules": sorted(tuned.peft_config["default"].target_modules),
        "resolved_modules": sorted(linear),
        "seed_formula": SEED_FORMULA, "targets": targets, "loss": float32_list(losses[0])[0],
        "shapes": shapes, "gradients": gradients, "optimizer": OPTIMIZER,
        "ten_losses": float32_list(torch.stack(losses)), "gradient_norms": float32_list(torch.stack(norms)),
    }


def saved_name(name):
    """The key in adapter_model.safetensors of a parameter of a PeftModel."""
    return name.replace(".default.", ".")


def target_positions(rows):
    """[row, position] of every token that is predicted in the loss."""
    return [[b, t] for b, row in enumerate(rows) for t in range(FIRST_TARGET, len(row))]
