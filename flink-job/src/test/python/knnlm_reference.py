"""An independent KNN-LM (Khandelwal et al.), in NumPy, over a small datastore; its results are compared with the product's.

usage: knnlm_reference.py MODEL_DIR OUT_DIR     (operators/model/src/test/resources/models/gpt2-growing)

Writes OUT_DIR/knnlm-corpus.jsonl and OUT_DIR/knnlm-reference.json. What is independent: the graph (keys and values that grow, not the
shared ones), the tensor (taken by its name in the export), the search (a plain sort in double), mixture and perplexity. A text in which
rounding might decide which neighbour is the last, or which token is the best, is refused: choose another seed.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from tokenizers import Tokenizer

KEY = "/model/transformer/h.1/ln_2/LayerNormalization_output_0"
SEED, PASSAGES, WORDS = 5, 60, 22
WINDOW, LEFT = 48, 12
LAMBDA, TEMPERATURE = 0.25, 10.0
KS = (1, 8, 32)
LISTED = 10
GENERATED = 16
DISTANCE_GAP, MARGIN = 1e-4, 1e-4


class Model:
    def __init__(self, directory):
        graph = onnx.load(directory / "model.onnx")
        graph.graph.output.append(onnx.helper.make_tensor_value_info(KEY, onnx.TensorProto.FLOAT, None))
        self.session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
        config = json.loads((directory / "config.json").read_text())
        heads, size = config["n_head"], config["n_embd"] // config["n_head"]
        self.end = config["eos_token_id"]
        self.past = {i.name: np.zeros((1, heads, 0, size), np.float32) for i in self.session.get_inputs() if i.name.startswith("past")}

    def run(self, tokens):
        """Keys of all positions, and natural log-probabilities after the last. This model has no begin-of-sequence token."""
        ids = np.array([tokens])
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "position_ids": np.arange(ids.shape[1])[None]} | self.past
        keys, logits = self.session.run([KEY, "logits"], feeds)
        scores = logits[0, -1].astype(np.float64)
        scores -= scores.max()
        return keys[0].astype(np.float64), scores - np.log(np.exp(scores).sum())


def main(directory, out):
    model, tokenizer = Model(directory), Tokenizer.from_file(str(directory / "tokenizer.json"))
    encode = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    random = np.random.default_rng(SEED)
    words = "river mountain world city engine light paper winter queen stone island house north music garden ship letter first known made".split()
    chain = {word: random.choice(words, 3) for word in words}  # what may follow a word: text that repeats itself
    texts = []
    for _ in range(PASSAGES + 2):
        text = [random.choice(words)]
        while len(text) < WORDS:
            text.append(random.choice(chain[text[-1]]))
        texts.append("The " + " ".join(text) + ".")
    corpus, (evaluated, prompts) = texts[:PASSAGES], texts[PASSAGES:]

    stream = [token for text in corpus for token in encode(text + "\n")]
    keys, entries = [], len(stream) - 1
    for start in range(0, entries, WINDOW - LEFT):
        end, begin = min(entries, start + WINDOW - LEFT), max(0, start - LEFT)
        keys.append(model.run(stream[begin:end])[0][start - begin:])
    keys, values = np.concatenate(keys), np.array(stream[1:])
    assert keys.shape[0] == entries == len(values)

    def search(key, k):
        distances = ((keys - key) ** 2).sum(1)
        order = np.argsort(distances, kind="stable")[:k + 1]
        if distances[order[-1]] - distances[order[-2]] < DISTANCE_GAP:
            raise SystemExit("a near tie of distances: choose another seed")
        return order[:k], distances[order[:k]]

    def mixed(log_probabilities, distances, tokens):
        weights = np.exp((distances[0] - distances) / TEMPERATURE)
        knn = np.bincount(tokens, weights / weights.sum(), len(log_probabilities))
        return knn, LAMBDA * knn + (1 - LAMBDA) * np.exp(log_probabilities)

    text = encode(evaluated)
    positions, sums = [], {"model": 0.0, **{k: 0.0 for k in KS}}
    for i in range(1, len(text)):
        own, log_probabilities = model.run(text[:i])
        row = {"modelProbability": float(np.exp(log_probabilities[text[i]])), "neighbours": []}
        sums["model"] -= log_probabilities[text[i]]
        for k in KS:
            near, distances = search(own[-1], k)
            knn, p = mixed(log_probabilities, distances, values[near])
            sums[k] -= np.log(p[text[i]])
            row["neighbours"].append({
                "k": k, "positions": near[:LISTED].tolist(), "distances": [round(d, 4) for d in distances[:LISTED].tolist()],
                "values": values[near[:LISTED]].tolist(), "knnProbability": float(knn[text[i]]), "probability": float(p[text[i]])})
        positions.append(row)
    generated = []
    for words in (2, 5, 9):
        prompt = " ".join(prompts.split()[:words])
        for k in KS:
            tokens = list(encode(prompt))
            start = len(tokens)
            for _ in range(GENERATED):
                own, log_probabilities = model.run(tokens)
                near, distances = search(own[-1], k)
                p = mixed(log_probabilities, distances, values[near])[1]
                best = np.sort(p)[-2:]
                if best[1] - best[0] < MARGIN:
                    raise SystemExit("a near tie of tokens: choose another seed")
                tokens.append(int(p.argmax()))
                if tokens[-1] == model.end:
                    raise SystemExit("an end token: choose another seed")
            generated.append({"prompt": prompt, "k": k, "tokens": tokens[start:]})
    count = len(text) - 1
    result = {
        "window": WINDOW, "left": LEFT, "lambda": LAMBDA, "temperature": TEMPERATURE, "entries": entries,
        "values": values.tolist(), "evaluated": text, "positions": positions, "generated": generated,
        "perplexity": {str(name): float(np.exp(total / count)) for name, total in sums.items()}}
    lines = [json.dumps({"id": str(i), "title": "", "text": text}) for i, text in enumerate(corpus)]
    (out / "knnlm-corpus.jsonl").write_text("\n".join(lines) + "\n")
    (out / "knnlm-reference.json").write_text(json.dumps(result) + "\n")
    print(entries, "entries, perplexity", result["perplexity"], "distinct tokens", len({t for g in generated for t in g["tokens"]}))


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:]))
