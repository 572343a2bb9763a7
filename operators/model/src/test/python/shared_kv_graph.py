"""Builds the ONNX graph of a GPT-2 or Llama model around com.microsoft.GroupQueryAttention.

Keys and values may then live in fixed buffers: past_key_values.N and present.N can be the same memory, longer than what
is filled, and attention_mask's length says how much of it counts. Outputs: logits and next_token of the last positions,
as many as the input logits_to_keep (or another name of it) says; 0 is all of them.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CONTRIB = "com.microsoft"


def shape(config):
    """Layers, heads, key/value heads, size of a head."""
    heads = config.num_attention_heads
    return config.num_hidden_layers, heads, getattr(config, "num_key_value_heads", heads), config.hidden_size // heads


class _Graph:
    """Nodes and weights under construction; a value is the name of a node's output."""

    def __init__(self, keep):
        self.keep, self.nodes, self.weights = keep, [], []

    def weight(self, array, name):
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def integer(self, value, name):
        return self.weight(np.array(value, dtype=np.int64), name)

    def node(self, operator, *inputs, domain="", **attributes):
        output = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], domain=domain, **attributes))
        return output

    def linear(self, x, weight, name, bias=None):
        y = self.node("MatMul", x, self.weight(weight, name + ".weight"))
        return y if bias is None else self.node("Add", y, self.weight(bias, name + ".bias"))

    def attention(self, qkv, layer, lengths, total, heads, kv_heads, *rotary):
        output = f"attention_{layer}"
        past = [f"past_key_values.{layer}.{kind}" for kind in ("key", "value")]
        present = [f"present.{layer}.{kind}" for kind in ("key", "value")]
        self.nodes.append(helper.make_node(
            "GroupQueryAttention", [qkv, "", "", *past, lengths, total, *rotary], [output, *present],
            domain=CONTRIB, num_heads=heads, kv_num_heads=kv_heads, do_rotary=int(bool(rotary))))
        return output


def build(model, path, keep=("logits_to_keep", [])):
    """`keep`: name and dimensions (none or a single 1) of the input that says how many positions get logits."""
    config, graph = model.config, _Graph(keep)
    weights = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    # GroupQueryAttention wants the index of the last token per row, and the length that past and new tokens make.
    ones = graph.node("ReduceSum", "attention_mask", graph.integer([1], "axis"), keepdims=0)
    lengths = graph.node("Cast", graph.node("Sub", ones, graph.integer(1, "one")), to=TensorProto.INT32)
    total = graph.node("Cast", graph.node("Gather", graph.node("Shape", "attention_mask"), graph.integer(1, "second"),
                                          axis=0), to=TensorProto.INT32)
    layers = _gpt2 if config.model_type == "gpt2" else _llama
    x = layers(graph, config, weights, lengths, total)
    graph.nodes.append(helper.make_node("MatMul", [x, graph.weight(weights["lm_head.weight"].T, "lm_head")], ["logits"]))
    graph.nodes.append(helper.make_node("ArgMax", ["logits"], ["next_token"], axis=-1, keepdims=0))
    onnx.save(_model(graph, config), path)


def _last(graph, x):
    start = graph.node("Reshape", graph.node("Neg", graph.keep[0]), graph.integer([1], "vector"))
    return graph.node("Slice", x, start, graph.integer([2**31], "end"), graph.integer([1], "tokens"))


def _gpt2(graph, config, weights, lengths, total):
    def norm(x, name):
        name = "transformer." + name
        return graph.node("LayerNormalization", x, graph.weight(weights[name + ".weight"], name + ".w"),
                          graph.weight(weights[name + ".bias"], name + ".b"), epsilon=config.layer_norm_epsilon, axis=-1)

    def linear(x, name):
        name = "transformer." + name
        return graph.linear(x, weights[name + ".weight"], name, weights[name + ".bias"])

    count, heads, kv_heads, _ = shape(config)
    x = graph.node("Add", graph.node("Gather", graph.weight(weights["transformer.wte.weight"], "wte"), "input_ids"),
                   graph.node("Gather", graph.weight(weights["transformer.wpe.weight"], "wpe"), "position_ids"))
    for i in range(count):
        qkv = linear(norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn")
        attention = graph.attention(qkv, i, lengths, total, heads, kv_heads)
        x = graph.node("Add", x, linear(attention, f"h.{i}.attn.c_proj"))
        inner = graph.node("FastGelu", linear(norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc"), domain=CONTRIB)
        x = graph.node("Add", x, linear(inner, f"h.{i}.mlp.c_proj"))
    return norm(_last(graph, x), "ln_f")


def _llama(graph, config, weights, lengths, total):
    def norm(x, name):
        return graph.node("SimplifiedLayerNormalization", x, graph.weight(weights[name + ".weight"], name + ".w"),
                          epsilon=config.rms_norm_eps, axis=-1)

    def linear(x, name):
        return graph.linear(x, weights[name + ".weight"].T, name)

    count, heads, kv_heads, size = shape(config)
    frequencies = 1.0 / config.rope_parameters["rope_theta"] ** (np.arange(0, size, 2) / size)
    angles = np.arange(config.max_position_embeddings)[:, None] * frequencies[None]
    rotary = [graph.weight(np.cos(angles).astype(np.float32), "cos"), graph.weight(np.sin(angles).astype(np.float32), "sin")]
    x = graph.node("Gather", graph.weight(weights["model.embed_tokens.weight"], "embeddings"), "input_ids")
    for i in range(count):
        layer = f"model.layers.{i}."
        projections = [weights[f"{layer}self_attn.{p}_proj.weight"].T for p in "qkv"]
        qkv = graph.linear(norm(x, layer + "input_layernorm"), np.concatenate(projections, 1), layer + "qkv")
        attention = graph.attention(qkv, i, lengths, total, heads, kv_heads, *rotary)
        x = graph.node("Add", x, linear(attention, layer + "self_attn.o_proj"))
        y = norm(x, layer + "post_attention_layernorm")
        gate = linear(y, layer + "mlp.gate_proj")
        gated = graph.node("Mul", graph.node("Mul", gate, graph.node("Sigmoid", gate)), linear(y, layer + "mlp.up_proj"))
        x = graph.node("Add", x, linear(gated, layer + "mlp.down_proj"))
    return norm(_last(graph, x), "model.norm")


def _model(graph, config):
    count, _, kv_heads, size = shape(config)
    value = helper.make_tensor_value_info
    inputs = [value("input_ids", TensorProto.INT64, ["batch", "tokens"]),
              value("attention_mask", TensorProto.INT64, ["batch", "total"]),
              value(graph.keep[0], TensorProto.INT64, graph.keep[1])]
    if config.model_type == "gpt2":
        inputs.append(value("position_ids", TensorProto.INT64, ["batch", "tokens"]))
    outputs = [value("logits", TensorProto.FLOAT, ["batch", "kept", config.vocab_size]),
               value("next_token", TensorProto.INT64, ["batch", "kept"])]
    for i in range(count):
        for kind in ("key", "value"):
            inputs.append(value(f"past_key_values.{i}.{kind}", TensorProto.FLOAT, ["batch", kv_heads, "past", size]))
            outputs.append(value(f"present.{i}.{kind}", TensorProto.FLOAT, ["batch", kv_heads, "present", size]))
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(CONTRIB, 1)]
    body = helper.make_graph(graph.nodes, config.model_type, inputs, outputs, graph.weights)
    return helper.make_model(body, opset_imports=opsets, ir_version=9)
