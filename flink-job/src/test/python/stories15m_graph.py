"""Build the ONNX graph of stories15M; its weights stay where they are, in the checkpoint file beside it.

usage: stories15m_graph.py OUT.onnx

stories15M is a llama2.c checkpoint (version 0): a header of 7 int32, then float32 tensors one after the other. Every tensor becomes
an initializer with external data: file `weights.bin` and the byte offset in it. So the graph holds no weight at all, needs no
checkpoint to be built, and the same arguments always give the same bytes.

Weights are stored as rows of outputs, [out, in]. ONNX Runtime folds the Transpose of a constant when it loads the model and prepacks
the result. The rows of q and k are in interleaved rotary order, which GroupQueryAttention knows as rotary_interleaved=1.
"""

import sys

from onnx import TensorProto, helper, save

LAYERS, HEADS, HEAD_SIZE, DIM, HIDDEN, VOCABULARY, CONTEXT = 6, 6, 48, 288, 768, 32000, 256
HEADER_BYTES, FILE_BYTES, EPSILON = 28, 60816028, 1e-5
WEIGHTS = "weights.bin"

nodes, initializers = [], []


def tensors_of_the_file():
    """Name, shape of one layer's part and number of parts of each tensor, in the order of the file."""
    yield "embedding", (VOCABULARY, DIM), 1
    yield "attention_norm", (DIM,), LAYERS
    for name in ("query", "key", "value", "attention_output"):
        yield name, (DIM, DIM), LAYERS
        if name == "attention_output":
            yield "feed_forward_norm", (DIM,), LAYERS
    yield "gate", (HIDDEN, DIM), LAYERS
    yield "down", (DIM, HIDDEN), LAYERS
    yield "up", (HIDDEN, DIM), LAYERS
    yield "final_norm", (DIM,), 1
    yield "rotary_cos", (CONTEXT, HEAD_SIZE // 2), 1
    yield "rotary_sin", (CONTEXT, HEAD_SIZE // 2), 1


def declare_weights():
    offset = HEADER_BYTES
    for name, shape, parts in tensors_of_the_file():
        length = 4
        for size in shape:
            length *= size
        for part in range(parts):
            tensor = TensorProto()
            tensor.name = f"{name}.{part}" if parts > 1 else name
            tensor.dims.extend(shape)
            tensor.data_type = TensorProto.FLOAT
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", WEIGHTS), ("offset", offset), ("length", length)):
                entry = tensor.external_data.add()
                entry.key, entry.value = key, str(value)
            initializers.append(tensor)
            offset += length
    assert offset == FILE_BYTES, offset


def constant(name, values, dims):
    initializers.append(helper.make_tensor(name, TensorProto.INT64, dims, values))
    return name


def node(op, inputs, name, outputs=None, domain="", **attributes):
    nodes.append(helper.make_node(op, inputs, outputs or [name], name=name, domain=domain, **attributes))
    return nodes[-1].output[0]


def transposed(weight):
    return node("Transpose", [weight], weight + ".transposed", perm=[1, 0])


def layer(i, x, past_length, total_length):
    p = f"layer.{i}."
    y = node("SimplifiedLayerNormalization", [x, f"attention_norm.{i}"], p + "attention_norm", epsilon=EPSILON, axis=-1)
    rows = node("Concat", [f"query.{i}", f"key.{i}", f"value.{i}"], p + "qkv.rows", axis=0)
    qkv = node("MatMul", [y, transposed(rows)], p + "qkv")
    attended = node(
        "GroupQueryAttention",
        [qkv, "", "", f"past_key_values.{i}.key", f"past_key_values.{i}.value", past_length, total_length, "rotary_cos", "rotary_sin"],
        p + "attention",
        outputs=[p + "attention", f"present.{i}.key", f"present.{i}.value"],
        domain="com.microsoft",
        num_heads=HEADS,
        kv_num_heads=HEADS,
        do_rotary=1,
        rotary_interleaved=1,
    )
    x = node("Add", [x, node("MatMul", [attended, transposed(f"attention_output.{i}")], p + "projected")], p + "attended")
    y = node("SimplifiedLayerNormalization", [x, f"feed_forward_norm.{i}"], p + "feed_forward_norm", epsilon=EPSILON, axis=-1)
    gate = node("MatMul", [y, transposed(f"gate.{i}")], p + "gate")
    gate = node("Mul", [gate, node("Sigmoid", [gate], p + "sigmoid")], p + "silu")
    y = node("Mul", [gate, node("MatMul", [y, transposed(f"up.{i}")], p + "up")], p + "gated")
    return node("Add", [x, node("MatMul", [y, transposed(f"down.{i}")], p + "down")], p + "output")


def build():
    declare_weights()
    axis, one = constant("axis.1", [1], [1]), constant("one", [1], [])
    # GroupQueryAttention wants the last position of each row, and the capacity-independent total length.
    ones = node("ReduceSum", ["attention_mask", axis], "mask.sum", keepdims=0)
    past_length = node("Cast", [node("Sub", [ones, one], "mask.last")], "sequence_lengths", to=TensorProto.INT32)
    width = node("Gather", [node("Shape", ["attention_mask"], "mask.shape"), one], "mask.width", axis=0)
    total_length = node("Cast", [width], "total_length", to=TensorProto.INT32)

    x = node("Gather", ["embedding", "input_ids"], "embedded")
    for i in range(LAYERS):
        x = layer(i, x, past_length, total_length)
    # Scores of as many last positions as the caller says, by Hugging Face's name; 0 is all of them.
    start = node("Reshape", [node("Neg", ["logits_to_keep"], "kept.negative"), axis], "kept.start")
    x = node("Slice", [x, start, constant("kept.end", [2**31], [1]), axis], "kept")
    x = node("SimplifiedLayerNormalization", [x, "final_norm"], "normalized", epsilon=EPSILON, axis=-1)
    node("MatMul", [x, transposed("embedding")], "logits")
    node("ArgMax", ["logits"], "next_token", axis=-1, keepdims=0)
    # The key of KNN-LM for every position, as the product's KeyOutput adds it to other graphs.
    node("Flatten", [f"layer.{LAYERS - 1}.feed_forward_norm"], "knn_key", axis=-1)

    value = helper.make_tensor_value_info
    inputs = [value(name, TensorProto.INT64, ["batch", size]) for name, size in (("input_ids", "sequence"), ("attention_mask", "total"))]
    inputs.append(value("logits_to_keep", TensorProto.INT64, []))
    outputs = [value("logits", TensorProto.FLOAT, ["batch", "kept", VOCABULARY]), value("next_token", TensorProto.INT64, ["batch", "kept"])]
    for i in range(LAYERS):
        for kind in ("key", "value"):
            inputs.append(value(f"past_key_values.{i}.{kind}", TensorProto.FLOAT, ["batch", HEADS, "past", HEAD_SIZE]))
            outputs.append(value(f"present.{i}.{kind}", TensorProto.FLOAT, ["batch", HEADS, "present", HEAD_SIZE]))
    outputs.append(value("knn_key", TensorProto.FLOAT, ["rows", DIM]))
    graph = helper.make_graph(nodes, "stories15M", inputs, outputs, initializers)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="ralmspec")


if __name__ == "__main__":
    save(build(), sys.argv[1])
