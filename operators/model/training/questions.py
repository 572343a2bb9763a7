"""Extractive questions made from text by templates, and a command that writes the held-out ones as JSON lines.

usage: questions.py --data DIR [--count 200] [--seed 0] > questions.jsonl

A question is made from one sentence; its answer is that sentence, word for word, and its gold phrase is a part of it that the
question does not say. The same templates make training examples and held-out questions, from different articles.
"""

import argparse
import json
import random
import re
from pathlib import Path

SENTENCE_END = re.compile(r"(?<=[a-z0-9)\"'][.!?]) (?=[A-Z\"'])")
ABBREVIATION = re.compile(r"\b(Mr|Mrs|Dr|St|vs|No|Prof|Jr|Sr|Lt|Col|Gen|etc|e\.g|i\.e|c|ca)\.$")
YEAR = re.compile(r" in (1\d{3}|20\d\d)\b")
NAME = re.compile(r"^((?:[A-Z][\w'-]+ ){1,3}[A-Z][\w'-]+) ((?:was|is|has|had|were|are|became|won|wrote|made|played|[a-z]{3,}ed) .+)$")
PLACE = re.compile(r"(?<=[a-z,]) (in|at|near|from) ((?:the )?[A-Z][a-z]+(?: [A-Z][a-z]+)*)(?=[,.; ])")
GAP = re.compile(r"(?<=[a-z,] )(?:[A-Z][a-z]+(?: [A-Z][a-z]+)*|\d[\d,]*\d)(?=[,.; ])")
DEFINED = re.compile(r"^(.{3,120}?) (is|was|are|were) (an?|the|one of) (.{8,}?)[,.;]")
ARTICLE = re.compile(r"^(an?|the) ", re.I)
PERSON = re.compile(r"\bborn\b|\d{4} ?[-–] ?\d{4}|footballer|politician|player|singer|actor|actress|writer|author")
PRONOUN = re.compile(r"^(He|She|It|They|This|These|There|In|On|At|His|Her|Its|The|A|An|When|After|As|For|With)\b")


def sentences(text):
    """Whole sentences of a passage; its first and last piece may be parts of one, as passages are cut after 100 words."""
    parts = []
    for part in SENTENCE_END.split(text):
        if parts and ABBREVIATION.search(parts[-1]):
            parts[-1] += " " + part
        else:
            parts.append(part)
    return parts


def lower_first(text):
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]


def questions(title, text, first, rng):
    """(kind, question, answer sentence, gold phrase) of a passage; `first`: it is the first of its article."""
    found = []
    parts = sentences(text)
    whole = parts[(0 if first else 1) : len(parts) if text[-1:] in ".!?" else -1]
    for place, sentence in enumerate(whole):
        words = sentence.count(" ") + 1
        if not 5 <= words <= 26 or "_" in sentence or sentence.count("(") != sentence.count(")"):
            continue
        options = []
        match = DEFINED.match(sentence)
        name = re.sub(r" \(.*\)$", "", title)
        if match and first and place == 0 and name and ARTICLE.sub("", match[1].lower()).startswith(name.lower()[:4]):
            article = ARTICLE.match(match[1])
            about = article[0].lower() + name if article else name
            who = "Who" if not article and PERSON.search(sentence) else "What"
            if who == "What" and not article and rng.random() < 0.5:
                about = lower_first(about)
            found.append(("definition", f"{who} {match[2]} {about}?", sentence, " ".join(match[4].split()[:6])))
        match = NAME.match(sentence)
        if match and not PRONOUN.match(sentence):
            options.append(("who", f"Who {match[2].rstrip('.')}?", sentence, match[1]))
        match = YEAR.search(sentence)
        if match:
            rest = sentence[: match.start()] + sentence[match.end() :].rstrip(".")
            options.append(("when", f"When: {rest}?" if rng.random() < 0.5 else f"In which year: {rest}?", sentence, match[1]))
        match = PLACE.search(sentence)
        if match and match.start() > 12:
            rest = sentence[: match.start()] + sentence[match.end() :].rstrip(".")
            options.append(("where", f"Where: {rest}?", sentence, match[2]))
        gaps = list(GAP.finditer(sentence, 10))
        if gaps:
            gap = rng.choice(gaps)
            rest = sentence[: gap.start()] + "what" + sentence[gap.end() :].rstrip(".")
            options.append(("cloze", rest + "?", sentence, gap[0]))
        if options:
            found.append(rng.choice(options))
    return found


def prompt(question, rng):
    """Half of the questions are asked as they are."""
    return question if rng.random() < 0.5 else f"Question: {question}\nAnswer:"


def held_out_questions(data, count, seed):
    """Made-up questions of held-out articles, evenly over the kinds, each with its passage."""
    rng = random.Random(seed)
    by_kind = {}
    with open(Path(data) / "held_out.jsonl", encoding="utf-8") as lines:
        for line in lines:
            passage = json.loads(line)
            for kind, question, answer, gold in questions(passage["title"], passage["text"], passage["first"], rng):
                by_kind.setdefault(kind, []).append(
                    {"kind": kind, "prompt": prompt(question, rng), "question": question, "gold": gold, "sentence": answer,
                     "passage": passage["id"], "title": passage["title"], "text": passage["text"]})
    for found in by_kind.values():
        rng.shuffle(found)
    chosen, kinds = [], sorted(by_kind)
    while len(chosen) < count and any(by_kind.values()):
        for kind in kinds:
            if by_kind[kind] and len(chosen) < count:
                chosen.append({"id": f"held-out-{len(chosen) + 1:03d}", **by_kind[kind].pop()})
    return chosen


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    for question in held_out_questions(args.data, args.count, args.seed):
        print(json.dumps(question, ensure_ascii=False))
