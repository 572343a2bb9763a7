"""Write what PyTorch (tokens, scores) and the tokenizers library (token ids) say of a model, for the product's tests.

usage: expected.py --model ../reader --out ../src/test/resources/reader-expected.json

The model is that of the exported graph's weights, in float32 on the CPU. Where a greedy choice is closer than 0.02 to the second best, two
correct programs could differ, so an answer stops before it.
"""

import argparse
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer

from prepare_data import BEGIN, END
from weights import exported

NEW_TOKENS, LEAST_MARGIN, LEAST_TOKENS = 40, 0.02, 60
DOCUMENT = {"title": "lighthouse", "text": "A lighthouse is a tower with a light that gives warning of shoals to passing ships. Also called beacon."}
PROMPTS = [
    "What is a lighthouse?",
    "Question: What is a lighthouse?\nAnswer:",
    "A lighthouse is",
    "The tower gives warning of",
    "It is also called",
    "In the year 1912",
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
    "don't stop!!! \"quoted\" -- well... #hashtag @name 100%",
    "nul \u0000 bell \u0007 nbsp \u00a0 zero width \u200b end",
    "a" * 60,
]


def greedy(reader, ids):
    tokens, first = [], None
    while len(tokens) < NEW_TOKENS and END not in tokens:
        with torch.no_grad():
            logits = reader(torch.tensor([ids + tokens]))[0][0, -1]
        first = logits[:8].tolist() if first is None else first
        best, second = logits.topk(2).values.tolist()
        if best - second < LEAST_MARGIN:
            break
        tokens.append(int(logits.argmax()))
    return {"tokens": tokens, "first_logits": first}


def main(args):
    reader = exported(args.model)
    tokenizer = Tokenizer.from_file(str(Path(args.model) / "tokenizer.json"))

    def encode(text):
        return tokenizer.encode(text, add_special_tokens=False).ids

    result = {"document": DOCUMENT, "greedy": [], "texts": []}
    for prompt in PROMPTS:
        for document in (-1, 0):
            before = encode(f"{DOCUMENT['title']}\n{DOCUMENT['text']}\n") if document == 0 else []
            ids = [BEGIN] + before + encode(prompt)
            result["greedy"].append({"document": document, "ids": ids, "prompt_ids": encode(prompt)} | greedy(reader, ids))
    made = sum(len(each["tokens"]) for each in result["greedy"])
    assert made >= LEAST_TOKENS, made
    for text in TEXTS:
        ids = encode(text)
        result["texts"].append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids)})
    Path(args.out).write_text(json.dumps(result, separators=(",", ":")) + "\n")
    print(f"{made} tokens after {len(result['greedy'])} prompts")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--out", required=True)
    main(parser.parse_args())
