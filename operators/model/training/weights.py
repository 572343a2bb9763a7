"""Weights of a checkpoint, without optimiser, as parts small enough to carry, and back.

usage: weights.py split CHECKPOINT DIR [--mebibytes 15]      writes DIR/weights.000, .001, ...
       weights.py join DIR CHECKPOINT
"""

import argparse
import io
from pathlib import Path

import torch

from reader_model import Reader, Shape


def load(path):
    """The model of a checkpoint, in float32 on the CPU."""
    kept = torch.load(path, map_location="cpu", weights_only=False)
    reader = Reader(Shape(**kept["shape"]))
    reader.load_state_dict({name: weight.float() for name, weight in kept["weights"].items()})
    return reader.eval(), kept.get("state", {})


def split(checkpoint, directory, size):
    kept = torch.load(checkpoint, map_location="cpu", weights_only=False)
    whole = io.BytesIO()
    torch.save({name: kept[name] for name in ("weights", "shape", "state")}, whole)
    data = whole.getvalue()
    Path(directory).mkdir(parents=True, exist_ok=True)
    for number, start in enumerate(range(0, len(data), size)):
        (Path(directory) / f"weights.{number:03d}").write_bytes(data[start : start + size])


def join(directory, checkpoint):
    Path(checkpoint).write_bytes(b"".join(part.read_bytes() for part in sorted(Path(directory).glob("weights.*"))))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("split", "join"))
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--mebibytes", type=int, default=15)
    args = parser.parse_args()
    if args.action == "split":
        split(args.source, args.target, args.mebibytes << 20)
    else:
        join(args.source, args.target)
