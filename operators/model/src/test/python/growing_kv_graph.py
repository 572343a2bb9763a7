"""Exports a model in the layout of `optimum-cli export onnx --task text-generation-with-past`.

Inputs input_ids, attention_mask, position_ids (unless left out), past_key_values.N.key/value; outputs logits and
present.N.key/value, which are the past with the new positions appended.
"""

import inspect

import torch
from transformers.cache_utils import DynamicCache
from transformers.pytorch_utils import Conv1D

from shared_kv_graph import shape


class _WithPast(torch.nn.Module):
    def __init__(self, model, positions, last_only):
        super().__init__()
        self.model, self.positions = model, positions
        self.options = {"logits_to_keep": 1} if last_only else {}

    def forward(self, input_ids, attention_mask, *rest):
        positions, past = (rest[:1], rest[1:]) if self.positions else ((), rest)
        cache = DynamicCache()
        for i in range(len(past) // 2):
            cache.update(past[2 * i], past[2 * i + 1], i)
        if positions:
            self.options["position_ids"] = positions[0]
        output = self.model(input_ids=input_ids, attention_mask=attention_mask, past_key_values=cache, use_cache=True,
                            **self.options)
        present = [tensor for layer in output.past_key_values.layers for tensor in (layer.keys, layer.values)]
        return (output.logits, *present)


def build(model, path, positions, last_only):
    """`positions`: with a position_ids input. `last_only`: logits of the last position instead of all."""
    assert not positions or "position_ids" in inspect.signature(model.forward).parameters
    _replace_conv1d(model)
    layers, _, kv_heads, size = shape(model.config)
    batch, tokens, past = 2, 3, 5
    names = [f"{i}.{kind}" for i in range(layers) for kind in ("key", "value")]
    inputs = ["input_ids", "attention_mask", *(["position_ids"] if positions else [])]
    sample = [torch.zeros(batch, tokens, dtype=torch.int64), torch.ones(batch, past + tokens, dtype=torch.int64)]
    if positions:
        sample.append(torch.arange(past, past + tokens)[None].expand(batch, tokens).contiguous())
    sample += [torch.zeros(batch, kv_heads, past, size) for _ in names]
    axes = {"input_ids": {0: "batch", 1: "tokens"}, "attention_mask": {0: "batch", 1: "total"},
            "position_ids": {0: "batch", 1: "tokens"}, "logits": {0: "batch", 1: "positions"}}
    axes |= {f"past_key_values.{name}": {0: "batch", 2: "past"} for name in names}
    axes |= {f"present.{name}": {0: "batch", 2: "total"} for name in names}
    with torch.no_grad():
        torch.onnx.export(_WithPast(model, positions, last_only).eval(), tuple(sample), path,
                          input_names=inputs + [f"past_key_values.{name}" for name in names],
                          output_names=["logits"] + [f"present.{name}" for name in names],
                          dynamic_axes=axes, opset_version=17, dynamo=False)


def _replace_conv1d(module):
    """GPT-2's Conv1D becomes Linear: a MatMul instead of a Gemm, which is faster and can be quantised."""
    for name, child in list(module.named_children()):
        if isinstance(child, Conv1D):
            linear = torch.nn.Linear(*child.weight.shape)
            linear.weight.data, linear.bias.data = child.weight.data.t().contiguous(), child.bias.data
            setattr(module, name, linear)
        else:
            _replace_conv1d(child)
