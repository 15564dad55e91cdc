#!/usr/bin/env python3
"""Prints fovea and the other libraries of this machine side by side, as measured in turn in one sitting.

    run.py                         everything, about 20 minutes with 2 threads
    run.py matmul conv2d --quick   two groups, roughly
    run.py --from FILE --markdown  the tables of an earlier run again

README.md says what is measured and how.
"""
from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import subprocess
import sys
import time

from driver import arithmetic, peers, tables
from driver.operations import Operations
from driver.training import Training

GROUPS = ("hardware", "matmul", "conv2d", "train")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", metavar="group", help=f"some of {', '.join(GROUPS)}; all when none is named")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of every library (default: %(default)s, all)")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, two small trainings: only to see that it works")
    parser.add_argument("--build", type=pathlib.Path, default=peers.SOURCES / "build" / "release", help="build folder (build/release)")
    parser.add_argument("--fovea", type=pathlib.Path, help="command line tool whose training is timed (the one in the build folder)")
    parser.add_argument("--json", type=pathlib.Path, help="file for JSON lines (benchmarks/compare/results.jsonl in the build folder)")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    parser.add_argument("--from", dest="source", type=pathlib.Path, metavar="FILE", help="measure nothing: the tables of these JSON lines")
    arguments = parser.parse_args()
    for group in arguments.groups:
        if group not in GROUPS:
            parser.error(f"unknown group {group}: expected some of {', '.join(GROUPS)}")
    arguments.groups = arguments.groups or list(GROUPS)
    if arguments.threads < 1:
        parser.error("--threads must be at least 1")
    return arguments


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def processor() -> str:
    with open("/proc/cpuinfo") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor")


def measure_hardware(installed: peers.Peers, threads: int, when: str, only_peaks: bool) -> list[dict]:
    if not installed.has("hardware"):
        return []
    rows = []
    for count in sorted({1, threads}) if not only_peaks else [threads]:
        log(f"hardware, {count} threads")
        output = subprocess.run(installed.program("hardware", count, *(["peaks"] if only_peaks else [])), capture_output=True, text=True,
                                check=True).stdout
        rows += [{**json.loads(line), "when": when} for line in output.splitlines()]
    return rows


def drift(rows: list[dict]) -> list[str]:
    """A warning for every peak that moved while the rest was measured."""
    found = []
    for after in (r for r in rows if r["when"] == "after"):
        for before in rows:
            if (before["what"], before["threads"], before["when"]) == (after["what"], after["threads"], "before"):
                change = after["median"] / before["median"] - 1
                if abs(change) > 0.05:
                    found.append(f"the machine changed: {after['what']} moved by {100 * change:+.0f}% during the run")
    return found


def doubtful(measurements: list[arithmetic.Measurement], threads: int) -> list[str]:
    """A line for each figure that is disturbed or unsteady, at most ten of each kind."""
    found = []
    for kind, chosen, worst_first, describe in (
            ("disturbed", [m for m in measurements if m.is_disturbed], lambda m: m.median / m.alone,
             lambda m: f"{m.median:,.0f} {m.unit} with {threads} threads, {m.alone:,.0f} with one"),
            ("unsteady", [m for m in measurements if m.spread > arithmetic.UNSTEADY], lambda m: -m.spread,
             lambda m: f"{min(m.rounds):,.0f} .. {max(m.rounds):,.0f} {m.unit}")):
        chosen.sort(key=worst_first)
        found += [f"{kind}: {m.title}: {m.contender}: {describe(m)}" for m in chosen[:10]]
        if len(chosen) > 10:
            found.append(f"{kind}: {len(chosen)} of {len(measurements)} figures in all: was the machine idle?")
    return found


def measure(a: argparse.Namespace) -> dict:
    """Everything that was asked for, as a record that write() and read() know."""
    log("building")
    peers.build(a.build, with_tool="train" in a.groups and not a.fovea)
    installed = peers.find(a.build, a.fovea)
    operations = Operations(installed, a.threads, a.quick, log)
    training = Training(installed, a.threads, a.quick, log)
    start = time.monotonic()
    hardware = measure_hardware(installed, a.threads, "before", only_peaks="hardware" not in a.groups)
    if "matmul" in a.groups:
        operations.matmul()
    if "conv2d" in a.groups:
        operations.conv2d()
    if "train" in a.groups:
        training.train()
    if a.groups != ["hardware"]:
        hardware += measure_hardware(installed, a.threads, "after", only_peaks=True)
    run = {"date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"), "minutes": round((time.monotonic() - start) / 60, 1),
           "processor": processor(), "threads": a.threads, "quick": a.quick, "missing": installed.missing,
           "versions": operations.versions | ({"torch": installed.torch} if installed.torch else {}),
           "warnings": operations.warnings + training.warnings + drift(hardware)}
    return {"run": run, "hardware": hardware, "measurements": operations.measurements + training.measurements}


def write(record: dict, file: pathlib.Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "w") as out:
        out.write(json.dumps({"run": record["run"]}) + "\n")
        for row in record["hardware"]:
            out.write(json.dumps({"hardware": row}) + "\n")
        for m in record["measurements"]:
            ours = arithmetic.find(record["measurements"], group=m.group, case=m.case, variant=m.variant, precision=m.precision,
                                   contender=arithmetic.FOVEA)
            ratio = dataclasses.asdict(arithmetic.ratio(ours, m)) if ours and ours is not m else None
            out.write(json.dumps({"measurement": dataclasses.asdict(m), "median": m.median, "fovea_ratio": ratio}) + "\n")


def read(file: pathlib.Path) -> dict:
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return {"run": next(line["run"] for line in lines if "run" in line),
            "hardware": [line["hardware"] for line in lines if "hardware" in line],
            "measurements": [arithmetic.Measurement(**line["measurement"]) for line in lines if "measurement" in line]}


def show(record: dict, markdown: bool) -> None:
    run, measurements = record["run"], record["measurements"]
    targets = json.loads((peers.FOLDER / "targets.json").read_text())
    groups = {m.group for m in measurements}
    judged = [arithmetic.judge(t, measurements) for t in targets if t["group"] in groups]
    print(f"{run['processor']}, {run['threads']} threads, {run['date']}, {run['minutes']} minutes" +
          (" (quick: not for quoting)" if run["quick"] else ""))
    print(", ".join(f"{library} {version}" for library, version in run["versions"].items()) + "\n")
    print("Ratios are fovea's figure over the peer's: of the medians, and in brackets the range over the rounds. "
          "Of peak memory, less is better.\n")
    for table in tables.all_tables(record["hardware"], measurements, judged, run["threads"]):
        print(table.markdown() if markdown else table.text())
    for line in run["missing"] + run["warnings"] + doubtful(measurements, run["threads"]):
        print(("- " if markdown else "") + line)


def main() -> None:
    a = parse()
    if a.source:
        try:
            record = read(a.source)
        except OSError as error:
            sys.exit(str(error))
        show(record, a.markdown)
        return
    record = measure(a)
    file = a.json or a.build / "benchmarks" / "compare" / "results.jsonl"
    write(record, file)
    show(record, a.markdown)
    log(f"written to {file}")


if __name__ == "__main__":
    main()
