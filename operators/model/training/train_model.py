"""Train the reader model. Stops and starts again where it was.

usage: train_model.py --data DIR --out DIR [--size 5m] [--minutes 50] [--tokens 0] [--device cpu] [--bf16] [--resume CHECKPOINT]

The schedule goes by progress: the larger share of --minutes (wall clock without long pauses) and --tokens that is used up. The rate
rises over the first --warmup steps, stays, and falls linearly to nothing in the last --decay of the way. A checkpoint has weights,
optimiser, progress and random state; OUT/last.pt is replaced every --save-minutes and at the end. The same seed on the same machine
gives the same batches; by the clock, not the same number of them, so use --tokens where a run must be repeatable.
"""

import argparse
import dataclasses
import json
import math
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from examples import Examples
from reader_model import SIZES, Reader, copy_heads

LONGEST_STEP = 30  # seconds; what a step takes longer was a pause, and does not count


def rate(progress, step, warmup, decay):
    return min(1, (step + 1) / warmup) * min(1, max(0, (1 - progress) / decay) + 0.02)


def optimizer(reader, args):
    kinds = {"embedding": [], "matrix": [], "vector": []}
    for name, weight in reader.named_parameters():
        kinds["vector" if weight.dim() < 2 else "embedding" if "embed" in name else "matrix"].append(weight)
    groups = [{"params": kinds["matrix"], "weight_decay": args.weight_decay, "factor": 1.0},
              {"params": kinds["vector"], "weight_decay": 0.0, "factor": 0.5},
              {"params": kinds["embedding"], "weight_decay": 0.0, "factor": 0.5, "eps": 1e-5}]
    # The larger eps keeps Adam from pushing rare tokens away step by step, just because they hardly ever come next.
    return torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.97), eps=1e-9, fused=args.device != "cpu")


def save(path, reader, optim, state, examples):
    parts = {"weights": reader.state_dict(), "shape": dataclasses.asdict(reader.shape), "optimizer": optim.state_dict(),
             "state": state, "random": examples.rng.bit_generator.state}
    torch.save(parts, str(path) + ".next")
    os.replace(str(path) + ".next", path)


class Batches(IterableDataset):
    """The same examples from several processes, for devices that are faster than one can make them."""

    def __init__(self, examples, rows, synthetic, seed):
        self.examples, self.rows, self.synthetic, self.seed = examples, rows, synthetic, seed

    def __iter__(self):
        self.examples.rng = np.random.default_rng([*self.seed, get_worker_info().id])
        while True:
            yield self.examples.batch(self.rows, self.synthetic.value)


def main(args):
    torch.manual_seed(args.seed)
    if args.threads:
        torch.set_num_threads(args.threads)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    examples = Examples(args.data, args.length, args.seed)
    shape = dataclasses.replace(SIZES[args.size], vocabulary=examples.vocabulary)
    reader = Reader(shape)
    if args.copy_heads:
        copy_heads(reader, examples.frequencies())
    reader.to(args.device)
    if args.copy_heads:
        trained = torch.ones(shape.width, device=args.device)
        trained[0] = 0
        reader.model.embed_tokens.weight.register_hook(lambda gradient: gradient * trained)
    optim = optimizer(reader, args)
    state = {"step": 0, "tokens": 0, "seconds": 0.0, "progress": 0.0}
    if args.resume and Path(args.resume).exists():
        kept = torch.load(args.resume, map_location=args.device, weights_only=False)
        reader.load_state_dict(kept["weights"])
        if not args.weights_only:
            optim.load_state_dict(kept["optimizer"])
            state.update(kept["state"])
            examples.rng.bit_generator.state = kept["random"]
    share = multiprocessing.Value("d", args.synthetic_first)
    batches = None
    if args.workers:
        stream = Batches(examples, args.rows, share, (args.seed, state["step"]))
        batches = iter(DataLoader(stream, batch_size=None, num_workers=args.workers, pin_memory=args.device != "cpu"))
    run = torch.compile(reader) if args.compile else reader
    print(json.dumps({"parameters": sum(p.numel() for p in reader.parameters()), **vars(args)}), flush=True)
    saved = shown = last = time.time()
    shown_tokens, losses = state["tokens"], []
    while True:
        state["seconds"] += min(time.time() - last, LONGEST_STEP)
        last = time.time()
        state["progress"] = max(
            state["seconds"] / 60 / args.minutes if args.minutes else 0, state["tokens"] / args.tokens if args.tokens else 0)
        over = state["progress"] >= 1
        if over or time.time() - saved > 60 * args.save_minutes:
            save(out / "last.pt", reader, optim, state, examples)
            saved = time.time()
        if over:
            break
        for group in optim.param_groups:
            group["lr"] = group["factor"] * args.rate * rate(state["progress"], state["step"], args.warmup, args.decay)
        share.value = args.synthetic_first if state["progress"] < args.synthetic_share else args.synthetic
        made = next(batches) if batches is not None else examples.batch(args.rows, share.value)
        batch = [part.to(args.device, non_blocking=True) for part in made]
        ids, positions, mask, chosen, targets, weights = batch
        with torch.autocast(args.device.split(":")[0], torch.bfloat16, enabled=args.bf16):
            logits, _ = run(ids, positions, mask, chosen)
        each = F.cross_entropy(logits.float(), targets, reduction="none")
        loss = (each * weights).sum() / weights.sum()
        optim.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optim.step()
        state["step"] += 1
        state["tokens"] += ids.numel()
        after = weights >= 1
        losses.append((each.detach()[after].mean().item(), each.detach()[~after].mean().item() if (~after).any() else math.nan))
        if time.time() - shown > args.show_seconds:
            recent = torch.tensor(losses).nanmean(0).tolist()
            print(json.dumps({"step": state["step"], "tokens": state["tokens"], "progress": round(state["progress"], 4),
                              "continuation_loss": round(recent[0], 3), "other_loss": round(recent[1], 3),
                              "tokens_per_second": round((state["tokens"] - shown_tokens) / (time.time() - shown))}), flush=True)
            shown, shown_tokens, losses = time.time(), state["tokens"], []


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--size", choices=SIZES, default="5m")
    parser.add_argument("--minutes", type=float, default=50, help="0: no limit by the clock")
    parser.add_argument("--tokens", type=float, default=0, help="0: no limit by tokens, padding included")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--resume", help="a checkpoint; ignored if it is not there")
    parser.add_argument("--weights-only", action="store_true", help="take weights from it, but start the schedule anew")
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--length", type=int, default=384)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--decay", type=float, default=0.4)
    parser.add_argument("--weight-decay", type=float, default=0.02)
    parser.add_argument("--synthetic-first", type=float, default=0.5, help="share of random-token rows at first")
    parser.add_argument("--synthetic-share", type=float, default=0.06, help="how long that is, of the whole way")
    parser.add_argument("--synthetic", type=float, default=0.05, help="share of random-token rows later")
    parser.add_argument("--no-copy-heads", dest="copy_heads", action="store_false")
    parser.add_argument("--save-minutes", type=float, default=2)
    parser.add_argument("--show-seconds", type=float, default=20)
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches; 0: this one does")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    main(parser.parse_args())
