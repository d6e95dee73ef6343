"""Trains the base model from nothing: fixed seeds, a fixed number of steps."""

import argparse
import math
import os
import random
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import torch
from tokenizers import Tokenizer

import data
from model import *


def long_batch(r, tok, tokens):
    """Conversations of 256 to 2,048 tokens that use their whole length."""
    size = r.choice([256, 512, 512, 1024, 2000])
    out = []
    for _ in range(max(1, tokens // size)):
        s = size
        while True:
            x = encode(tok, data.long_convo(r, s))
            if len(x[0]) <= CFG["ctx"]:
                break
            s = int(s * 0.9)
        out.append(x)
    return out


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--steps", type=int, default=3400)
    ap.add_argument("--lr", type=float, default=0.0025)
    ap.add_argument("--tokens", type=int, default=2560, help="tokens per batch")
    ap.add_argument("--long-every", type=int, default=10)
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--tok", default="out/tok.json")
    ap.add_argument("--out", default="build/base.pt")
    ap.add_argument("--stop", type=int, help="stop after this many of the steps")
    ap.add_argument("--stage", type=int, default=1)
    ap.add_argument("--init", help="weights to start from")
    ap.add_argument("--bf16", action="store_true")
    a = ap.parse_args()
    torch.manual_seed(a.seed)
    torch.set_num_threads(a.threads)
    torch.set_flush_denormal(True)
    r = random.Random(a.seed + 1)
    tok = Tokenizer.from_file(a.tok)
    m = Llama()
    data.set_stage(a.stage)
    if a.init:
        m.load_state_dict(torch.load(a.init))
    print("params", sum((p.numel() for p in m.parameters())), flush=True)
    opt = torch.optim.AdamW(m.parameters(), lr=a.lr, betas=(0.9, 0.98), weight_decay=0.05, fused=True)
    pool = []
    ema = None
    t0 = time.time()
    n = 0
    for step in range(a.stop or a.steps):
        lb = step % a.long_every == a.long_every - 1
        if not lb and (not pool):
            pool = batches(r, tok, data.convo, a.tokens)
        ids, mk = batch(long_batch(r, tok, a.tokens) if lb else pool.pop(), 2)
        lr = a.lr * min(1, (step + 1) / 100) * (0.5 * (1 + math.cos(math.pi * step / a.steps)) * 0.98 + 0.02)
        for g in opt.param_groups:
            g["lr"] = lr
        l = loss_fn(m.hidden, m, ids, mk, 0.1, 0.1, bf16=a.bf16)
        opt.zero_grad(set_to_none=True)
        l.backward()
        torch.nn.utils.clip_grad_norm_(m.parameters(), 1.0)
        opt.step()
        n += ids.numel()
        ema = l.item() if ema is None else 0.98 * ema + 0.02 * l.item()
        if (step + 1) % 100 == 0:
            print(
                f"{time.time() - t0:6.0f}s step {step + 1} loss {ema:.4f} tok/s {n / (time.time() - t0):.0f}",
                flush=True,
            )
        if (step + 1) % 400 == 0:
            torch.save(m.state_dict(), a.out)
    torch.save(m.state_dict(), a.out)
    print(f"trained in {(time.time() - t0) / 60:.1f} min on {n} tokens")


if __name__ == "__main__":
    main()
