"""Batches in the product's layout: a document, then what follows it.

A row has one document and several segments (a question and its answer, or sentences). Every segment sees the document and itself
only, and its positions go on from the document's: as if each had a row of its own, but the document is read once.
"""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from prepare_data import BEGIN, END

DOCUMENT_TOKENS = 192  # the product's default for a context of 512; <s> is one of them
FIRST, FIRST_WEIGHT = 3, 3.0


class Examples:
    def __init__(self, directory, length, seed):
        directory = Path(directory)
        load = lambda name: np.load(directory / name, mmap_mode="r")
        self.documents, self.ends, self.articles = load("documents.npy"), load("document_ends.npy"), load("articles.npy")
        self.segments, self.table = load("segments.npy"), np.asarray(load("segment_table.npy"))
        self.first = np.searchsorted(self.table[:, 3], np.arange(len(self.ends) + 1))
        self.asks = np.flatnonzero(np.diff(np.concatenate([[0], np.cumsum(self.table[:, 2] > 0)])[self.first]) > 0)
        # First passages of articles, where definitions are.
        self.openings = self.asks[self.articles[np.maximum(self.asks - 1, 0)] != self.articles[self.asks]]
        self.length, self.rng = length, np.random.default_rng(seed)
        tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self.vocabulary = tokenizer.get_vocab_size()
        pieces = [tokenizer.id_to_token(i) for i in range(self.vocabulary)]
        self.starts_word = np.array([piece.startswith("Ġ") for piece in pieces])

    def frequencies(self):
        """Shares of the tokens in the first documents, none of them 0."""
        counts = np.bincount(self.documents[:5_000_000], minlength=self.vocabulary) + 1.0
        return counts / counts.sum()

    def document(self, number):
        start = self.ends[number - 1] if number else 0
        return np.concatenate([[BEGIN], self.documents[start : min(self.ends[number], start + DOCUMENT_TOKENS - 1)]]).astype(np.int64)

    def neighbour(self, number):
        other = number + self.rng.choice((-1, 1))
        return other if 0 <= other < len(self.ends) and self.articles[other] == self.articles[number] else number

    def following(self, number, questions):
        """Segments of a document: tokens and how many of them are the prompt."""
        rows = self.table[self.first[number] : self.first[number + 1]]
        rows = rows[self.rng.permutation(len(rows))]
        if questions:
            rows = rows[np.argsort(rows[:, 2] == 0, kind="stable")]
        for start, length, prompt, _ in rows:
            tokens = self.segments[start : start + length].astype(np.int64)
            if not prompt:
                cuts = np.flatnonzero(self.starts_word[tokens[: length // 2 + 2]])
                cuts = cuts[cuts >= 2]
                prompt = self.rng.choice(cuts) if len(cuts) else min(3, length - 1)
            yield tokens, int(prompt)

    def row(self, synthetic):
        """A document and its segments."""
        if synthetic:
            tokens = self.rng.integers(3, self.vocabulary, self.rng.integers(40, DOCUMENT_TOKENS))
            document = np.concatenate([[BEGIN], tokens])
            segments = []
            for _ in range(12):
                start, length = self.rng.integers(0, len(tokens) - 12), self.rng.integers(8, 40)
                segments.append((tokens[start : start + length], 2))
            return document, segments
        kind = self.rng.random()
        if kind < 0.65:
            number = int(self.rng.choice(self.openings if kind < 0.2 else self.asks))
        else:
            number = int(self.rng.integers(len(self.ends)))
        if kind < 0.82:  # the right document
            return self.document(number), list(self.following(number, kind < 0.75))
        segments = list(self.following(number, False))
        if kind < 0.92:  # one beside it
            return self.document(self.neighbour(number)), segments
        if kind < 0.96:  # any; answers are not to be learnt without their document
            return self.document(int(self.rng.integers(len(self.ends)))), [s for s in segments if s[0][-1] != END]
        return np.array([BEGIN]), [s for s in segments if s[0][-1] != END]

    def batch(self, rows, synthetic=0.0, elsewhere=0.25):
        """Tensors ids, positions, mask, chosen, targets, weights.

        `synthetic`: share of rows made of random tokens; `elsewhere`: share of document and prompt tokens that are learnt too."""
        ids = np.zeros((rows, self.length), dtype=np.int64)
        positions = np.zeros((rows, self.length), dtype=np.int64)
        owner = np.full((rows, self.length), -1)  # 0: document, 1...: segment
        chosen, targets, weights = [], [], []
        for row in range(rows):
            document, segments = self.row(self.rng.random() < synthetic)
            at = len(document)
            ids[row, :at], positions[row, :at], owner[row, :at] = document, np.arange(at), 0
            picked = np.flatnonzero(self.rng.random(at - 1) < elsewhere)
            if synthetic < 1:
                chosen += list(row * self.length + picked)
                targets += list(document[picked + 1])
                weights += [0.4] * len(picked)
            for segment, (tokens, prompt) in enumerate(segments, 1):
                tokens = tokens[: self.length - at]
                if len(tokens) <= prompt + 1:
                    break
                place = slice(at, at + len(tokens))
                ids[row, place], owner[row, place] = tokens, segment
                positions[row, place] = len(document) + np.arange(len(tokens))
                chosen += list(row * self.length + at + np.arange(prompt - 1, len(tokens) - 1))
                targets += list(tokens[prompt:])
                # The first words say whether the right sentence was found; the rest follows by copying.
                start = FIRST if tokens[-1] == END else 0
                weights += ([FIRST_WEIGHT] * start + [1.0] * len(tokens))[: len(tokens) - prompt]
                at += len(tokens)
        owner = torch.from_numpy(owner)
        same = (owner[:, :, None] == owner[:, None, :]) | ((owner[:, None, :] == 0) & (owner[:, :, None] > 0))
        mask = same & torch.ones(self.length, self.length, dtype=torch.bool).tril()
        return (torch.from_numpy(ids), torch.from_numpy(positions), mask[:, None], torch.tensor(np.array(chosen)),
                torch.tensor(np.array(targets)), torch.tensor(weights))
