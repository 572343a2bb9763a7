"""Write a checkpoint as the model directory that the product loads.

usage: export_onnx.py --checkpoint CHECKPOINT --tokenizer tokenizer.json --out DIR

Out: model.onnx, tokenizer.json, config.json, generation_config.json. The graph attends with GroupQueryAttention, so that keys and values
can stay in place; inputs input_ids, attention_mask, logits_to_keep, past_key_values.N.key/value; outputs logits, next_token, knn_key
(input of the last feed-forward network, for KNN-LM) and present.N.key/value. Weights are float32, the embedding is there once.
The graph is compared with PyTorch: all at once, and in chunks after a past.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from prepare_data import BEGIN, END
from weights import load


class Graph:
    def __init__(self):
        self.nodes, self.weights = [], []

    def weight(self, array, name):
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def integers(self, values, name):
        return self.weight(np.array(values, dtype=np.int64), name)

    def node(self, operator, inputs, name, outputs=None, domain="", **attributes):
        self.nodes.append(helper.make_node(operator, inputs, outputs or [name], name=name, domain=domain, **attributes))
        return self.nodes[-1].output[0]


def build(reader):
    shape, graph = reader.shape, Graph()
    weights = {name: tensor.detach().numpy() for name, tensor in reader.state_dict().items()}
    node, heads, size = graph.node, shape.heads, shape.head_size
    axis, one = graph.integers([1], "axis.1"), graph.integers(1, "one")
    # GroupQueryAttention wants the last position of each row, and the length that past and new tokens make.
    ones = node("ReduceSum", ["attention_mask", axis], "mask.sum", keepdims=0)
    lengths = node("Cast", [node("Sub", [ones, one], "mask.last")], "sequence_lengths", to=TensorProto.INT32)
    width = node("Gather", [node("Shape", ["attention_mask"], "mask.shape"), one], "mask.width", axis=0)
    total = node("Cast", [width], "total_length", to=TensorProto.INT32)
    rotary = [graph.weight(reader.cos.numpy().astype(np.float32), "rotary_cos"), graph.weight(reader.sin.numpy().astype(np.float32), "rotary_sin")]

    def norm(x, name, weight):
        return node("SimplifiedLayerNormalization", [x, graph.weight(weights[weight], weight)], name, epsilon=shape.epsilon, axis=-1)

    def product(x, name, *parts):
        return node("MatMul", [x, graph.weight(np.concatenate([weights[part].T for part in parts], 1), name + ".weight")], name)

    embedding = graph.weight(weights["model.embed_tokens.weight"], "embedding")
    x = node("Gather", [embedding, "input_ids"], "embedded")
    for i in range(shape.layers):
        own, p = f"model.layers.{i}.", f"layer.{i}."
        y = norm(x, p + "attention_norm", own + "input_layernorm.weight")
        qkv = product(y, p + "qkv", *(f"{own}self_attn.{kind}_proj.weight" for kind in "qkv"))
        attended = node("GroupQueryAttention", [qkv, "", "", f"past_key_values.{i}.key", f"past_key_values.{i}.value", lengths, total, *rotary],
                        p + "attention", [p + "attention", f"present.{i}.key", f"present.{i}.value"], "com.microsoft",
                        num_heads=heads, kv_num_heads=heads, do_rotary=1)
        x = node("Add", [x, product(attended, p + "projected", own + "self_attn.o_proj.weight")], p + "attended")
        y = norm(x, p + "feed_forward_norm", own + "post_attention_layernorm.weight")
        gate = product(y, p + "gate", own + "mlp.gate_proj.weight")
        gate = node("Mul", [gate, node("Sigmoid", [gate], p + "sigmoid")], p + "silu")
        y = node("Mul", [gate, product(y, p + "up", own + "mlp.up_proj.weight")], p + "gated")
        x = node("Add", [x, product(y, p + "down", own + "mlp.down_proj.weight")], p + "output")
    # Scores of as many last positions as the caller says; 0 is all of them.
    start = node("Reshape", [node("Neg", ["logits_to_keep"], "kept.negative"), axis], "kept.start")
    x = node("Slice", [x, start, graph.integers([2**31], "kept.end"), axis], "kept")
    x = norm(x, "normalized", "model.norm.weight")
    node("MatMul", [x, node("Transpose", [embedding], "embedding.transposed", perm=[1, 0])], "logits")
    node("ArgMax", ["logits"], "next_token", axis=-1, keepdims=0)
    node("Flatten", [f"layer.{shape.layers - 1}.feed_forward_norm"], "knn_key", axis=-1)

    value = helper.make_tensor_value_info
    inputs = [value(name, TensorProto.INT64, ["batch", length]) for name, length in (("input_ids", "sequence"), ("attention_mask", "total"))]
    inputs.append(value("logits_to_keep", TensorProto.INT64, []))
    outputs = [value("logits", TensorProto.FLOAT, ["batch", "kept", shape.vocabulary]), value("next_token", TensorProto.INT64, ["batch", "kept"])]
    for i in range(shape.layers):
        for kind in ("key", "value"):
            inputs.append(value(f"past_key_values.{i}.{kind}", TensorProto.FLOAT, ["batch", heads, "past", size]))
            outputs.append(value(f"present.{i}.{kind}", TensorProto.FLOAT, ["batch", heads, "present", size]))
    outputs.append(value("knn_key", TensorProto.FLOAT, ["rows", shape.width]))
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    body = helper.make_graph(graph.nodes, "reader", inputs, outputs, graph.weights)
    return helper.make_model(body, opset_imports=opsets, ir_version=9, producer_name="ralmspec")


class Session:
    """Runs an exported graph on one sequence."""

    def __init__(self, path, threads=1):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.past = {i.name: i.shape for i in self.session.get_inputs() if i.name.startswith("past_key_values.")}
        self.kept = [name.replace("past_key_values", "present") for name in self.past]

    def run(self, ids, past=None, keep=0, output="logits", whole=False):
        """The output for the last `keep` positions (0: all), and keys and values to go on from. `whole`: it has no batch dimension."""
        if past is None:
            past = [np.zeros((1, dims[1], 0, dims[3]), np.float32) for dims in self.past.values()]
        total = past[0].shape[2] + len(ids)
        feed = {"input_ids": np.array([ids], dtype=np.int64), "attention_mask": np.ones((1, total), np.int64), "logits_to_keep": np.array(keep)}
        result, *past = self.session.run([output, *self.kept], {**feed, **dict(zip(self.past, past))})
        return (result if whole else result[0]), past


def check(reader, path):
    """Largest difference of logits to PyTorch's."""
    ids = torch.randint(3, reader.shape.vocabulary, (1, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = reader(ids)[0][0].numpy()
    session, ids = Session(path), ids[0].tolist()
    worst = np.abs(session.run(ids)[0] - expected).max()
    _, past = session.run(ids[:20])
    for chunk in (ids[20:21], ids[21:40]):
        logits, past = session.run(chunk, past)
        at = past[0].shape[2]
        worst = max(worst, np.abs(logits - expected[at - len(chunk) : at]).max())
    return worst


def main(args):
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    reader, state = load(args.checkpoint)
    onnx.save(build(reader), out / "model.onnx")
    shutil.copyfile(args.tokenizer, out / "tokenizer.json")
    shape = reader.shape
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": shape.vocabulary, "hidden_size": shape.width,
        "intermediate_size": shape.hidden, "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.heads, "max_position_embeddings": shape.context, "rms_norm_eps": shape.epsilon,
        "rope_theta": shape.rope_theta, "hidden_act": "silu", "tie_word_embeddings": True, "bos_token_id": BEGIN, "eos_token_id": END,
        "torch_dtype": "float32",
    }
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (out / "generation_config.json").write_text(json.dumps({"bos_token_id": BEGIN, "eos_token_id": END}, indent=2) + "\n")
    worst = check(reader, out / "model.onnx")
    size = (out / "model.onnx").stat().st_size
    print(json.dumps({"parameters": sum(p.numel() for p in reader.parameters()), "bytes": size, "largest_difference": float(worst), **state}))
    assert worst < 1e-2, worst


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--out", required=True)
    main(parser.parse_args())
