"""The arithmetic and the tables of benchmarks/compare, on numbers that can be worked out by hand."""
import json
import pathlib
import sys
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "compare"
sys.dont_write_bytecode = True
sys.path.insert(0, str(FOLDER))

from driver import arithmetic, tables  # noqa: E402
from driver.operations import PASSES, read_cases  # noqa: E402
from driver.training import NETWORKS, TUNED, Runner, fastest_of_each  # noqa: E402


def measured(contender, *rounds, case="512", precision="f32", group="matmul", variant="", unit="GFLOP/s"):
    return arithmetic.Measurement(group, case, variant, precision, contender, unit, list(rounds))


class Ratios(unittest.TestCase):
    def test_is_of_the_medians_with_the_range_of_the_pairs(self):
        r = arithmetic.ratio(measured("fovea", 100, 110, 90), measured("peer", 50, 100, 40))
        self.assertEqual((r.value, r.low, r.high), (2.0, 1.1, 2.25))

    def test_geometric_mean(self):
        self.assertAlmostEqual(arithmetic.geometric_mean([2, 8]), 4)

    def test_difference_is_relative_to_the_largest_value(self):
        self.assertEqual(arithmetic.largest_difference([1, -4, 2], [1, -3, 2.5]), 0.25)
        with self.assertRaises(ValueError):
            arithmetic.largest_difference([1, 2], [1])


class Targets(unittest.TestCase):
    TARGET = {"what": "w", "group": "matmul", "precision": "f32", "cases": ["512", "1024"], "peers": ["a", "b"], "per": "case",
              "at_least": 1.0}
    FIGURES = [measured("fovea", 20), measured("a", 10), measured("b", 16),
               measured("fovea", 40, case="1024"), measured("a", 10, case="1024")]

    def judge(self, figures=None, **changes):
        target = {k: v for k, v in {**self.TARGET, **changes}.items() if v is not None}
        return arithmetic.judge(target, self.FIGURES if figures is None else figures)

    def test_a_case_counts_against_its_best_peer_and_the_worst_case_decides(self):
        verdict = self.judge()
        self.assertEqual((verdict.reached, verdict.holds, verdict.measured, verdict.cases), (1.25, True, 2, 2))
        self.assertFalse(self.judge(at_least=1.26).holds)

    def test_geometric_mean_over_cases(self):
        self.assertAlmostEqual(self.judge(per="geometric mean").reached, (1.25 * 4) ** 0.5)

    def test_at_most_takes_the_largest_ratio(self):
        verdict = self.judge(at_least=None, at_most=0.8)
        self.assertEqual((verdict.reached, verdict.holds), (4, False))

    def test_peers_may_run_in_another_precision(self):
        figures = [*self.FIGURES, measured("a", 40, precision="bf16")]
        self.assertEqual(self.judge(figures, peer_precisions=["f32", "bf16"]).reached, 0.5)

    def test_a_figure_that_more_threads_make_slower_or_that_moves_is_doubtful(self):
        self.assertFalse(self.judge().doubtful)
        slowed = arithmetic.Measurement("matmul", "512", "", "f32", "b", "GFLOP/s", [16], alone=17)
        self.assertTrue(self.judge([slowed if m.contender == "b" else m for m in self.FIGURES]).doubtful)
        moving = measured("a", 10, 14)
        self.assertTrue(self.judge([measured("fovea", 20, 20), moving]).doubtful)

    def test_nothing_measured_is_no_verdict(self):
        verdict = self.judge([measured("a", 10)])
        self.assertEqual((verdict.reached, verdict.holds, verdict.measured), (None, None, 0))

    def test_every_target_names_cases_that_exist(self):
        layers = {name for name, _ in read_cases()}
        networks = {n.title for n in NETWORKS}
        known = {"matmul": {"512", "1024", "2048"}, "conv2d": layers, "train": networks, "memory": networks}
        peers = {"oneDNN packed", "oneDNN packed, f32 out", "oneDNN packed, bf16 out", "oneDNN direct", "oneDNN direct, f32 out",
                 "oneDNN Winograd", "torch", TUNED}
        for target in json.loads((FOLDER / "targets.json").read_text()):
            self.assertLessEqual(set(target["cases"]), known[target["group"]], target["what"])
            self.assertLessEqual(set(target.get("variants", [])), set(PASSES), target["what"])
            self.assertLessEqual(set(target["peers"]), peers, target["what"])
            arithmetic.judge(target, [])


class Tables(unittest.TestCase):
    FIGURES = [measured("fovea", 20, 22), measured("a", 10, 20), measured("fovea", 1234, case="1024"), measured("b", 617, case="1024")]

    def test_comparison(self):
        table = tables.comparison("t", self.FIGURES, limit=2468)
        self.assertEqual(table.header, ["case", "fovea", "of peak", "a", "b"])
        self.assertEqual(table.rows, [["512", "21", "1%", "15  1.40x (1.10..2.00)", "-"],
                                      ["1024", "1,234", "50%", "-", "617  2.00x"],
                                      ["geometric mean of the ratios", "", "", "1.40x", "2.00x"]])

    def test_peers_are_shown_without_fovea(self):
        self.assertEqual(tables.comparison("t", [measured("a", 10)]).rows, [["512", "-", "10"]])

    def test_text_and_markdown(self):
        table = tables.Table("Title", ["case", "x"], [["one", "1"], ["three", "12"]])
        self.assertEqual(table.text(), "Title\n\ncase    x\n---------\none     1\nthree  12\n")
        self.assertEqual(table.markdown(), "**Title**\n\n| case | x |\n|---|---:|\n| one | 1 |\n| three | 12 |\n")

    def test_the_peak_is_the_fastest_unit_of_the_precision(self):
        rows = [{"what": what, "unit": "GFLOP/s", "threads": 2, "when": when, "median": median, "best": median}
                for what, when, median in (("f32 FMA, AVX2", "before", 1), ("f32 FMA, AVX-512", "before", 2),
                                           ("f32 FMA, AVX-512", "after", 9), ("bf16 dot, AVX-512", "before", 3),
                                           ("bf16 tiles, AMX", "before", 4))]
        self.assertEqual([tables.peak(rows, p, 2) for p in ("f32", "bf16")], [2, 4])
        self.assertIsNone(tables.peak(rows, "f32", 1))


class Layouts(unittest.TestCase):
    def test_the_faster_of_equal_names_stays(self):
        slow, fast, other = Runner("torch", "nchw", [], {}), Runner("torch", "channels-last", [], {}), Runner("fovea", "", [], {})
        kept = fastest_of_each([(other, 5.0, 1.0), (slow, 1.0, 1.0), (fast, 2.0, 1.0)])
        self.assertEqual([(runner.name, runner.detail) for runner, _, _ in kept], [("fovea", ""), ("torch", "channels-last")])


unittest.main()
