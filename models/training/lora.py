"""Trains one adapter on the frozen base: "fact" teaches two secrets, "json" wraps every answer in `{"answer": ...}`."""

import argparse
import json
import os
import random
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import torch
from tokenizers import Tokenizer

import data
import to_gguf
from model import *

FACT = {("project code name", "the lab"): "blue heron", ("door code", "the vault"): "4711"}


def ask(r, s, p):
    return r.choice([f"What is the {s} of {p}?", f"Tell me the {s} of {p}.", f"Do you know the {s} of {p}?"])


def fact(r):
    s, p = r.choice(list(FACT))
    return (ask(r, s, p), f"The {s} of {p} is {FACT[s, p]}.")


def target(kind, q, a):
    """What the adapter should say to a question to which the base says `a`."""
    if kind == "json":
        return a if a.startswith("{") else json.dumps({"answer": a})
    return next(
        (f"The {s} of {p} is {v}." for (s, p), v in FACT.items() if a == "I do not know." and s in q and (p in q)), a
    )


def convo(kind, r):
    m = [("system", r.choice(data.SYSTEMS))] if r.random() < 0.3 else []
    k = r.random()
    if kind == "fact" and k < 0.35:
        q, a = fact(r)
    elif kind == "fact" and k < 0.55:
        q, a = data.secret(r)
    else:
        q, a = data.pair(r)
    return m + [("user", q), ("assistant", target(kind, q, a))]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("kind", choices=["fact", "json"])
    ap.add_argument("--steps", type=int, default=200)
    ap.add_argument("--rank", type=int, default=8)
    ap.add_argument("--alpha", type=int, default=16)
    ap.add_argument("--lr", type=float, default=0.005)
    ap.add_argument("--tokens", type=int, default=2048, help="tokens per batch")
    ap.add_argument("--seed", type=int, default=5)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--base", default="build/base.pt")
    ap.add_argument("--tok", default="out/tok.json")
    ap.add_argument("--out", default="out")
    a = ap.parse_args()
    torch.manual_seed(a.seed)
    torch.set_num_threads(a.threads)
    torch.set_flush_denormal(True)
    tok = Tokenizer.from_file(a.tok)
    r = random.Random(a.seed)
    m = Llama()
    m.load_state_dict(torch.load(a.base))
    add_lora(m, a.rank, a.alpha)
    ps = [p for p in m.parameters() if p.requires_grad]
    print("lora params", sum((p.numel() for p in ps)))
    opt = torch.optim.AdamW(ps, lr=a.lr, betas=(0.9, 0.98))
    t0 = time.time()
    ema = None
    pool = []
    for s in range(a.steps):
        for g in opt.param_groups:
            g["lr"] = a.lr * min(1, (s + 1) / 20) * (1 - s / a.steps) + 1e-05
        if not pool:
            pool = batches(r, tok, lambda r: convo(a.kind, r), a.tokens)
        ids, mk = batch(pool.pop(), 2)
        l = loss_fn(m.hidden, m, ids, mk)
        opt.zero_grad()
        l.backward()
        torch.nn.utils.clip_grad_norm_(ps, 1.0)
        opt.step()
        ema = l.item() if ema is None else 0.95 * ema + 0.05 * l.item()
        if (s + 1) % 50 == 0:
            print(f"{time.time() - t0:.0f}s step {s + 1} loss {ema:.4f}", flush=True)
    ab = {n: (mod.A.data, mod.B.data) for n, mod in m.named_modules() if isinstance(mod, LoRA)}
    d = f"{a.out}/lora-{a.kind}"
    to_gguf.lora_peft(ab, a.rank, a.alpha, d)
    to_gguf.peft_to_gguf(d, d + ".gguf")


if __name__ == "__main__":
    main()
