#!/usr/bin/env python3
"""Writes optimizers.json and lbfgs.json in this folder with PyTorch: weights of a small network after up to 100 steps.

Run by hand where torch is installed (Debian: python3-torch); the tests only read the JSON files. Everything is f64, and numbers are
written so that they read back to the same bits. Element i (row-major) of every first value is sin(0.7 i + phase), with the phases of PHASES.

  optimizers.json  the cross-entropy (mean) of fc2(relu(fc1(x))) for x [12,3], fc1 [6,3], fc2 [4,6], both with biases, row r being of
                   class (r * r + 1) % 4, all rows at every step. kind and its options -> steps [1,10,50,100], states: for every entry of
                   steps the weights of fc1.weight, fc1.bias, fc2.weight, fc2.bias, one behind the other (52 numbers)
  lbfgs.json       "softmax": the cross-entropy (mean) of fc(x), plus 0.01 times the sum of the squared weights and biases, for x [40,3], fc [4,3] with bias, row r being of class
                   (7 * r * r + r // 3) % 4; "network": as in optimizers.json. Options
                   -> steps, states, losses (what each step returns), evaluations (in all)
"""
import json
import math
import pathlib

import torch

PHASES = {"x": 0.1, "fc1.weight": 0.2, "fc1.bias": 0.3, "fc2.weight": 0.4, "fc2.bias": 0.5}
FOLDER = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)


def wave(shape, name):
    return torch.tensor([math.sin(0.7 * i + PHASES[name]) for i in range(math.prod(shape))]).reshape(shape)


def write(name, cases):
    body = ",\n".join(json.dumps(case) for case in cases)
    made_with = f"make_optimizer_goldens.py, torch {torch.__version__}"
    (FOLDER / name).write_text(f'{{"made_with": {json.dumps(made_with)}, "cases": [\n{body}\n]}}\n')


class Problem:
    def __init__(self, kind):
        functional = torch.nn.functional
        if kind == "network":
            names = {"fc1.weight": [6, 3], "fc1.bias": [6], "fc2.weight": [4, 6], "fc2.bias": [4]}
            x, y = wave([12, 3], "x"), torch.tensor([(r * r + 1) % 4 for r in range(12)])
        else:
            names = {"fc1.weight": [4, 3], "fc1.bias": [4]}
            x, y = wave([40, 3], "x"), torch.tensor([(7 * r * r + r // 3) % 4 for r in range(40)])
        self.parameters = [wave(shape, name).requires_grad_() for name, shape in names.items()]

        def loss():
            z = functional.linear(x, self.parameters[0], self.parameters[1])
            if kind == "network":
                z = functional.linear(torch.relu(z), self.parameters[2], self.parameters[3])
            value = functional.cross_entropy(z, y)
            return value if kind == "network" else value + 0.01 * sum((p * p).sum() for p in self.parameters)
        self.loss = loss

    def state(self):
        return [value for parameter in self.parameters for value in parameter.detach().reshape(-1).tolist()]


def optimizer_case(name, kind, make, **options):
    problem, steps, states = Problem("network"), [1, 10, 50, 100], []
    optimizer = make(problem.parameters)
    for step in range(1, steps[-1] + 1):
        optimizer.zero_grad()
        problem.loss().backward()
        optimizer.step()
        if step in steps:
            states.append(problem.state())
    return {"name": name, "kind": kind, **options, "steps": steps, "states": states}


def sgd_case(name, rate, **options):
    return optimizer_case(name, "sgd", lambda p: torch.optim.SGD(p, lr=rate, **options), rate=rate, **options)


def adam_case(name, rate, beta1=0.9, beta2=0.999, epsilon=1e-8, amsgrad=False, weight_decay=0.0, kind="adam"):
    make = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
    options = {"beta1": beta1, "beta2": beta2, "epsilon": epsilon, "amsgrad": amsgrad, "weight_decay": weight_decay}
    return optimizer_case(name, kind, lambda p: make(p, lr=rate, betas=(beta1, beta2), eps=epsilon, amsgrad=amsgrad,
                                                     weight_decay=weight_decay), rate=rate, **options)


def adagrad_case(name, rate, rate_decay=0.0, initial_sum=0.0, epsilon=1e-10, weight_decay=0.0):
    options = {"rate_decay": rate_decay, "initial_sum": initial_sum, "epsilon": epsilon, "weight_decay": weight_decay}
    return optimizer_case(name, "adagrad", lambda p: torch.optim.Adagrad(p, lr=rate, lr_decay=rate_decay, weight_decay=weight_decay,
                                                                         initial_accumulator_value=initial_sum, eps=epsilon),
                          rate=rate, **options)


def rmsprop_case(name, rate, alpha=0.99, epsilon=1e-8, momentum=0.0, centered=False, weight_decay=0.0):
    options = {"alpha": alpha, "epsilon": epsilon, "momentum": momentum, "centered": centered, "weight_decay": weight_decay}
    return optimizer_case(name, "rmsprop", lambda p: torch.optim.RMSprop(p, lr=rate, alpha=alpha, eps=epsilon, momentum=momentum,
                                                                         centered=centered, weight_decay=weight_decay),
                          rate=rate, **options)


def adadelta_case(name, rate, rho=0.9, epsilon=1e-6, weight_decay=0.0):
    options = {"rho": rho, "epsilon": epsilon, "weight_decay": weight_decay}
    return optimizer_case(name, "adadelta", lambda p: torch.optim.Adadelta(p, lr=rate, rho=rho, eps=epsilon, weight_decay=weight_decay),
                          rate=rate, **options)


def lbfgs_case(name, problem_kind, steps, rate, iterations, history, line_search):
    problem, states, losses = Problem(problem_kind), [], []
    optimizer = torch.optim.LBFGS(problem.parameters, lr=rate, max_iter=iterations, history_size=history,
                                  line_search_fn="strong_wolfe" if line_search else None)

    def closure():
        optimizer.zero_grad()
        loss = problem.loss()
        loss.backward()
        return loss
    for step in range(1, steps[-1] + 1):
        losses.append(float(optimizer.step(closure)))
        if step in steps:
            states.append(problem.state())
    evaluations = optimizer.state[optimizer._params[0]]["func_evals"]
    return {"name": name, "problem": problem_kind, "rate": rate, "iterations": iterations, "history": history, "line_search": line_search,
            "steps": steps, "states": states, "losses": losses, "evaluations": evaluations}


def main():
    write("optimizers.json", [
        sgd_case("momentum", 0.05, momentum=0.9, weight_decay=5e-4),
        adam_case("defaults", 0.01),
        adam_case("weight decay", 0.01, weight_decay=0.01),
        adam_case("amsgrad", 0.02, beta1=0.8, beta2=0.9, epsilon=1e-4, amsgrad=True),
        adam_case("decoupled decay", 0.01, weight_decay=0.02, kind="adamw"),
        adagrad_case("defaults", 0.05),
        adagrad_case("everything else", 0.1, rate_decay=0.05, initial_sum=0.1, epsilon=1e-6, weight_decay=0.01),
        rmsprop_case("defaults", 0.005),
        rmsprop_case("centred", 0.005, alpha=0.9, epsilon=1e-3, centered=True, weight_decay=0.01),
        rmsprop_case("momentum", 0.002, alpha=0.95, epsilon=1e-4, momentum=0.8),
        rmsprop_case("centred with momentum", 0.002, alpha=0.95, epsilon=1e-3, momentum=0.5, centered=True),
        adadelta_case("defaults", 1.0),
        adadelta_case("everything else", 0.5, rho=0.95, epsilon=1e-4, weight_decay=0.01),
    ])
    write("lbfgs.json", [
        lbfgs_case("strong Wolfe", "softmax", [1, 2, 5], 1.0, 4, 100, True),
        lbfgs_case("short history", "softmax", [1, 2, 5, 10], 0.5, 3, 2, True),
        lbfgs_case("fixed steps", "softmax", [1, 2, 5], 0.2, 4, 100, False),
        lbfgs_case("to the minimum", "softmax", [1, 100], 1.0, 20, 10, True),
        lbfgs_case("a network", "network", [1, 5, 10], 1.0, 2, 10, True),
    ])


if __name__ == "__main__":
    main()
