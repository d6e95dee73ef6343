"""A llama-shaped model in the weight layout of Hugging Face, LoRA on top of it, and how conversations become tokens."""

import torch
import torch.nn as nn
import torch.nn.functional as F

CFG = dict(vocab=1024, d=192, layers=4, heads=6, ffn=512, theta=10000.0, eps=1e-05, ctx=2048)
PREFIXES = [t + "_" for t in "PERSON EMAIL PHONE ADDRESS CARD IBAN IP DATE ID URL SECRET ORG".split()]


def rope(T, hd, theta, device=None):
    inv = 1.0 / theta ** (torch.arange(0, hd, 2).float() / hd)
    t = torch.arange(T).float()
    f = torch.outer(t, inv)
    e = torch.cat([f, f], -1)
    return (e.cos(), e.sin())


def rot(x):
    h = x.shape[-1] // 2
    return torch.cat([-x[..., h:], x[..., :h]], -1)


class RMS(nn.Module):
    def __init__(s, d, eps):
        super().__init__()
        s.weight = nn.Parameter(torch.ones(d))
        s.eps = eps

    def forward(s, x):
        return F.rms_norm(x, (x.shape[-1],), s.weight, s.eps)


class Attn(nn.Module):
    def __init__(s, c):
        super().__init__()
        d = c["d"]
        s.h = c["heads"]
        s.hd = d // s.h
        s.q_proj = nn.Linear(d, d, bias=False)
        s.k_proj = nn.Linear(d, d, bias=False)
        s.v_proj = nn.Linear(d, d, bias=False)
        s.o_proj = nn.Linear(d, d, bias=False)

    def forward(s, x, cos, sin):
        B, T, D = x.shape
        f = lambda p: p(x).view(B, T, s.h, s.hd).transpose(1, 2)
        q, k, v = (f(s.q_proj), f(s.k_proj), f(s.v_proj))
        q = q * cos + rot(q) * sin
        k = k * cos + rot(k) * sin
        o = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return s.o_proj(o.transpose(1, 2).reshape(B, T, D))


class MLP(nn.Module):
    def __init__(s, c):
        super().__init__()
        d, f = (c["d"], c["ffn"])
        s.gate_proj = nn.Linear(d, f, bias=False)
        s.up_proj = nn.Linear(d, f, bias=False)
        s.down_proj = nn.Linear(f, d, bias=False)

    def forward(s, x):
        return s.down_proj(F.silu(s.gate_proj(x)) * s.up_proj(x))


class Layer(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.input_layernorm = RMS(c["d"], c["eps"])
        s.self_attn = Attn(c)
        s.post_attention_layernorm = RMS(c["d"], c["eps"])
        s.mlp = MLP(c)

    def forward(s, x, cos, sin):
        x = x + s.self_attn(s.input_layernorm(x), cos, sin)
        return x + s.mlp(s.post_attention_layernorm(x))


class Body(nn.Module):
    def __init__(s, c):
        super().__init__()
        s.embed_tokens = nn.Embedding(c["vocab"], c["d"])
        s.layers = nn.ModuleList((Layer(c) for _ in range(c["layers"])))
        s.norm = RMS(c["d"], c["eps"])


class Llama(nn.Module):
    def __init__(s, c=CFG):
        super().__init__()
        s.c = c
        s.model = Body(c)
        s.cos, s.sin = rope(c["ctx"], c["d"] // c["heads"], c["theta"])
        for n, p in s.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(
                    p,
                    0,
                    0.02 * ((2 * c["layers"]) ** (-0.5) if n.endswith(("o_proj.weight", "down_proj.weight")) else 1),
                )

    def hidden(s, ids):
        x = s.model.embed_tokens(ids)
        T = ids.shape[1]
        cos, sin = (s.cos[:T], s.sin[:T])
        for l in s.model.layers:
            x = l(x, cos, sin)
        return s.model.norm(x)

    def forward(s, ids):
        return s.hidden(ids) @ s.model.embed_tokens.weight.T


class LoRA(nn.Module):
    def __init__(s, base, r, alpha):
        super().__init__()
        s.base = base
        s.base.weight.requires_grad_(False)
        s.scale = alpha / r
        s.A = nn.Parameter(torch.randn(r, base.in_features) / base.in_features**0.5)
        s.B = nn.Parameter(torch.zeros(base.out_features, r))

    def forward(s, x):
        return s.base(x) + x @ s.A.T @ s.B.T * s.scale


TARGETS = ["q_proj", "v_proj", "up_proj", "down_proj"]


def add_lora(m, r=8, alpha=16):
    """Freezes the model and puts an adapter on each of its layers."""
    for p in m.parameters():
        p.requires_grad_(False)
    for l in m.model.layers:
        for par, names in ((l.self_attn, ["q_proj", "v_proj"]), (l.mlp, ["up_proj", "down_proj"])):
            for n in names:
                setattr(par, n, LoRA(getattr(par, n), r, alpha))
    return m


IM_S, IM_E, PAD = ("<|im_start|>", "<|im_end|>", "<|pad|>")


def encode(tok, msgs):
    """The tokens of a conversation in ChatML, and which of them the model says itself."""
    ids, mask = ([], [])
    for role, text in msgs:
        a = tok.encode(f"{IM_S}{role}\n").ids
        b = tok.encode(text).ids + [tok.token_to_id(IM_E)]
        c = tok.encode("\n").ids
        ids += a + b + c
        mask += [0] * len(a) + [1 if role == "assistant" else 0] * len(b) + [0] * len(c)
    return (ids, mask)


def batches(r, tok, convo, tokens, n=1024):
    """So many conversations, sorted by length, cut into batches of about `tokens` tokens, shuffled."""
    xs = sorted((encode(tok, convo(r)) for _ in range(n)), key=lambda x: len(x[0]))
    out = []
    cur = []
    for x in xs:
        if cur and (len(cur) + 1) * len(x[0]) > tokens:
            out.append(cur)
            cur = []
        cur.append(x)
    out.append(cur)
    r.shuffle(out)
    return out


def batch(xs, pad):
    """Conversations side by side, filled up to one length."""
    L = max((len(i) for i, _ in xs))
    L += -L % 8
    ids = torch.full((len(xs), L), pad)
    mk = torch.zeros((len(xs), L), dtype=torch.bool)
    for k, (i, m) in enumerate(xs):
        ids[k, : len(i)] = torch.tensor(i)
        mk[k, : len(m)] = torch.tensor(m, dtype=torch.bool)
    return (ids, mk)


def loss_fn(hidden, m, ids, mk, prompt_share=0.0, prompt_weight=0.0, bf16=False):
    """Scores the tokens that the model says itself, and a random share of those of the prompt."""
    y = ids[:, 1:].reshape(-1)
    a = mk[:, 1:].reshape(-1)
    sel = a.clone()
    if prompt_share:
        sel |= (torch.rand(y.shape) < prompt_share) & (y != 2)
    idx = sel.nonzero().squeeze(1)
    w = torch.where(a[idx], 1.0, prompt_weight)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        x = hidden(ids[:, :-1])
        x = x.reshape(-1, x.shape[-1])[idx]
        lg = x @ m.model.embed_tokens.weight.T
    l = F.cross_entropy(lg.float(), y[idx], reduction="none")
    return (l * w).sum() / w.sum()


@torch.no_grad()
def answers(m, tok, convs, n=160, bs=64):
    """The likeliest answers to conversations, many at a time; what fills a line up on its right is never looked at."""
    out = [None] * len(convs)
    E = tok.token_to_id(IM_E)
    tail = tok.encode(f"{IM_S}assistant\n").ids
    P = [encode(tok, c)[0] + tail for c in convs]
    order = sorted(range(len(P)), key=lambda i: len(P[i]))
    for b in range(0, len(order), bs):
        part = order[b : b + bs]
        seqs = [list(P[i]) for i in part]
        live = list(range(len(part)))
        for _ in range(n):
            L = max((len(seqs[j]) for j in live))
            x = torch.full((len(live), L), 2)
            for k, j in enumerate(live):
                x[k, : len(seqs[j])] = torch.tensor(seqs[j])
            h = m.hidden(x)
            last = h[torch.arange(len(live)), torch.tensor([len(seqs[j]) - 1 for j in live])]
            t = (last @ m.model.embed_tokens.weight.T).argmax(-1).tolist()
            live = [j for j, v in zip(live, t) if (seqs[j].append(v) or v != E) and len(seqs[j]) < m.c["ctx"]]
            if not live:
                break
        for j, i in enumerate(part):
            o = seqs[j][len(P[i]) :]
            out[i] = tok.decode(o[:-1] if o and o[-1] == E else o, skip_special_tokens=False)
    return out
