"""The arithmetic of the comparison. Nothing here starts a program or reads a file."""
from __future__ import annotations

import dataclasses
import math
import statistics

FOVEA = "fovea"
UNSTEADY = 1.3  # largest over smallest round, from which a figure is called unsteady


@dataclasses.dataclass
class Measurement:
    """One contender's figures for one case: one per round, of the same rounds for all contenders of the case."""

    group: str  # "matmul", "conv2d", "train", "memory"
    case: str  # "512", "c64_56_3x3", "resnet50"
    variant: str  # the pass of a convolution, else empty
    precision: str  # "f32", "bf16"
    contender: str  # "fovea", "oneDNN direct"
    unit: str  # "GFLOP/s", "images/s", "MiB"
    rounds: list[float]
    detail: str = ""
    alone: float | None = None  # with one thread, where that was looked at

    @property
    def title(self) -> str:
        return " ".join(filter(None, [self.group, self.case, self.variant, self.precision]))

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def spread(self) -> float:
        return max(self.rounds) / min(self.rounds)

    @property
    def is_disturbed(self) -> bool:
        """Slower than with one thread: threads waited for one that had no processor."""
        return self.alone is not None and self.median < self.alone

    @property
    def is_doubtful(self) -> bool:
        return self.is_disturbed or self.spread > UNSTEADY


@dataclasses.dataclass
class Ratio:
    """fovea's figure over a peer's: of the medians, and the extremes of the rounds."""

    value: float
    low: float
    high: float


def ratio(ours: Measurement, peer: Measurement) -> Ratio:
    """The pairs are the rounds, in which both ran right after each other; a side that has more rounds than the other keeps the first."""
    pairs = [a / b for a, b in zip(ours.rounds, peer.rounds)]
    return Ratio(ours.median / peer.median, min(pairs), max(pairs))


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(math.log(v) for v in values) / len(values))


def find(measurements: list[Measurement], **wanted) -> Measurement | None:
    """The one measurement with these fields, or None."""
    for m in measurements:
        if all(getattr(m, field) == value for field, value in wanted.items()):
            return m
    return None


@dataclasses.dataclass
class Verdict:
    """What was reached of a target; `reached` is None when nothing was measured for it."""

    what: str
    peers: str
    wanted: str
    reached: float | None
    holds: bool | None
    doubtful: bool  # a figure behind it is
    measured: int  # cases with figures of fovea and of at least one peer
    cases: int


def judge(target: dict, measurements: list[Measurement]) -> Verdict:
    """Holds a target against the figures. A target is

        what        text for the table
        group, precision, cases, variants     the figures that it speaks of (cases x variants)
        contender   whose ratio, "fovea" unless given
        peers       contenders; the ratio of a case is the one to the best of them
        peer_precisions    precisions in which the peers may run, the target's own unless given
        per         "case": every case must reach it, "geometric mean": all together
        at_least or at_most    the bound on the ratio; with at_most smaller figures are better
    """
    smaller_is_better = "at_most" in target
    worst = max if smaller_is_better else min
    reached = []
    doubtful = False
    cases = [(c, v) for c in target["cases"] for v in target.get("variants", [""])]
    for case, variant in cases:
        key = dict(group=target["group"], case=case, variant=variant)
        ours = find(measurements, **key, precision=target["precision"], contender=target.get("contender", FOVEA))
        peers = [find(measurements, **key, precision=precision, contender=peer)
                 for peer in target["peers"] for precision in target.get("peer_precisions", [target["precision"]])]
        peers = [p for p in peers if p]
        if ours and peers:
            reached.append(worst(ratio(ours, peer).value for peer in peers))
            doubtful = doubtful or any(m.is_doubtful for m in [ours, *peers])
    bound = target["at_most"] if smaller_is_better else target["at_least"]
    total = None
    if reached:
        total = geometric_mean(reached) if target["per"] == "geometric mean" else worst(reached)
    holds = None if total is None else total <= bound if smaller_is_better else total >= bound
    wanted = f"{'<=' if smaller_is_better else '>='} {bound:g} x, {'each' if target['per'] == 'case' else target['per']}"
    return Verdict(target["what"], " / ".join(target["peers"]), wanted, total, holds, doubtful, len(reached), len(cases))


def largest_difference(ours: list[float], theirs: list[float]) -> float:
    """Between two results of the same work, relative to the largest value."""
    return max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) / max(abs(a) for a in ours)
