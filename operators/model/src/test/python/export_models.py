"""Exports tiny randomly initialised language models and the tokens that transformers generates with them.

usage: export_models.py OUT_DIR

Writes OUT_DIR/{gpt2,opt,llama}-growing and {gpt2,llama}-shared (model.onnx, config.json, tokenizer.json), and
OUT_DIR/expected.json: the prompts, the documents, and greedy tokens by `generate(do_sample=False)`.
"""

import copy
import json
import pathlib
import sys
import warnings

import numpy as np
import onnxruntime
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, OPTConfig, OPTForCausalLM

import growing_kv_graph
import shared_kv_graph
import tokenizer_files

CONTEXT = 192
DOCUMENT_TOKENS = 72  # what the product gives a document in such a context
NEW_TOKENS = 36
STRIDE = 4
MARGIN = 1e-4  # least distance of the best and the second logit: ten times what graphs differ by

DOCUMENTS = [
    ("River", "A river is water on the way from a mountain to the world. People first made a city where the river was known."),
    ("Engine", "The first engine was made of light and paper during the winter, and after that there was one more."),
    ("Queen", " ".join(["The queen of the stone island also had a house in the north, where some music was known in the garden."] * 3)),
    ("", "été — 星 of the ship"),
]
PROMPTS = ["Who made the first engine?", "where is the stone island and the garden of the queen", "a", "Île 17 — 星 river\nletter"]
SWITCHES = [0, 0, 1, 1, 0, -1, 2, 2, 3]  # the document of each stride


class NearTie(Exception):
    """Two tokens are so close that rounding decides between them: another seed is needed."""


def gpt2(tokenizer):
    end = tokenizer.token_to_id("<|endoftext|>")
    return GPT2LMHeadModel(GPT2Config(
        vocab_size=tokenizer.get_vocab_size(), n_positions=CONTEXT, n_embd=64, n_layer=2, n_head=4,
        initializer_range=0.25, tie_word_embeddings=False, bos_token_id=end, eos_token_id=end))


def opt(tokenizer):
    return OPTForCausalLM(OPTConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=64, word_embed_proj_dim=64, num_hidden_layers=2,
        num_attention_heads=4, ffn_dim=128, max_position_embeddings=CONTEXT, init_std=0.25, tie_word_embeddings=False,
        bos_token_id=2, eos_token_id=2, pad_token_id=1))


def llama(tokenizer):
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=CONTEXT, initializer_range=0.25,
        tie_word_embeddings=False, bos_token_id=1, eos_token_id=2))


FAMILIES = {
    "gpt2": (gpt2, lambda: tokenizer_files.byte_level(special=["<|endoftext|>"]), None),
    "opt": (opt, lambda: tokenizer_files.byte_level(special=["<unk>"], first=["<s>", "<pad>", "</s>"]), 2),
    "llama": (llama, tokenizer_files.sentence_piece, 1),
}


def main(out):
    warnings.filterwarnings("ignore")
    expected = {"documents": [{"title": t, "text": x} for t, x in DOCUMENTS], "switches": SWITCHES, "stride": STRIDE}
    for family, (create, create_tokenizer, begin) in FAMILIES.items():
        tokenizer = create_tokenizer()
        for seed in range(100):
            torch.manual_seed(seed)
            model = create(tokenizer).eval()
            model.set_attn_implementation("eager")
            model.generation_config.pad_token_id = 0
            try:
                expected[family] = cases(model, tokenizer, begin)
                break
            except NearTie:
                continue
        growing = directory(out / f"{family}-growing", model, tokenizer)
        growing_kv_graph.build(copy.deepcopy(model), growing, positions=family != "opt", last_only=family != "opt")
        check(model, growing)
        if family != "opt":
            shared = directory(out / f"{family}-shared", model, tokenizer)
            # Both of Hugging Face's names and shapes occur in the wild.
            shared_kv_graph.build(model, shared, ("logits_to_keep", []) if family == "gpt2" else ("num_logits_to_keep", [1]))
            check(model, shared)
    (out / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n", encoding="utf-8")


def directory(path, model, tokenizer):
    path.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path / "tokenizer.json"))
    model.config.save_pretrained(path)
    return str(path / "model.onnx")


def cases(model, tokenizer, begin):
    """Continuations of each prompt with each document, and with the document changing from stride to stride."""
    encode = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    start = [] if begin is None else [begin]

    def context(document):
        if document < 0:
            return start
        title, text = DOCUMENTS[document]
        return (start + encode((title + "\n" if title else "") + text + "\n"))[:DOCUMENT_TOKENS]

    result = {"begin": begin, "prompts": [], "fixed": [], "switching": []}
    for prompt in PROMPTS:
        ids = encode(prompt)
        result["prompts"].append({"text": prompt, "tokens": ids, "decoded": tokenizer.decode(ids)})
        for document in range(-1, len(DOCUMENTS)):
            tokens = greedy(model, context(document) + ids, NEW_TOKENS)
            result["fixed"].append({"document": document, "prompt": ids, "tokens": tokens, "text": tokenizer.decode(tokens)})
        tokens = []
        for document in SWITCHES:
            tokens += greedy(model, context(document) + ids + tokens, STRIDE)
        result["switching"].append({"prompt": ids, "tokens": tokens})
    distinct = {token for case in result["fixed"] for token in case["tokens"]}
    print(f"{model.config.model_type}: {len(distinct)} distinct tokens of {model.config.vocab_size}")
    assert len(distinct) > 100, "too few different tokens to tell a right model from a wrong one"
    return result


def greedy(model, context, count):
    with torch.no_grad():
        ids = torch.tensor([context])
        tokens = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=count)[0]
        logits = model(tokens[None]).logits[0, len(context) - 1:-1]
    best = logits.topk(2).values
    if (best[:, 0] - best[:, 1]).min() < MARGIN:
        raise NearTie
    return tokens[len(context):].tolist()


def check(model, path):
    """The graph's logits and torch's, for one prefill and then two and one tokens more."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    layers, _, kv_heads, size = shared_kv_graph.shape(model.config)
    ids = torch.randint(0, model.config.vocab_size, (1, 12))
    with torch.no_grad():
        reference = model(ids).logits[0].numpy()
    names = [i.name for i in session.get_inputs()]
    past = {n: np.zeros((1, kv_heads, 0, size), np.float32) for n in names if n.startswith("past")}
    worst, start = 0.0, 0
    for end in (9, 11, 12):
        feeds = {"input_ids": ids[:, start:end].numpy(), "attention_mask": np.ones((1, end), np.int64),
                 "position_ids": np.arange(start, end)[None], "logits_to_keep": np.array(end - start),
                 "num_logits_to_keep": np.array([end - start])} | past
        outputs = dict(zip((o.name for o in session.get_outputs()), session.run(None, {n: feeds[n] for n in names})))
        rows = outputs["logits"].shape[1]
        worst = max(worst, np.abs(outputs["logits"][0] - reference[end - rows:end]).max())
        past = {n: outputs[n.replace("past_key_values", "present")] for n in past}
        start = end
    print(f"  {path}: largest difference {worst:.1e}, inputs {[n for n in names if n not in past]}")
    assert worst < MARGIN / 2


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
