"""Weights of a checkpoint, without optimiser, as parts small enough to carry, and back.

usage: weights.py split CHECKPOINT DIR [--mebibytes 15]      writes DIR/weights.000, .001, ...
       weights.py join DIR CHECKPOINT
       weights.py import MODEL_DIR CHECKPOINT                an exported model, to train on with --weights-only
"""

import argparse
import dataclasses
import io
import json
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


def exported(model):
    """The model of an exported graph: the reverse of export_onnx.py."""
    import onnx
    from onnx import numpy_helper

    config = json.loads((Path(model) / "config.json").read_text())
    shape = Shape(config["vocab_size"], config["hidden_size"], config["num_hidden_layers"], config["num_attention_heads"],
                  config["intermediate_size"], config["max_position_embeddings"], config["rope_theta"], config["rms_norm_eps"])
    graph = onnx.load(Path(model) / "model.onnx").graph
    kept = {weight.name: torch.from_numpy(numpy_helper.to_array(weight).copy()) for weight in graph.initializer}
    products = {("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"): "qkv", ("self_attn.o_proj",): "projected",
                ("mlp.gate_proj",): "gate", ("mlp.up_proj",): "up", ("mlp.down_proj",): "down"}
    weights = {name: weight for name, weight in kept.items() if name.startswith("model.")}
    weights["model.embed_tokens.weight"] = kept["embedding"]
    for i in range(shape.layers):
        for parts, name in products.items():
            columns = kept[f"layer.{i}.{name}.weight"].chunk(len(parts), 1)
            weights.update({f"model.layers.{i}.{part}.weight": column.T.contiguous() for part, column in zip(parts, columns)})
    reader = Reader(shape)
    reader.load_state_dict(weights)
    return reader.eval()


def take_over(model, checkpoint):
    reader = exported(model)
    torch.save({"weights": reader.state_dict(), "shape": dataclasses.asdict(reader.shape), "state": {}}, checkpoint)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("split", "join", "import"))
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--mebibytes", type=int, default=15)
    args = parser.parse_args()
    if args.action == "split":
        split(args.source, args.target, args.mebibytes << 20)
    elif args.action == "join":
        join(args.source, args.target)
    else:
        take_over(args.source, args.target)
