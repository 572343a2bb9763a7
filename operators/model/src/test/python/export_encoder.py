"""Exports a tiny randomly initialised BERT as a sentence encoder, with the vectors PyTorch gives for some texts.

usage: export_encoder.py OUT_DIR
"""

import json
import pathlib
import sys

import torch
from transformers import BertConfig, BertModel

from tokenizer_files import word_piece

MAX_TOKENS = 64
PROMPTS = {"query": "question: ", "document": "passage: "}
TEXTS = [
    "The first engine was made in winter.",
    "Who made the first engine?",
    "",
    "Île-de-France — north of the river",
    " ".join(["a long history of the city and the island"] * 20),
]


class TokenVectors(torch.nn.Module):
    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.bert(input_ids=input_ids, attention_mask=attention_mask,
                         token_type_ids=token_type_ids).last_hidden_state


def main(out):
    torch.manual_seed(7)
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = word_piece()
    tokenizer.save(str(out / "tokenizer.json"))
    bert = BertModel(BertConfig(vocab_size=tokenizer.get_vocab_size(), hidden_size=64, num_hidden_layers=2,
                                num_attention_heads=4, intermediate_size=128, max_position_embeddings=MAX_TOKENS,
                                initializer_range=0.12, attn_implementation="eager"), add_pooling_layer=False).eval()
    model = TokenVectors(bert).eval()
    names = ["input_ids", "attention_mask", "token_type_ids"]
    sample = tuple(torch.ones(2, 9, dtype=torch.int64) for _ in names)
    axes = {name: {0: "batch", 1: "tokens"} for name in [*names, "last_hidden_state"]}
    torch.onnx.export(model, sample, str(out / "model.onnx"), input_names=names, output_names=["last_hidden_state"],
                      dynamic_axes=axes, opset_version=17, dynamo=False)
    write(out / "modules.json", [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])
    write(out / "sentence_bert_config.json", {"max_seq_length": MAX_TOKENS, "do_lower_case": False})
    write(out / "config_sentence_transformers.json", {"prompts": PROMPTS, "similarity_fn_name": "cosine"})
    (out / "1_Pooling").mkdir(exist_ok=True)
    write(out / "1_Pooling/config.json", {"word_embedding_dimension": 64, "pooling_mode_cls_token": False,
                                          "pooling_mode_mean_tokens": True})
    expected = []
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    for text in TEXTS:
        for kind, prompt in PROMPTS.items():
            ids = torch.tensor([tokenizer.encode(prompt + text).ids])
            with torch.no_grad():
                states = model(ids, torch.ones_like(ids), torch.zeros_like(ids))[0]
            mean = torch.nn.functional.normalize(states.mean(0), dim=0)
            cls = torch.nn.functional.normalize(states[0], dim=0)
            expected.append({"text": text, "kind": kind, "mean": [round(x, 7) for x in mean.tolist()],
                             "cls": [round(x, 7) for x in cls.tolist()]})
    write(out / "expected.json", expected)


def write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
