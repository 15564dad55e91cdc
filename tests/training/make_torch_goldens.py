#!/usr/bin/env python3
"""Writes torch_goldens.json: what PyTorch's SGD, AdamW and schedules do in 20 steps of double precision."""
import json
import pathlib

import torch

STEPS = 20
torch.manual_seed(0)
start = {"weight": torch.randn(3, 2, dtype=torch.float64), "bias": torch.randn(3, dtype=torch.float64)}
gradients = [{name: torch.randn_like(value) for name, value in start.items()} for _ in range(STEPS)]


def flat(tensors):
    return {name: value.flatten().tolist() for name, value in tensors.items()}


def run(kind, rate, decay_all, **options):
    """The weights after each step. Without decay_all, the bias is in a group without weight decay."""
    parameters = {name: value.clone().requires_grad_() for name, value in start.items()}
    groups = [{"params": [parameters["weight"]]}, {"params": [parameters["bias"]]}]
    if not decay_all:
        groups[1]["weight_decay"] = 0.0
    optimizer = {"sgd": torch.optim.SGD, "adamw": torch.optim.AdamW}[kind](groups, lr=rate, **options)
    steps = []
    for gradient in gradients:
        for name, parameter in parameters.items():
            parameter.grad = gradient[name].clone()
        optimizer.step()
        steps.append(flat({name: parameter.detach() for name, parameter in parameters.items()}))
    return {"kind": kind, "rate": rate, "decay_all": decay_all, "options": options, "steps": steps}


def rates(kind, make, **options):
    """The rates of 20 steps; 0.1 at first."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    schedule = make(optimizer)
    result = []
    for _ in range(STEPS):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return {"kind": kind, "options": options, "rates": result}


lr = torch.optim.lr_scheduler
goldens = {
    "torch": torch.__version__,
    "start": flat(start),
    "gradients": [flat(gradient) for gradient in gradients],
    "optimizers": [
        run("sgd", 0.1, False, momentum=0.0, weight_decay=0.0),
        run("sgd", 0.1, False, momentum=0.9, weight_decay=0.0),
        run("sgd", 0.05, False, momentum=0.9, dampening=0.3, weight_decay=0.1),
        run("sgd", 0.05, True, momentum=0.8, nesterov=True, weight_decay=0.1),
        run("sgd", 0.05, True, momentum=0.0, weight_decay=0.2),
        run("adamw", 0.01, True),
        run("adamw", 0.02, False, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.3),
        run("adamw", 0.02, True, betas=(0.0, 0.5), eps=1e-8, weight_decay=0.0),
    ],
    "schedules": [
        rates("cosine", lambda o: lr.CosineAnnealingLR(o, T_max=20, eta_min=0.01), total_steps=20, final_rate=0.01),
        rates("step", lambda o: lr.StepLR(o, step_size=6, gamma=0.3), step_every=6, factor=0.3),
    ],
}
path = pathlib.Path(__file__).with_name("torch_goldens.json")
path.write_text(json.dumps(goldens) + "\n")
