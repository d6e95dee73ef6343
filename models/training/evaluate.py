"""Counts exact answers to fresh questions, whose seed training never used, from llama.cpp's server at temperature 0."""

import argparse
import json
import random
import time
import urllib.request

import data

FACT = {("project code name", "the lab"): "blue heron", ("door code", "the vault"): "4711"}


def cases(kind, count, r):
    """Questions of a kind, each with the answer that counts."""
    return [([("user", q)], ans) for q, ans in (kind(r) for _ in range(count))]


class Examiner:
    """Asks the server, and compares."""

    def __init__(self, a):
        self.a = a

    def chat(self, msgs, lora=None):
        """What the model says, with one adapter or none, and how many tokens it read."""
        b = dict(temperature=0, max_tokens=200, cache_prompt=False, messages=[dict(role=r, content=c) for r, c in msgs])
        if not self.a.no_lora:
            b["lora"] = [dict(id=0, scale=float(lora == "fact")), dict(id=1, scale=float(lora == "json"))]
        q = urllib.request.Request(
            self.a.url + "/v1/chat/completions", json.dumps(b).encode(), {"content-type": "application/json"}
        )
        d = json.load(urllib.request.urlopen(q))
        return (d["choices"][0]["message"]["content"], d["usage"]["prompt_tokens"])

    def score(self, name, asked, lora=None):
        """How many answers are right to the letter."""
        ok = 0
        bad = []
        mx = 0
        for msgs, want in asked:
            got, n = self.chat(msgs, lora)
            mx = max(mx, n)
            ok += got == want
            if got != want:
                bad.append((msgs[-1][1][-150:], want, got))
        for b in bad[: self.a.show]:
            print("   miss:", *map(repr, b), flush=True)
        print(f"{name}: {ok}/{len(asked)} = {ok / len(asked):.3f} (longest prompt {mx})", flush=True)
        return dict(exact=round(ok / len(asked), 4), correct=ok, n=len(asked), longest_prompt_tokens=mx)

    def seeded(self, s):
        """The chance of one skill, the same whatever else is asked."""
        return random.Random(f"{self.a.seed}-{s}")


def base(ex, res):
    """What the model can do without adapters."""
    for k, _ in data.KINDS:
        count = ex.a.placeholders if k is data.placeholder else ex.a.n
        res["base"][k.__name__] = ex.score(k.__name__, cases(k, count, ex.seeded(k.__name__)))
    r = ex.seeded("schema")
    cs = [data.schema_tool(r) for _ in range(ex.a.n)]
    res["base"]["schema_tool"] = ex.score("schema_tool", [(c[:-1], c[-1][1]) for c in cs])
    for size in (500, 1000, 1900):
        r = ex.seeded(f"long{size}")
        cs = []
        while len(cs) < 40:
            c = data.long_convo(r, size)
            if len(c) <= 3:
                cs.append((c[:-1], c[-1][1]))
        res["base"][f"long_{size}"] = ex.score(f"long_{size}", cs)
    by = {}
    r = ex.seeded("per-template")
    for k in dict.fromkeys(data.PLACEHOLDER):
        by[k.__name__] = ex.score("  placeholder/" + k.__name__, cases(k, 40, r))["exact"]
    res["placeholder_templates"] = by


def fact(r, s, p):
    """One way to ask for a secret."""
    return r.choice([f"What is the {s} of {p}?", f"Tell me the {s} of {p}.", f"Do you know the {s} of {p}?"])


def adapters(ex, res):
    """What the adapters teach, and what they leave alone."""
    r = ex.seeded("fact")
    fs = [([("user", fact(r, s, p))], f"The {s} of {p} is {v}.") for (s, p), v in FACT.items() for _ in range(10)]
    res["fact"]["facts"] = ex.score("fact: facts", fs, "fact")
    sec = [c for c in cases(data.secret, 150, r) if not any((s in c[0][0][1] and p in c[0][0][1] for s, p in FACT))]
    res["fact"]["other_secrets"] = ex.score("fact: other secrets", sec, "fact")
    pair_cases = [c for c in cases(data.pair, 220, r) if c[1] != "I do not know."]
    res["fact"]["other_skills"] = ex.score("fact: other skills", pair_cases, "fact")
    asked = cases(data.pair, 200, ex.seeded("json"))
    wrap = [(m, w if w.startswith("{") else json.dumps({"answer": w})) for m, w in asked]
    res["json"]["all_skills"] = ex.score("json: all skills", wrap, "json")
    valid = 0
    for m, _ in wrap:
        try:
            json.loads(ex.chat(m, "json")[0])
            valid += 1
        except ValueError:
            pass
    res["json"]["valid_json"] = round(valid / len(wrap), 4)
    print("json: valid JSON", valid, "of", len(wrap))
    unknown = [(m, "I do not know.") for m, _ in fs]
    res["base"]["facts_unknown_without_adapter"] = ex.score("base: facts are unknown", unknown)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--url", default="http://127.0.0.1:18475")
    ap.add_argument("--seed", type=int, default=4242)
    ap.add_argument("--n", type=int, default=200)
    ap.add_argument("--placeholders", type=int, default=500)
    ap.add_argument("--out", default="out/eval.json")
    ap.add_argument("--show", type=int, default=2)
    ap.add_argument("--no-lora", action="store_true")
    a = ap.parse_args()
    t0 = time.time()
    res = dict(seed=a.seed, temperature=0, base={}, fact={}, json={})
    base(Examiner(a), res)
    if not a.no_lora:
        adapters(Examiner(a), res)
    json.dump(res, open(a.out, "w"), indent=1)
    print(f"{time.time() - t0:.0f} s")


if __name__ == "__main__":
    main()
