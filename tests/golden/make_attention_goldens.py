#!/usr/bin/env python3
"""Writes attention.json and norms.json in this folder with PyTorch and torchvision. Run by hand where they are installed (Debian:
python3-torch, python3-torchvision); the tests only read the files. Everything is f64.

Element i (row-major, this project's layouts: images NHWC) of every tensor is sin(0.7 i + phase) * size: inputs "x" (phase 0.1, size 1),
"context" (0.2, 1), the output gradient "dy" (0.3, 1); a parameter called NAME has phase len(NAME) and size 0.3, and 1 is added to the
weights of normalisations (ln_*, and norms.json's `weight`).

attention.json: cases with "kind"
  "self" | "cross"     torch.nn.MultiheadAttention: features, heads, x [N,L,E] (and context [N,S,E]), causal, hidden_keys: the keys that
                       no query sees, or empty -> y, dx (dcontext), gradients {name: flat}
  "block"              torchvision's EncoderBlock of vit_b_16: features, heads, hidden, x -> y, dx, gradients, names of the state
norms.json: "kind" "layer" | "group" | "instance" | "local_response", x, settings -> y, dx, and dweight, dbias where there are
"""
import json
import math
import pathlib
import warnings
from functools import partial

import torch
from torchvision.models.vision_transformer import EncoderBlock

FOLDER = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)
warnings.filterwarnings("ignore")


def wave(shape, phase, size=1.0):
    return torch.tensor([size * math.sin(0.7 * i + phase) for i in range(math.prod(shape))]).reshape(shape)


def flat(t):
    return t.detach().reshape(-1).tolist()


def fill(module):
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            values = wave(parameter.shape, len(name), 0.3)
            parameter.copy_(values + 1 if name.startswith("ln_") and name.endswith("weight") else values)


def gradients_of(module):
    return {name: flat(parameter.grad) for name, parameter in module.named_parameters()}


def attention(name, features, heads, x, context=None, causal=False, hidden_keys=()):
    module = torch.nn.MultiheadAttention(features, heads, batch_first=True)
    fill(module)
    query = wave(x, 0.1).requires_grad_()
    memory = wave(context, 0.2).requires_grad_() if context else query
    length, keys = query.shape[1], memory.shape[1]
    mask = torch.triu(torch.ones(length, keys, dtype=torch.bool), 1) if causal else torch.zeros(length, keys, dtype=torch.bool)
    mask[:, list(hidden_keys)] = True  # torch's True is "not allowed"
    y, _ = module(query, memory, memory, attn_mask=mask, need_weights=True)
    y.backward(wave(y.shape, 0.3))
    case = {"name": name, "kind": "cross" if context else "self", "features": features, "heads": heads, "x": x, "causal": causal,
            "hidden_keys": list(hidden_keys), "y": flat(y), "dx": flat(query.grad), "gradients": gradients_of(module)}
    if context:
        case |= {"context": context, "dcontext": flat(memory.grad)}
    return case


def block(name, features, heads, hidden, x):
    module = EncoderBlock(heads, features, hidden, 0.0, 0.0, partial(torch.nn.LayerNorm, eps=1e-6))
    module.train()  # evaluation takes a fused path that has no gradients
    fill(module)
    given = wave(x, 0.1).requires_grad_()
    y = module(given)
    y.backward(wave(y.shape, 0.3))
    return {"name": name, "kind": "block", "features": features, "heads": heads, "hidden": hidden, "x": x, "y": flat(y),
            "dx": flat(given.grad), "gradients": gradients_of(module), "names": list(module.state_dict())}


def norm(name, kind, x, apply, parameters=None, **settings):
    given = wave(x, 0.1).requires_grad_()
    weight = bias = None
    if parameters:
        weight = (wave(parameters, len("weight"), 0.3) + 1).requires_grad_()
        bias = wave(parameters, len("bias"), 0.3).requires_grad_()
    y = apply(given, weight, bias)
    y.backward(wave(y.shape, 0.3))
    case = {"name": name, "kind": kind, "x": x, "y": flat(y), "dx": flat(given.grad), **settings}
    if parameters:
        case |= {"parameters": parameters, "dweight": flat(weight.grad), "dbias": flat(bias.grad)}
    return case


def channels_first(function):
    return lambda x, weight, bias: function(x.permute(0, 3, 1, 2), weight, bias).permute(0, 2, 3, 1).contiguous()


def norms():
    f = torch.nn.functional
    for x, axes in (([3, 7], 1), ([2, 3, 4, 5], 1), ([2, 3, 4, 5], 3)):
        shape = x[-axes:]
        yield norm(f"layer {x} {axes}", "layer", x, lambda t, w, b, s=shape: f.layer_norm(t, s, w, b, 1e-5), shape, axes=axes)
    for groups in (1, 2, 6):
        yield norm(f"group {groups}", "group", [2, 3, 4, 6],
                   channels_first(lambda t, w, b, g=groups: f.group_norm(t, g, w, b, 1e-5)), [6], groups=groups)
    yield norm("instance", "instance", [2, 3, 4, 5], channels_first(lambda t, w, b: f.instance_norm(t, None, None, w, b, True, 0.1, 1e-5)), [5])
    for size, alpha, beta, k in ((5, 1e-4, 0.75, 1.0), (3, 2.0, 0.75, 2.0), (4, 1.5, 1.2, 0.5)):
        yield norm(f"local response {size}", "local_response", [2, 3, 2, 7],
                   channels_first(lambda t, w, b, o=(size, alpha, beta, k): f.local_response_norm(t, *o)), size=size, alpha=alpha, beta=beta, k=k)


def write(name, cases):
    body = ",\n".join(json.dumps(case) for case in cases)
    made_with = f"make_attention_goldens.py, torch {torch.__version__}"
    (FOLDER / name).write_text(f'{{"made_with": {json.dumps(made_with)}, "cases": [\n{body}\n]}}\n')


write("attention.json", [
    attention("one head", 4, 1, [2, 3, 4]),
    attention("four heads", 8, 4, [2, 5, 8]),
    attention("causal", 6, 2, [1, 4, 6], causal=True),
    attention("hidden keys", 6, 3, [2, 4, 6], hidden_keys=[1, 3]),
    attention("cross", 6, 2, [2, 3, 6], context=[2, 5, 6]),
    block("block", 8, 2, 12, [2, 5, 8]),
])
write("norms.json", list(norms()))
