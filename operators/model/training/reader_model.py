"""A Llama model in plain PyTorch, with Hugging Face's parameter names, and an initialisation that can copy before any training."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass
class Shape:
    vocabulary: int = 8192
    width: int = 256
    layers: int = 4
    heads: int = 4
    hidden: int = 704
    context: int = 512
    rope_theta: float = 500000.0
    epsilon: float = 1e-5

    @property
    def head_size(self):
        return self.width // self.heads


SIZES = {
    "tiny": Shape(width=64, layers=2, heads=4, hidden=160),
    "3m": Shape(width=192, layers=4, heads=3, hidden=512),
    "5m": Shape(width=256, layers=4, heads=4, hidden=704),
    "30m": Shape(width=512, layers=8, heads=8, hidden=1408),
}


EMBEDDING = 0.1  # wide enough that the first steps do not wipe out what tells tokens apart


class Norm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(width)), epsilon

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.epsilon)


def rotated(x, cos, sin):
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Attention(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.heads = shape.heads
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            setattr(self, name, nn.Linear(shape.width, shape.width, bias=False))

    def forward(self, x, cos, sin, mask, past=None):
        q, k, v = (p(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None and q.shape[2] > 1)
        return self.o_proj(y.transpose(1, 2).flatten(2)), (k, v)


class FeedForward(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.gate_proj = nn.Linear(shape.width, shape.hidden, bias=False)
        self.up_proj = nn.Linear(shape.width, shape.hidden, bias=False)
        self.down_proj = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.input_layernorm = Norm(shape.width, shape.epsilon)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = Norm(shape.width, shape.epsilon)
        self.mlp = FeedForward(shape)

    def forward(self, x, cos, sin, mask, past=None):
        y, kept = self.self_attn(self.input_layernorm(x), cos, sin, mask, past)
        x = x + y
        return x + self.mlp(self.post_attention_layernorm(x)), kept


class Body(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.width, shape.epsilon)


class Reader(nn.Module):
    """Input and output embeddings are the same."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.model = Body(shape)
        frequencies = shape.rope_theta ** (-torch.arange(0, shape.head_size, 2) / shape.head_size)
        angles = torch.arange(shape.context)[:, None] * frequencies[None]
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                small = (2 * shape.layers) ** -0.5 if name.endswith(("o_proj.weight", "down_proj.weight")) else 1
                nn.init.normal_(weight, std=EMBEDDING if "embed" in name else small * weight.shape[1] ** -0.5 * 0.5)
        nn.init.constant_(self.model.norm.weight, 0.2)

    def forward(self, ids, positions=None, mask=None, chosen=None, past=None):
        """Logits of all positions, or of those that `chosen` says (indices into the flattened batch); and keys and values."""
        if positions is None:
            start = past[0][0].shape[2] if past else 0
            positions = torch.arange(start, start + ids.shape[1], device=ids.device)[None]
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        x, kept = self.model.embed_tokens(ids), []
        for i, layer in enumerate(self.model.layers):
            x, kv = layer(x, cos, sin, mask, past[i] if past else None)
            kept.append(kv)
        if chosen is not None:
            x = x.flatten(0, 1)[chosen]
        return F.linear(self.model.norm(x), self.model.embed_tokens.weight), kept


@torch.no_grad()
def copy_heads(reader, frequencies=None):
    """Set up induction: the first two layers can find where the last tokens occurred before and copy what came next there.

    Small models need many million tokens until this circuit appears by itself (Olsson et al., In-context Learning and Induction
    Heads). Heads 0 and 1 of layer 0 look one and two positions back, by their rotary positions alone, and write a random projection
    of the tokens there into dimensions that embeddings leave nearly empty. In layer 1 two heads compare their own token (head 0),
    and their own token and the one before it (head 1), with what the positions of the past say of the tokens before them, in the
    slow rotary dimensions, and add the embedding of the token they find. Dimension 0, the same for all tokens, is what the first heads
    need; where `frequencies` of the tokens are given, a little of that says how frequent a token is, and the last norm makes that its
    score where nothing else is known. Everything but dimension 0 of the embedding is trained from there on.
    """
    shape = reader.shape
    width, size, half = shape.width, shape.head_size, shape.head_size // 2
    std, notes = EMBEDDING, half  # width of each of the two notes about previous tokens
    assert width >= 3 * size and shape.heads >= 3 and shape.layers >= 2
    words = slice(1, width - 2 * notes)
    count = width - 2 * notes - 1
    embeddings = reader.model.embed_tokens.weight
    embeddings[:, 0] = 4 * std
    embeddings[:, width - 2 * notes :] *= 0.2
    if frequencies is not None:
        logs = torch.as_tensor(frequencies, dtype=torch.float32).log()
        embeddings[:, 0] += (logs - logs.mean()) / 300
    first, second = (layer.self_attn for layer in reader.model.layers[:2])
    project = torch.linalg.qr(torch.randn(count, notes))[0].T * (count / notes) ** 0.5 * 0.5  # [notes, count]
    fast = torch.zeros(size)
    fast[:8] = 1
    speeds = shape.rope_theta ** (-torch.arange(0, size, 2) / size)
    for head in (0, 1):
        rows, back = slice(head * size, (head + 1) * size), head + 1
        first.q_proj.weight[rows] *= 0.1
        first.k_proj.weight[rows] *= 0.1
        first.q_proj.weight[rows, 0] = fast * 2.5
        turned = torch.cat([(back * speeds).cos(), (back * speeds).sin()])
        first.k_proj.weight[rows, 0] = turned * torch.cat([fast[:half], fast[:half]]) * 2.5
        first.v_proj.weight[rows] = 0
        first.v_proj.weight[head * size : head * size + notes, words] = project
        first.o_proj.weight[:, rows] = 0
        note = width - (2 - head) * notes
        first.o_proj.weight[note : note + notes, head * size : head * size + notes] = torch.eye(notes) * 2 * std
    # The slow half of the rotary dimensions.
    slow = torch.cat([torch.arange(half // 2, half), torch.arange(half + half // 2, size)])[:notes]
    newer, older = slice(width - 2 * notes, width - notes), slice(width - notes, width)
    other = torch.linalg.qr(torch.randn(notes, notes))[0]
    out = torch.linalg.qr(torch.randn(count, min(count, 2 * size)))[0].T
    for head in (0, 1):
        rows = head * size + slow
        every = slice(head * size, (head + 1) * size)
        for weight in (second.q_proj.weight, second.k_proj.weight):
            weight[every] *= 0.1
        query, key = torch.zeros(len(slow), width), torch.zeros(len(slow), width)
        query[:, words] = project * 2
        key[:, newer] = torch.eye(notes)
        if head == 1:
            query[:, newer] = other
            key[:, older] = other
        second.q_proj.weight[rows] = query * 1.5
        second.k_proj.weight[rows] = key * 1.5
        part = out[head * size : (head + 1) * size]
        second.v_proj.weight[every] = 0
        second.v_proj.weight[head * size : head * size + len(part), words] = part
        second.o_proj.weight[:, every] = 0
        second.o_proj.weight[words, head * size : head * size + len(part)] = part.T * 9 * std
    for layer in reader.model.layers:
        layer.mlp.down_proj.weight *= 0.3
    for layer in reader.model.layers[2:]:
        layer.self_attn.o_proj.weight *= 0.3
    reader.model.norm.weight[:] = 0.6
    if frequencies is not None:
        reader.model.norm.weight[0] = 60
