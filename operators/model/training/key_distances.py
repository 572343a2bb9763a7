"""Squared distances between the keys of an exported model, to choose the temperature of KNN-LM by. Prints one JSON object.

usage: key_distances.py --model ../reader --documents documents.jsonl [--tokens 60000] [--queries 200] [--seed 0]

Keys are those of the first tokens of the documents' texts, in windows of 256 tokens after up to 128 before them. Medians over random
keys: to the nearest other key, to the 64th nearest, and the difference of the two.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from export_onnx import Session
from prepare_data import BEGIN

WINDOW, BEFORE, FAR = 256, 128, 64


def keys(model, documents, count):
    tokenizer, ids = Tokenizer.from_file(str(Path(model) / "tokenizer.json")), []
    with open(documents, encoding="utf-8") as lines:
        for line in lines:
            ids += tokenizer.encode(json.loads(line)["text"], add_special_tokens=False).ids
            if len(ids) >= count:
                break
    ids, session, parts = ids[:count], Session(Path(model) / "model.onnx"), []
    for start in range(0, len(ids), WINDOW):
        own = ids[start : start + WINDOW]
        rows, _ = session.run([BEGIN] + ids[max(0, start - BEFORE) : start] + own, output="knn_key", whole=True)
        parts.append(rows[-len(own) :])
    return np.concatenate(parts)


def main(args):
    kept = keys(args.model, args.documents, args.tokens)
    asked = kept[np.random.default_rng(args.seed).choice(len(kept), args.queries, replace=False)]
    distances = (asked**2).sum(1)[:, None] - 2 * asked @ kept.T + (kept**2).sum(1)[None]
    distances.sort(1)  # the first is the key itself
    first, far = distances[:, 1], distances[:, FAR]
    print(json.dumps({"keys": len(kept), "nearest": round(float(np.median(first)), 1), f"nearest_{FAR}": round(float(np.median(far)), 1),
                      "between": round(float(np.median(far - first)), 1)}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--documents", required=True)
    parser.add_argument("--tokens", type=int, default=60000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    main(parser.parse_args())
