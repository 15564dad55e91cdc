"""Times training steps of torch on random data: forward, cross entropy, backward, SGD with momentum and weight decay. Prints one JSON
object with keys of `fovea benchmark`: median_ms, images_per_s; and steps. Threads by OMP_NUM_THREADS.

bf16 is autocast: weights and norms stay in f32.
"""
import argparse
import json
import statistics
import time

import networks
import torch


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, choices=networks.NETWORKS)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--image-size", type=int, required=True)
    parser.add_argument("--classes", type=int, required=True)
    parser.add_argument("--precision", choices=("f32", "bf16"), default="f32")
    parser.add_argument("--layout", choices=("nchw", "channels-last"), default="channels-last")
    parser.add_argument("--seconds", type=float, default=2, help="of timed steps, at least three")
    a = parser.parse_args()

    memory_format = torch.channels_last if a.layout == "channels-last" else torch.contiguous_format
    network, channels = networks.make(a.model, a.classes)
    network = network.to(memory_format=memory_format)
    x = torch.randn(a.batch, channels, a.image_size, a.image_size).contiguous(memory_format=memory_format)
    pixels = (a.image_size, a.image_size) if a.model == "unet" else ()
    labels = torch.randint(0, a.classes, (a.batch, *pixels))
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=1e-4)
    loss_of = torch.nn.CrossEntropyLoss()

    def step():
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=a.precision == "bf16"):
            loss = loss_of(network(x), labels)
        loss.backward()
        optimizer.step()
        return time.perf_counter() - start

    warm = [step()]  # the first one makes the primitives
    while len(warm) < 3 and sum(warm) < 2:
        warm.append(step())
    steps = []
    while len(steps) < 3 or sum(steps) < a.seconds:
        steps.append(step())
    median = statistics.median(steps)
    print(json.dumps({"median_ms": median * 1e3, "images_per_s": a.batch / median, "steps": len(steps)}))


main()
