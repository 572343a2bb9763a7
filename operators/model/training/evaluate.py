"""Measure an exported model on articles that it was not trained on. Prints one JSON object.

usage: evaluate.py --model DIR --data DIR [--passages 200] [--questions 200] [--threads 1] [--answers FILE]

Perplexity: per token of the second half of a passage, after its own first sentences, with a document before it: the passage itself
("right", the continuation is in it), another passage of the same article ("neighbour"), one of another article ("wrong"), or none.
Questions: share of made-up questions (questions.py) whose greedy answer contains the gold phrase, with the same kinds of documents.
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from examples import DOCUMENT_TOKENS
from export_onnx import Session
from prepare_data import BEGIN, END
from questions import held_out_questions, sentences

ANSWER_TOKENS = 32
BASELINE_EVERY = 4  # questions that are asked with a wrong document and with none too


class Reading:
    def __init__(self, model, threads):
        self.tokenizer = Tokenizer.from_file(str(Path(model) / "tokenizer.json"))
        self.session = Session(Path(model) / "model.onnx", threads)

    def encode(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def document(self, passage):
        return [BEGIN] + (self.encode(f"{passage['title']}\n{passage['text']}\n")[: DOCUMENT_TOKENS - 1] if passage else [])

    def surprise(self, passage, prompt, continuation):
        """Summed negative log-likelihood of the continuation's tokens."""
        logits, _ = self.session.run(self.document(passage) + prompt + continuation[:-1], keep=len(continuation))
        logits = logits.astype(np.float64)
        logits -= logits.max(-1, keepdims=True)
        return float((np.log(np.exp(logits).sum(-1)) - logits[np.arange(len(continuation)), continuation]).sum())

    def answer(self, passage, prompt):
        ids, past, tokens = self.document(passage) + self.encode(prompt), None, []
        while len(tokens) < ANSWER_TOKENS:
            chosen, past = self.session.run(ids, past, keep=1, output="next_token")
            if chosen[-1] == END:
                break
            tokens.append(int(chosen[-1]))
            ids = tokens[-1:]
        return self.tokenizer.decode(tokens)


def plain(text):
    return " ".join(text.lower().split())


def perplexities(reading, passages, count, rng):
    sums, tokens = dict.fromkeys(("right", "neighbour", "wrong", "none"), 0.0), 0
    pairs = [(a, b) for a, b in zip(passages, passages[1:]) if a["article"] == b["article"] and len(sentences(b["text"])) >= 3]
    for neighbour, own in rng.sample(pairs, min(count, len(pairs))):
        parts = sentences(own["text"])
        half = len(parts) // 2
        prompt, continuation = reading.encode(" ".join(parts[1:half + 1])), reading.encode(" " + " ".join(parts[half + 1 :]))
        continuation = continuation[:48]
        # What the cut to the fixed number of tokens took away is not in the document.
        text = reading.tokenizer.decode(reading.document(own)[1:])
        if not prompt or len(continuation) < 8 or reading.tokenizer.decode(continuation).strip() not in text:
            continue
        wrong = rng.choice(passages)
        for kind, document in (("right", own), ("neighbour", neighbour), ("wrong", wrong), ("none", None)):
            sums[kind] += reading.surprise(document, prompt, continuation)
        tokens += len(continuation)
    return {"tokens": tokens, **{kind: round(float(np.exp(total / tokens)), 2) for kind, total in sums.items()}}


def answers(reading, asked, passages, rng):
    right, kinds, copied, rows = {"right": [], "wrong": [], "none": []}, {}, 0, []
    for number, question in enumerate(asked):
        row = {"prompt": question["prompt"], "gold": question["gold"]}
        for kind, document in (("right", question), ("wrong", rng.choice(passages)), ("none", None)):
            if kind != "right" and number % BASELINE_EVERY:
                continue
            row[kind] = reading.answer(document, question["prompt"])
            found = plain(question["gold"]) in plain(row[kind])
            right[kind].append(found)
            if kind == "right":
                kinds.setdefault(question["kind"], []).append(found)
                copied += len(row[kind]) > 20 and plain(row[kind]) in plain(question["text"])
        rows.append(row)
    return {**{kind: f"{sum(found)}/{len(found)}" for kind, found in right.items()},
            "right_by_kind": {kind: f"{sum(found)}/{len(found)}" for kind, found in sorted(kinds.items())},
            "answer_is_word_for_word_in_the_document": f"{copied}/{len(asked)}"}, rows


def main(args):
    reading, rng = Reading(args.model, args.threads), random.Random(args.seed)
    with open(Path(args.data) / "held_out.jsonl", encoding="utf-8") as lines:
        passages = [json.loads(line) for line in lines]
    measured, rows = answers(reading, held_out_questions(args.data, args.questions, args.seed), passages, rng)
    if args.answers:
        Path(args.answers).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    print(json.dumps({"questions": measured, "perplexity": perplexities(reading, passages, args.passages, rng)}, indent=2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--passages", type=int, default=200)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--answers", help="write what was answered, one JSON object a line")
    main(parser.parse_args())
