"""Make a tokenizer and packed training data from passages.

usage: prepare_data.py --passages passages_100w.tsv.zst [more.jsonl] --out DIR [--max-passages N] [--vocabulary 8192] [--seed 0]

In: lines of id, text, title (tab-separated, the first names them; .zst or plain), in the order of the articles; or JSON lines with
these fields.
Out, in DIR:
  tokenizer.json     byte-level BPE, no template: the product puts <s> first itself
  documents.npy      all documents' tokens, each as the product feeds it ("title\\n text\\n", alone), uint16
  document_ends.npy  where each ends
  articles.npy       the article of each document
  segments.npy       tokens of what may follow a document: two sentences, or a question's prompt and its answer, uint16
  segment_table.npy  per segment: start, length, length of its prompt (0: sentences, to be cut anywhere), document
  held_out.jsonl     the passages of 2 % of the articles, which training never sees; for evaluate.py and questions.py
"""

import argparse
import io
import json
import random
import zlib
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from questions import prompt, questions, sentences

SPECIAL = ["<unk>", "<s>", "</s>"]
BEGIN, END = 1, 2
BLOCK = 4000


def passages(path, limit):
    """(id, text, title, first of its article) of the first `limit` (0: all)"""
    if path.endswith(".zst"):
        import zstandard

        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(open(path, "rb")), encoding="utf-8")
    else:
        lines = open(path, encoding="utf-8")
    if not path.endswith(".jsonl"):
        next(lines)
    last = None
    for number, line in enumerate(lines):
        if limit and number >= limit:
            return
        if path.endswith(".jsonl"):
            identifier, text, title = (json.loads(line)[field] for field in ("id", "text", "title"))
        else:
            identifier, text, title = line.rstrip("\n").split("\t")
        yield identifier, text, title, title != last
        last = title


def held_out(title):
    return zlib.crc32(title.encode()) % 50 == 0


def train_tokenizer(texts, size, file):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.save(str(file))
    return tokenizer


def flat(pieces):
    ends = np.cumsum([len(piece) for piece in pieces])
    return np.concatenate([np.asarray(piece, dtype=np.uint16) for piece in pieces]), ends.astype(np.int64)


def main(args):
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(args.seed)
    rows = [row for path in args.passages for row in passages(path, args.max_passages)]
    if not args.keep_tokenizer or not (out / "tokenizer.json").exists():
        sample = rng.sample(rows, min(args.tokenizer_passages, len(rows)))
        train_tokenizer((f"{title}\n{text}\nQuestion: what?\nAnswer:" for _, text, title, _ in sample if not held_out(title)),
                        args.vocabulary, out / "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))

    documents, articles, table, segments = [], [], [], []
    article, start = -1, 0
    with open(out / "held_out.jsonl", "w", encoding="utf-8") as held:
        for block in range(0, len(rows), BLOCK):
            texts, follow = [], []
            for identifier, text, title, first in rows[block : block + BLOCK]:
                article += first
                if held_out(title):
                    row = {"id": identifier, "title": title, "text": text, "first": first, "article": article}
                    held.write(json.dumps(row, ensure_ascii=False) + "\n")
                    continue
                number = len(documents) + len(texts)
                articles.append(article)
                texts.append(f"{title}\n{text}\n")
                parts = sentences(text)
                for i in range(0, len(parts), 2):
                    follow.append((number, "", " ".join(parts[i : i + 2])))
                for _, question, answer, _ in questions(title, text, first, rng):
                    follow.append((number, prompt(question, rng), " " + answer))
            documents += [encoding.ids for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]
            prompts = tokenizer.encode_batch([piece[1] for piece in follow], add_special_tokens=False)
            answers = tokenizer.encode_batch([piece[2] for piece in follow], add_special_tokens=False)
            for (number, asked, _), before, after in zip(follow, prompts, answers):
                ids = before.ids + after.ids + ([END] if asked else [])
                if len(ids) - len(before.ids) >= 6 and len(ids) < 250:
                    segments.append(np.asarray(ids, dtype=np.uint16))
                    table.append((start, len(ids), len(before.ids), number))
                    start += len(ids)
    tokens, ends = flat(documents)
    np.save(out / "documents.npy", tokens)
    np.save(out / "document_ends.npy", ends)
    np.save(out / "articles.npy", np.asarray(articles, dtype=np.int32))
    np.save(out / "segments.npy", np.concatenate(segments))
    np.save(out / "segment_table.npy", np.asarray(table, dtype=np.int64))
    asked = sum(1 for row in table if row[2])
    print(f"{len(documents)} documents of {len(tokens) / len(documents):.0f} tokens, {len(table)} segments, {asked} of them questions")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", required=True, nargs="+")
    parser.add_argument("--out", required=True)
    parser.add_argument("--max-passages", type=int, default=0, help="of each file; 0: all")
    parser.add_argument("--vocabulary", type=int, default=8192)
    parser.add_argument("--tokenizer-passages", type=int, default=60000, help="passages that the tokenizer is trained on")
    parser.add_argument("--keep-tokenizer", action="store_true", help="use DIR's tokenizer.json if there is one")
    parser.add_argument("--seed", type=int, default=0)
    main(parser.parse_args())
