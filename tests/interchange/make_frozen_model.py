#!/usr/bin/env python3
"""Writes frozen/format_1.fovea with plain struct and json: a model file as the format's description says, not as fovea happens to write it.

Never run it again for a version that was released: the file in the repository is the promise.
"""
import json
import pathlib
import struct

tensors = {  # name: (dtype, shape in file order, struct code, values)
    "conv1.weight": ("F32", [2, 3, 1, 2], "f", [float(i) / 8 for i in range(12)]),  # OIHW
    "conv1.bias": ("F32", [2], "f", [-1.5, 2.25]),
    "fc.weight": ("F64", [2, 2], "d", [0.1, -0.2, 1e300, 4.0]),
    "bn1.num_batches_tracked": ("I64", [], "q", [1234567890123]),
}
metadata = {
    "fovea.format_version": "1",
    "fovea.version": "0.1.0",
    "fovea.task": "classify",
    "fovea.architecture": json.dumps({"name": "tiny", "options": {"classes": 2}}),
    "fovea.labels": json.dumps(["ant", "Biene ä"]),
    "fovea.preprocessing": json.dumps({"size": [4, 4], "mean": [0.5]}),
    "fovea.training": json.dumps({"epochs": 3}),
}

header, data = {"__metadata__": metadata}, b""
for name, (dtype, shape, code, values) in sorted(tensors.items(), key=lambda item: item[1][2] == "f"):  # eight-byte types first
    begin = len(data)
    data += struct.pack(f"<{len(values)}{code}", *values)
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, len(data)]}
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
target = pathlib.Path(__file__).parent / "frozen" / "format_1.fovea"
target.write_bytes(struct.pack("<Q", len(text)) + text + data)
