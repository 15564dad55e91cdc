#!/usr/bin/env python3
"""Writes more_schedules.json and plateau.json in this folder with PyTorch: learning rates of 100 steps.

Run by hand where torch is installed (Debian: python3-torch); the tests only read the JSON files.

  more_schedules.json  kind and its options; warmup, if any, comes before the schedule and has its own kind "linear" (from rate * factor) or
                       "constant" (rate * factor) -> rates: the learning rate of step 0, 1, ... 99
  plateau.json         the options; metric of epoch e is round(1 / (1 + e / 7) + 0.05 * sin(1.3 * e), 3), negated for the larger-is-better
                       ones -> rates: after each of 100 epochs
"""
import json
import math
import pathlib
import warnings

import torch

scheduler = torch.optim.lr_scheduler
FOLDER = pathlib.Path(__file__).parent
RATE = 0.3


def write(name, cases):
    body = ",\n".join(json.dumps(case) for case in cases)
    made_with = f"make_schedule_goldens.py, torch {torch.__version__}"
    (FOLDER / name).write_text(f'{{"made_with": {json.dumps(made_with)}, "cases": [\n{body}\n]}}\n')


def new_optimizer():
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)


def rates_of(optimizer, schedule, count=100):
    rates = []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def case(kind, make, warmup=0, warmup_kind="linear", warmup_factor=0.1, count=100, **options):
    optimizer = new_optimizer()
    main = make(optimizer)
    if warmup > 0:
        before = (scheduler.LinearLR(optimizer, warmup_factor, 1.0, warmup) if warmup_kind == "linear"
                  else scheduler.ConstantLR(optimizer, warmup_factor, warmup))
        main = scheduler.SequentialLR(optimizer, [before, main], [warmup])
        options.update(warmup=warmup, warmup_kind=warmup_kind, warmup_factor=warmup_factor)
    return {"kind": kind, "rate": RATE, **options, "rates": rates_of(optimizer, main, count)}


def one_cycle(steps=100, pct_start=0.3, div=25.0, final_div=1e4, linear=False, three_phase=False):
    return case("one_cycle", lambda o: scheduler.OneCycleLR(o, RATE, total_steps=steps, pct_start=pct_start, div_factor=div,
                                                            final_div_factor=final_div, anneal_strategy="linear" if linear else "cos",
                                                            three_phase=three_phase, cycle_momentum=False),
                count=steps - 1, total=steps, rising_share=pct_start, initial_divisor=div, final_divisor=final_div, linear=linear,
                three_phases=three_phase)


def plateau(**options):
    optimizer = new_optimizer()
    maximise = options.pop("larger_is_better", False)
    relative = options.pop("relative", True)
    schedule = scheduler.ReduceLROnPlateau(optimizer, "max" if maximise else "min", threshold_mode="rel" if relative else "abs",
                                           factor=options["factor"], patience=options["patience"], threshold=options["threshold"],
                                           cooldown=options["cooldown"], min_lr=options["minimum"])
    rates = []
    for epoch in range(100):
        metric = round(1 / (1 + epoch / 7) + 0.05 * math.sin(1.3 * epoch), 3)
        schedule.step(-metric if maximise else metric)
        rates.append(optimizer.param_groups[0]["lr"])
    return {"rate": RATE, "larger_is_better": maximise, "relative": relative, **options, "rates": rates}


def main():
    warnings.filterwarnings("ignore", category=UserWarning)
    write("more_schedules.json", [
        case("constant", lambda o: scheduler.ConstantLR(o, 1.0, 1)),
        case("step", lambda o: scheduler.StepLR(o, 30, 0.5), step=30, factor=0.5),
        case("multi_step", lambda o: scheduler.MultiStepLR(o, [10, 35, 36, 80], 0.3), milestones=[10, 35, 36, 80], factor=0.3),
        case("multi_step", lambda o: scheduler.MultiStepLR(o, [30, 60], 0.1), warmup=12, milestones=[30, 60], factor=0.1),
        case("exponential", lambda o: scheduler.ExponentialLR(o, 0.95), factor=0.95),
        case("inverse_time", lambda o: scheduler.LambdaLR(o, lambda t: 1 / (1 + 0.07 * t)), decay=0.07),
        case("linear", lambda o: scheduler.LinearLR(o, 1.0, 0.1, 60), total=60, final=RATE * 0.1),
        case("polynomial", lambda o: scheduler.PolynomialLR(o, 80, 0.9), total=80, final=0.0, power=0.9),
        case("polynomial", lambda o: scheduler.PolynomialLR(o, 70, 2.0), warmup=10, warmup_kind="constant", warmup_factor=0.25, total=80,
             final=0.0, power=2.0),
        case("cosine", lambda o: scheduler.CosineAnnealingLR(o, 99, 0.01), total=99, final=0.01),
        case("cosine_restarts", lambda o: scheduler.CosineAnnealingWarmRestarts(o, 13), period=13, period_factor=1, final=0.0),
        case("cosine_restarts", lambda o: scheduler.CosineAnnealingWarmRestarts(o, 10, 2, 0.02), period=10, period_factor=2, final=0.02),
        case("cosine_restarts", lambda o: scheduler.CosineAnnealingWarmRestarts(o, 3, 3, 0.0), warmup=5, warmup_factor=0.2, period=3,
             period_factor=3, final=0.0),
        one_cycle(),
        one_cycle(linear=True, pct_start=0.25, div=10.0, final_div=100.0),
        one_cycle(three_phase=True, pct_start=0.4),
        one_cycle(three_phase=True, linear=True, pct_start=0.45, div=5.0),
    ])
    write("plateau.json", [
        plateau(factor=0.5, patience=3, threshold=1e-4, cooldown=0, minimum=0.0),
        plateau(factor=0.1, patience=0, threshold=1e-2, cooldown=4, minimum=1e-3),
        plateau(factor=0.7, patience=2, threshold=0.02, relative=False, cooldown=1, minimum=0.01),
        plateau(factor=0.3, patience=5, threshold=0.05, larger_is_better=True, relative=False, cooldown=2, minimum=0.0),
    ])


if __name__ == "__main__":
    main()
