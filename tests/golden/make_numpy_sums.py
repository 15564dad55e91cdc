#!/usr/bin/env python3
"""Writes numpy_sums.json: sums of n values of a sequence that both sides compute, as numpy adds them (1.24, Debian's python3-numpy).

  value(i) = the upper 53 bits of the i-th state of the generator  s -> 6364136223846793005 s + 1442695040888963407 (mod 2^64), s_0 = 1,  as a fraction
"""
import json
import pathlib

import numpy

SIZES = [0, 1, 7, 8, 9, 16, 127, 128, 129, 137, 1000, 8191, 8192, 8193, 16384, 19190, 27270, 50500, 80001]


def values(count):
    state, found = 1, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        found.append((state >> 11) * 2.0**-53)
    return numpy.array(found)


sums = [{"count": n, "sum": float(numpy.sum(values(n)))} for n in SIZES]
pathlib.Path(__file__).with_name("numpy_sums.json").write_text(json.dumps({"numpy": numpy.__version__, "sums": sums}, indent=1) + "\n")
