"""The groups `matmul` and `conv2d`: single operations, timed in turn in processes of their own."""
from __future__ import annotations

import dataclasses
import time

from .arithmetic import Measurement, largest_difference
from .peers import FOLDER, SYSTEM_PYTHON, TUNED_MALLOC, Peers
from .servers import Server, ServerError

# A library's threads go on looking for work after their last: OpenMP's for milliseconds, OpenBLAS's for 2^26 clock ticks (README.md).
SETTLE_SECONDS = 0.04

PASSES = ("forward", "backward_data", "backward_filter")

# Results of the same work may differ by rounding alone, in units of the largest value.
LARGEST_DIFFERENCE = {"f32": 3e-4, "bf16": 2e-2}

# fovea with its direct kernels alone.
DIRECT_ONLY = {"FOVEA_WINOGRAD": "0"}


@dataclasses.dataclass
class Case:
    """One piece of work."""

    op: str
    name: str
    variant: str  # the pass of a convolution
    request: dict  # as the servers want it

    @property
    def precision(self) -> str:
        return self.request["precision"]

    @property
    def title(self) -> str:
        return " ".join(filter(None, [self.op, self.name, self.variant, self.precision]))

    @property
    def may_use_winograd(self) -> bool:
        r = self.request
        return self.op == "conv2d" and self.precision == "f32" and r["r"] == r["s"] == 3 and r["stride"] == 1 and r["groups"] == 1


class Entrant:
    """A contender of a prepared case."""

    def __init__(self, server: Server, index: int, name: str, detail: str, probes: list[float]):
        self.server, self.index, self.name, self.detail, self.probes = server, index, name, detail, probes

    def seconds(self, block: float) -> float:
        time.sleep(SETTLE_SECONDS)
        return self.server.time(self.index, block)


class Contest:
    """The servers of all libraries, with one thread count."""

    def __init__(self, peers: Peers, threads: int, op: str, warn, with_variants: bool = True):
        """`with_variants`: also the same libraries under other settings. What cannot be used is told to `warn`."""
        self._warn = warn
        self.versions: dict[str, str] = {}
        self._servers: list[tuple[Server, str | None]] = []  # with the name that its contender goes by, if not its own
        self._direct: Server | None = None

        def add(command, environment=None, name=None):
            try:
                server = Server(command, threads, environment)
                self._servers.append((server, name))
                self.versions[server.library] = server.version
            except ServerError as error:
                warn(str(error))

        add(peers.program("fovea", threads))
        if peers.has("onednn"):
            add(peers.program("onednn"))
        if op == "matmul":
            if peers.has("openblas"):
                add(peers.program("openblas"), openblas_kernels())
            if peers.has("eigen"):
                add(peers.program("eigen"))
        if op == "conv2d" and peers.torch:
            command = [SYSTEM_PYTHON, str(FOLDER / "torch_peer" / "conv2d_server.py")]
            add(command, name="torch")
            if with_variants:
                add(command, TUNED_MALLOC, "torch, tuned malloc")
        if op == "conv2d" and with_variants:
            self._direct = Server(peers.program("fovea", threads), threads, DIRECT_ONLY)

    def prepare(self, case: Case) -> tuple[float, list[Entrant]]:
        """The operations of the work, and who can do it. A library that refuses or ends costs a warning."""
        servers = [*self._servers, *([(self._direct, "fovea direct")] if self._direct and case.may_use_winograd else [])]
        entrants = []
        operations = 0.0
        for server, name in servers:
            if server.has_ended:
                continue
            try:
                operations, contenders = server.prepare({"op": case.op, **case.request})
            except ServerError as error:
                self._warn(f"{case.title}: {error}")
                continue
            entrants += [Entrant(server, i, name or c["name"], c["detail"], c["probes"]) for i, c in enumerate(contenders)]
        return operations, entrants

    def close(self) -> None:
        for server, _ in self._servers:
            server.close()
        if self._direct:
            self._direct.close()


def openblas_kernels() -> dict[str, str]:
    """Its AVX-512 kernels where the machine has AVX-512: releases older than the processor fall back to AVX2 ones."""
    try:
        has_avx512 = " avx512f " in open("/proc/cpuinfo").read()
    except OSError:
        has_avx512 = False
    return {"OPENBLAS_CORETYPE": "SkylakeX"} if has_avx512 else {}


class Operations:
    """Runs cases and gathers measurements and warnings."""

    def __init__(self, peers: Peers, threads: int, quick: bool, log):
        """`quick`: fewer and shorter rounds, and no look at whether more threads are faster."""
        self._peers, self._threads, self._log = peers, threads, log
        self._rounds, self._block = (2, 0.02) if quick else (5, 0.08)
        self._check_scaling = threads > 1 and not quick
        self.measurements: list[Measurement] = []
        self.warnings: list[str] = []
        self.versions: dict[str, str] = {}  # of the libraries that were asked

    def matmul(self) -> None:
        self._group("matmul", [Case("matmul", str(size), "", {"size": size, "precision": precision})
                               for precision in ("f32", "bf16") for size in (512, 1024, 2048)])

    def conv2d(self) -> None:
        self._group("conv2d", [Case("conv2d", name, variant, {**shape, "pass": variant, "precision": precision})
                               for precision in ("f32", "bf16") for variant in PASSES for name, shape in read_cases()])

    def _group(self, op: str, cases: list[Case]) -> None:
        contest = Contest(self._peers, self._threads, op, self.warnings.append)
        single = Contest(self._peers, 1, op, self.warnings.append, with_variants=False) if self._check_scaling else None
        self.versions |= contest.versions
        for case in cases:
            self._log(case.title)
            try:
                self._run(contest, single, case)
            except ServerError as error:
                self.warnings.append(f"{case.title}: {error}")
        contest.close()
        if single:
            single.close()

    def _run(self, contest: Contest, single: Contest | None, case: Case) -> None:
        operations, entrants = contest.prepare(case)
        for other in entrants[1:]:
            difference = largest_difference(entrants[0].probes, other.probes)
            if difference > LARGEST_DIFFERENCE[case.precision]:
                self.warnings.append(f"{case.title}: the results of {entrants[0].name} and {other.name} differ by {difference:.2g}")
        rates: dict[str, list[float]] = {e.name: [] for e in entrants}
        for turn in range(self._rounds):
            for entrant in entrants if turn % 2 == 0 else entrants[::-1]:  # so that none is always the one after the slowest
                rates[entrant.name].append(operations / entrant.seconds(self._block) * 1e-9)
        alone = {}
        if single:
            for entrant in single.prepare(case)[1]:
                alone[entrant.name] = operations / entrant.seconds(self._block) * 1e-9
        for entrant in entrants:
            self.measurements.append(Measurement(case.op, case.name, case.variant, case.precision, entrant.name, "GFLOP/s",
                                                 rates[entrant.name], entrant.detail, alone.get(entrant.name)))


def read_cases() -> list[tuple[str, dict]]:
    """conv_cases.txt: name n c h w k r s stride pad groups."""
    cases = []
    for line in (FOLDER / "conv_cases.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, *values = line.split()
            cases.append((name, dict(zip("n c h w k r s stride pad groups".split(), map(int, values), strict=True))))
    return cases
