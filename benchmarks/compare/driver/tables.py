"""Tables of measurements, as text and as Markdown. Nothing here starts a program or reads a file."""
from __future__ import annotations

import dataclasses

from .arithmetic import FOVEA, Measurement, Verdict, find, geometric_mean, ratio


@dataclasses.dataclass
class Table:
    title: str
    header: list[str]
    rows: list[list[str]]

    def text(self) -> str:
        lines = [self.header, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.header))]
        # names to the left, figures to the right
        body = ["  ".join([line[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(line[1:], widths[1:]))]).rstrip() for line in lines]
        return "\n".join([self.title, "", body[0], "-" * max(map(len, body)), *body[1:], ""])

    def markdown(self) -> str:
        def line(cells):
            return "| " + " | ".join(cells) + " |"

        rule = "|---|" + "---:|" * (len(self.header) - 1)
        return "\n".join([f"**{self.title}**", "", line(self.header), rule, *map(line, self.rows), ""])


def number(value: float | None) -> str:
    """Three digits or all before the point."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def unique(values) -> list:
    return list(dict.fromkeys(values))


def with_ratio(ours: Measurement | None, peer: Measurement | None) -> str:
    if not peer:
        return "-"
    if not ours:
        return number(peer.median)
    r = ratio(ours, peer)
    spread = f" ({r.low:.2f}..{r.high:.2f})" if min(len(ours.rounds), len(peer.rounds)) > 1 else ""
    return f"{number(peer.median)}  {r.value:.2f}x{spread}"


def comparison(title: str, measurements: list[Measurement], limit: float | None = None) -> Table:
    """Cases down, contenders across: figure, fovea's figure over it, and that ratio's range over the rounds.

    `limit` is the machine's peak in the same unit; fovea's figure is given in per cent of it too.
    """
    contenders = unique(m.contender for m in measurements if m.contender != FOVEA)
    rows = []
    ratios: dict[str, list[float]] = {c: [] for c in contenders}
    for case in unique(m.case for m in measurements):
        ours = find(measurements, case=case, contender=FOVEA)
        cells = [case, number(ours.median) if ours else "-"]
        if limit:
            cells.append(f"{100 * ours.median / limit:.0f}%" if ours else "-")
        for contender in contenders:
            peer = find(measurements, case=case, contender=contender)
            cells.append(with_ratio(ours, peer))
            if ours and peer:
                ratios[contender].append(ratio(ours, peer).value)
        rows.append(cells)
    if len(rows) > 1 and any(ratios.values()):
        means = [f"{geometric_mean(ratios[c]):.2f}x" if ratios[c] else "-" for c in contenders]
        rows.append(["geometric mean of the ratios", "", *([""] if limit else []), *means])
    header = ["case", FOVEA, *(["of peak"] if limit else []), *contenders]
    return Table(title, header, rows)


def hardware(rows: list[dict]) -> Table:
    """Rows as compare_hardware prints them, each with "when": "before" or "after" the other groups."""
    columns = unique((r["threads"], r["when"]) for r in rows)
    body = []
    for what in unique(r["what"] for r in rows):
        found = [next((r for r in rows if (r["what"], r["threads"], r["when"]) == (what, *c)), None) for c in columns]
        unit = next(r["unit"] for r in found if r)
        body.append([what, unit, *(number(r["median"]) if r else "-" for r in found)])
    header = ["limit of the machine", "unit"]
    header += [f"{threads} thread{'s' if threads > 1 else ''}" + (", after" if when == "after" else "") for threads, when in columns]
    return Table("Hardware (medians)", header, body)


def peak(rows: list[dict], precision: str, threads: int) -> float | None:
    """GFLOP/s that the machine can reach in a precision, as measured before the other groups."""
    names = ("f32",) if precision == "f32" else ("bf16",)
    found = [r["median"] for r in rows if r["what"].startswith(names) and r["threads"] == threads and r["when"] == "before"]
    return max(found, default=None)


def verdicts(judged: list[Verdict]) -> Table:
    rows = []
    for v in judged:
        state = "not measured" if v.holds is None else ("holds" if v.holds else "missed") + ("?" if v.doubtful else "")
        if v.reached is not None and v.measured < v.cases:
            state += f" ({v.measured} of {v.cases} cases)"
        rows.append([v.what, v.peers, v.wanted, "-" if v.reached is None else f"{v.reached:.2f} x", state])
    title = "Targets (fovea over the best peer named; a question mark where a figure behind it is disturbed or unsteady)"
    return Table(title, ["what", "peers", "target", "reached", ""], rows)


TITLES = {"matmul": "Matrix product", "conv2d": "Convolution", "train": "Training step", "memory": "Peak memory of the process that trains"}


def all_tables(hardware_rows: list[dict], measurements: list[Measurement], judged: list[Verdict], threads: int) -> list[Table]:
    tables = [hardware(hardware_rows)] if hardware_rows else []
    for group, variant, precision in unique((m.group, m.variant, m.precision) for m in measurements):
        chosen = [m for m in measurements if (m.group, m.variant, m.precision) == (group, variant, precision)]
        limit = peak(hardware_rows, precision, threads) if chosen[0].unit == "GFLOP/s" else None
        title = ", ".join(filter(None, [TITLES[group], variant.replace("_", " "), precision, chosen[0].unit, f"threads {threads}"]))
        tables.append(comparison(title, chosen, limit))
    if judged:
        tables.append(verdicts(judged))
    return tables
