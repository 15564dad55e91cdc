"""The group `train`: training steps of whole networks, each timed in a process of its own, in turn."""
from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import tempfile

from .arithmetic import FOVEA, Measurement
from .peers import FOLDER, SYSTEM_PYTHON, TUNED_MALLOC, Peers


@dataclasses.dataclass
class Network:
    model: str  # as `fovea benchmark` and torch_peer/networks.py name it
    batch: int
    image_size: int
    classes: int

    @property
    def title(self) -> str:
        return f"{self.model} {self.batch}x{self.image_size}"

    def flags(self) -> list[str]:
        return ["--model", self.model, "--batch", str(self.batch), "--image-size", str(self.image_size), "--classes", str(self.classes)]


NETWORKS = [Network("lenet5-classic", 64, 28, 10), Network("lenet5-classic", 128, 28, 10), Network("resnet18-cifar", 128, 32, 10),
            Network("resnet50", 16, 224, 1000), Network("unet", 8, 128, 2)]


TUNED = "torch, tuned malloc"


@dataclasses.dataclass
class Runner:
    """A way to train: `command` prints the keys of `fovea benchmark`."""

    name: str
    detail: str
    command: list[str]
    environment: dict[str, str]


class RunError(RuntimeError):
    pass


def run(runner: Runner, threads: int) -> tuple[float, float]:
    """Images per second and peak memory in MiB of one process. Memory is what the system saw (ru_maxrss), the same for both sides."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), **runner.environment}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(runner.command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)  # subprocess would wait without telling the memory
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        if process.returncode:
            raise RunError(f"{runner.name} ended with {process.returncode}: {(log.read().strip() or output.strip())[-300:]}")
    return json.loads(output)["images_per_s"], usage.ru_maxrss / 1024


class Training:
    """Runs networks and gathers measurements and warnings."""

    def __init__(self, peers: Peers, threads: int, quick: bool, log):
        """`quick`: one round of two networks with a quarter of the batch."""
        self._peers, self._threads, self._quick, self._log = peers, threads, quick, log
        self._rounds, self._seconds = (1, 0.5) if quick else (3, 1.5)
        self._networks = [dataclasses.replace(n, batch=n.batch // 4) for n in NETWORKS[1:3]] if quick else NETWORKS
        self.measurements: list[Measurement] = []
        self.warnings: list[str] = []

    def train(self) -> None:
        for network in self._networks:
            for precision in ("f32", "bf16"):
                self._case(network, precision)

    def _runners(self, network: Network, precision: str) -> list[Runner]:
        fovea = [str(self._peers.fovea), "benchmark", *network.flags(), "--mode", "train", "--precision", precision, "--threads",
                 str(self._threads), "--seconds", str(self._seconds), "--json", "-"]
        runners = [Runner(FOVEA, "", fovea, {})]
        if self._peers.torch:
            torch = [SYSTEM_PYTHON, str(FOLDER / "torch_peer" / "train.py"), *network.flags(), "--precision", precision, "--seconds",
                     str(self._seconds)]
            for name, environment in (("torch", {}), (TUNED, TUNED_MALLOC)):
                for layout in self._layouts(network, precision, name):
                    runners.append(Runner(name, layout, [*torch, "--layout", layout], environment))
        return runners

    def _layouts(self, network: Network, precision: str, name: str) -> list[str]:
        """The layouts in which torch may be at its best: with one channel NCHW is the only one, in bf16 and as installed channels-last
        was always the faster."""
        if network.model == "lenet5-classic":
            return ["nchw"]
        if self._quick or precision == "bf16" or name != TUNED:
            return ["channels-last"]
        return ["channels-last", "nchw"]

    def _case(self, network: Network, precision: str) -> None:
        rates: dict[str, list[float]] = {}
        peaks: dict[str, list[float]] = {}
        details: dict[str, str] = {}
        runners = self._runners(network, precision)
        for turn in range(self._rounds):
            self._log(f"train {network.title} {precision}, round {turn + 1} of {self._rounds}")
            results = []
            for runner in list(runners):
                try:
                    results.append((runner, *run(runner, self._threads)))
                except (RunError, OSError, ValueError) as error:
                    self.warnings.append(f"train {network.title} {precision}: {error}")
                    runners.remove(runner)
            if turn == 0:  # the faster layout of each stays for the other rounds
                results = fastest_of_each(results)
                runners = [runner for runner, _, _ in results]
            for runner, rate, peak in results:
                rates.setdefault(runner.name, []).append(rate)
                peaks.setdefault(runner.name, []).append(peak)
                details[runner.name] = runner.detail
        for name, rounds in rates.items():
            key = dict(case=network.title, variant="", precision=precision, contender=name, detail=details[name])
            self.measurements.append(Measurement(group="train", unit="images/s", rounds=rounds, **key))
            self.measurements.append(Measurement(group="memory", unit="MiB", rounds=peaks[name], **key))


def fastest_of_each(results: list[tuple[Runner, float, float]]) -> list[tuple[Runner, float, float]]:
    """Of the results of equal name the one with the highest rate, in the order of the names."""
    best: dict[str, tuple[Runner, float, float]] = {}
    for result in results:
        if result[0].name not in best or best[result[0].name][1] < result[1]:
            best[result[0].name] = result
    return list(best.values())
