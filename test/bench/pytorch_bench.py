"""The same workloads in native PyTorch, asked in lines of JSON by hosts/python.ts.

Weights, tokens and formulas are those of weights.ts and contenders/stock-llama.ts; linear layers,
attention and AdamW are PyTorch's own. All threads that PyTorch takes by itself.
"""

import json
import math
import resource
import sys
import time

import torch
import torch.nn.functional as F

RANK, SCALE, LR, ADAM_EPSILON, NORM_EPSILON, THETA = 8, 2.0, 1e-3, 1e-8, 1e-5, 10_000.0
MASK = 0xFFFFFFFF


def hashed(counter):
    """int64 [n] that counts → int64 [n] of 32 bits that look random."""
    x = counter & MASK
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & MASK
    x = ((x ^ (x >> 15)) * 0x846CA68B) & MASK
    return x ^ (x >> 16)


def seed_of(name):
    value = 0x811C9DC5
    for character in name:
        value = ((value ^ ord(character)) * 0x01000193) & MASK
    return value


def uniform(name, shape, bound):
    size = math.prod(shape)
    bits = hashed(seed_of(name) + torch.arange(size, dtype=torch.int64))
    return ((bits.double() / 2**32 * 2 - 1) * bound).float().reshape(shape)


def weight(name, shape, form):
    if len(shape) == 1:
        return torch.ones(shape)
    deviation = 0.05 if "embed_tokens" in name else 1 / math.sqrt(shape[1])
    values = uniform(name, shape, deviation * math.sqrt(3))
    if form == "bf16":
        values = (values.view(torch.int32) & -65536).view(torch.float32)
    return values


def linears_of(s):
    width, heads, kv, dim, wide = (
        s[k] for k in ("width", "heads", "kvHeads", "headDim", "feedForward")
    )
    return [
        ("self_attn.q_proj", heads * dim, width),
        ("self_attn.k_proj", kv * dim, width),
        ("self_attn.v_proj", kv * dim, width),
        ("self_attn.o_proj", width, heads * dim),
        ("mlp.gate_proj", wide, width),
        ("mlp.up_proj", wide, width),
        ("mlp.down_proj", width, wide),
    ]


class Model:
    def __init__(self, shape, lora, trained):
        self.shape = shape
        form = shape["format"]
        names = [("model.embed_tokens.weight", [shape["vocabSize"], shape["width"]])]
        names.append(("model.norm.weight", [shape["width"]]))
        self.lora = {}
        for i in range(shape["layers"]):
            layer = f"model.layers.{i}"
            names.append((f"{layer}.input_layernorm.weight", [shape["width"]]))
            names.append((f"{layer}.post_attention_layernorm.weight", [shape["width"]]))
            for path, out, columns in linears_of(shape):
                own = f"{layer}.{path}"
                names.append((f"{own}.weight", [out, columns]))
                if lora:
                    a = uniform(f"{own}.lora_A", [RANK, columns], 1 / math.sqrt(columns))
                    b = uniform(f"{own}.lora_B", [out, RANK], 0.01)
                    self.lora[own] = (a.requires_grad_(), b.requires_grad_())
        self.base = {name: weight(name, size, form) for name, size in names}
        if trained and not lora:
            for own in self.base.values():
                own.requires_grad_()
        self.parameters = (
            [x for pair in self.lora.values() for x in pair] if lora else list(self.base.values())
        )

    def linear(self, path, x):
        y = F.linear(x, self.base[f"{path}.weight"])
        if path in self.lora:
            a, b = self.lora[path]
            y = y + SCALE * F.linear(F.linear(x, a), b)
        return y

    def norm(self, name, x):
        return F.rms_norm(x, (x.shape[-1],), self.base[f"{name}.weight"], NORM_EPSILON)

    def loss(self, ids):
        """ids int64 [B, T] → mean NLL of every token but the first of each sequence."""
        s = self.shape
        batch, length = ids.shape
        half = s["headDim"] // 2
        frequency = THETA ** (-torch.arange(half, dtype=torch.float32) / half)
        angles = torch.arange(length, dtype=torch.float32)[:, None] * frequency
        cos, sin = angles.cos(), angles.sin()

        def rotate(x):
            first, second = x.chunk(2, -1)
            return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)

        def heads(path, x, count):
            return self.linear(path, x).view(batch, length, count, s["headDim"]).transpose(1, 2)

        x = F.embedding(ids, self.base["model.embed_tokens.weight"])
        for i in range(s["layers"]):
            layer = f"model.layers.{i}"
            normed = self.norm(f"{layer}.input_layernorm", x)
            query = rotate(heads(f"{layer}.self_attn.q_proj", normed, s["heads"]))
            key = rotate(heads(f"{layer}.self_attn.k_proj", normed, s["kvHeads"]))
            value = heads(f"{layer}.self_attn.v_proj", normed, s["kvHeads"])
            mixed = F.scaled_dot_product_attention(
                query, key, value, is_causal=True, enable_gqa=s["heads"] != s["kvHeads"]
            )
            x = x + self.linear(
                f"{layer}.self_attn.o_proj", mixed.transpose(1, 2).reshape(batch, length, -1)
            )
            normed = self.norm(f"{layer}.post_attention_layernorm", x)
            gate = F.silu(self.linear(f"{layer}.mlp.gate_proj", normed))
            hidden = gate * self.linear(f"{layer}.mlp.up_proj", normed)
            x = x + self.linear(f"{layer}.mlp.down_proj", hidden)
        logits = F.linear(
            self.norm("model.norm", x)[:, :-1], self.base["model.embed_tokens.weight"]
        )
        return F.cross_entropy(logits.reshape(-1, s["vocabSize"]), ids[:, 1:].reshape(-1))


def prepare(workload):
    kind = workload["kind"]
    if kind not in ("full", "lora", "nll"):
        raise ValueError("only training steps and forward passes are written for it")
    shape, batch, length = workload["shape"], workload["batch"], workload["time"]
    model = Model(shape, lora=kind == "lora", trained=kind != "nll")
    bits = hashed(seed_of("tokens") + torch.arange(batch * length, dtype=torch.int64))
    ids = (bits % shape["vocabSize"]).reshape(batch, length)
    if kind == "nll":

        def forward():
            with torch.no_grad():
                return model.loss(ids).item()

        return forward
    optimizer = torch.optim.AdamW(model.parameters, LR, eps=ADAM_EPSILON, weight_decay=0)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = model.loss(ids)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main():
    run = None
    for line in sys.stdin:
        question = json.loads(line)
        try:
            value = None
            if question["ask"] == "prepare":
                run = prepare(question["workload"])
                device = f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"
                value = {"device": device, "numbers": [run() for _ in range(question["warmUps"])]}
            elif question["ask"] == "run":
                began = time.perf_counter()
                number = run()
                milliseconds = 1000 * (time.perf_counter() - began)
                peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                value = {
                    "milliseconds": milliseconds,
                    "number": number,
                    "counts": {"rss_peak": peak},
                }
            elif question["ask"] == "soak":
                raise ValueError("only training steps and forward passes are written for it")
            answer = {"value": value}
        except Exception as error:  # The bench prints it as the reason.
            answer = {"reason": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
