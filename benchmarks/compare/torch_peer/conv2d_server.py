"""torch's convolutions under comparison, on its own tensors in channels-last memory. The conversation with the driver and the contents
of the operands are those of ../programs (server.hpp, aligned_values.hpp). Threads by OMP_NUM_THREADS."""
import json
import statistics
import sys
import time

import torch

SEEDS = {"x": 1, "filter": 2, "y": 3}
PERIOD = 1_000_003
ENOUGH_SECONDS = 1


def operand(shape, seed, dtype):
    """Values in [-1, 1) of an image batch [n,h,w,c] or filter [k,r,s,c], as torch sees it: [n,c,h,w] with channels last in memory."""
    count = torch.Size(shape).numel()
    z = (torch.arange(min(count, PERIOD), dtype=torch.int64) * 2654435761 + seed * 2246822519) & 0xFFFFFFFF
    z = ((z ^ (z >> 16)) * 2246822507) & 0xFFFFFFFF
    z = z ^ (z >> 13)
    values = ((z >> 8).to(torch.float32) * 2.0**-23 - 1.0).to(dtype)
    return values.repeat(-(-count // PERIOD))[:count].reshape(shape).permute(0, 3, 1, 2)


def probes(result):
    """64 values spread over the result, in the order of the plain layout [n,h,w,c]."""
    flat = result.permute(0, 2, 3, 1).reshape(-1)
    return [float(flat[i * 829260007 % flat.numel()]) for i in range(64)]


class Session:
    def __init__(self):
        self.run = None

    def prepare(self, q):
        self.run = None  # lets go of the operands before
        dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[q["precision"]]
        n, c, h, w, k, r, s, stride, pad, groups = (q[f] for f in "n c h w k r s stride pad groups".split())
        p, width = (h + 2 * pad - r) // stride + 1, (w + 2 * pad - s) // stride + 1
        x = operand((n, h, w, c), SEEDS["x"], dtype)
        weight = operand((k, r, s, c // groups), SEEDS["filter"], dtype)
        y = operand((n, p, width, k), SEEDS["y"], dtype)

        def backward(mask):
            return torch.ops.aten.convolution_backward(y, x, weight, [0], [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], groups, mask)

        self.run = {"forward": lambda: torch.nn.functional.conv2d(x, weight, None, stride, pad, 1, groups),
                    "backward_data": lambda: backward([True, False, False])[0],
                    "backward_filter": lambda: backward([False, True, False])[1]}[q["pass"]]
        operations = 2.0 * n * p * width * k * (c // groups) * r * s
        return {"operations": operations, "contenders": [{"name": "torch", "detail": "", "probes": probes(self.run())}]}

    def time(self, seconds):
        """As programs/server.cpp does it: the median of at least three runs that last `seconds` together, fewer if they are slow, after one
        that wakes the threads and fills the caches."""
        self.run()
        runs = []
        while sum(runs) < seconds or len(runs) < 3 and sum(runs) < ENOUGH_SECONDS:
            start = time.perf_counter()
            self.run()
            runs.append(time.perf_counter() - start)
        return {"seconds": statistics.median_high(runs), "runs": len(runs)}


def main():
    print(json.dumps({"library": "torch", "version": torch.__version__}), flush=True)
    session = Session()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            with torch.no_grad():
                reply = session.prepare(request) if request["do"] == "prepare" else session.time(request["seconds"])
        except RuntimeError as error:
            reply = {"error": str(error).splitlines()[0]}
        print(json.dumps(reply), flush=True)


main()
