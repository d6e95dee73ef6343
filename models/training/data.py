"""Makes up every conversation that the tiny model is trained and measured on; nothing comes from elsewhere.

All chance comes from the `random.Random` that is passed in, so a seed names a data set.
"""

import json
import random
import string

from recall import arith, capital, glossary, ident, secret
from words import ALPHABET, NOUNS, PARAMS, POOL, SYSTEMS, THINGS, TYPE_NOUN, TYPES, VERBS


def code(r, n=6):
    """A random code in the alphabet of privacy placeholders."""
    return "".join((r.choice(ALPHABET) for _ in range(n)))


def ph(r, t=None):
    """A privacy placeholder, TYPE_XXXXXX."""
    return f"{t or r.choice(TYPES)}_{code(r)}"


def syll(r):
    return r.choice("b d f g k l m n p r s t v z ch sh tr st".split()) + r.choice("a e i o u ai ea ou".split())


def name(r):
    return "".join((syll(r) for _ in range(r.randint(2, 3)))).capitalize()


def said(t):
    return {
        "EMAIL": "can be reached at",
        "PHONE": "can be called at",
        "ADDRESS": "lives at",
        "CARD": "pays with",
        "IBAN": "has the account",
        "IP": "uses the host",
        "DATE": "was born on",
        "ID": "has the number",
        "URL": "has the page",
        "SECRET": "uses the password",
        "ORG": "works for",
    }[t]


def p_greet(r):
    p = ph(r, "PERSON" if r.random() < 0.8 else "ORG")
    return (
        r.choice(
            [
                f"Write a greeting to {p}.",
                f"Write a greeting for {p}.",
                f"Greet {p}.",
                f"Say hello to {p}.",
                f"Please greet {p}.",
            ]
        ),
        f"Hello {p}, how can I help you today?",
    )


def p_attr(r):
    p, t = (ph(r, "PERSON"), r.choice(list(TYPE_NOUN)))
    v = ph(r, t)
    n = r.choice(TYPE_NOUN[t])
    facts = [f"{p} {said(t)} {v}."]
    if r.random() < 0.5:
        p2, t2 = (p if r.random() < 0.5 else ph(r, "PERSON"), r.choice([x for x in TYPE_NOUN if x != t]))
        facts.append(f"{p2} {said(t2)} {ph(r, t2)}.")
        r.shuffle(facts)
    c = " ".join(facts)
    q = r.choice([f"What is the {n} of {p}?", f"Tell me the {n} of {p}.", f"Give me the {n} of {p}."])
    return (
        r.choice([f"{q} Context: {c}", f"Context: {c} {q}", f"{c} {q}", f"{q}\nContext: {c}"]),
        f"The {n} of {p} is {v}.",
    )


def p_sum(r):
    p, t = (ph(r, "PERSON"), r.choice(list(TYPE_NOUN)))
    v = ph(r, t)
    k = r.random()
    if k < 0.5:
        s, o = (f"{p} {said(t)} {v}.", f"{p} {said(t)} {v}.")
    else:
        t2 = r.choice([x for x in TYPE_NOUN if x != t])
        v2 = ph(r, t2)
        s, o = (
            f"{p} {said(t)} {v}. {r.choice([p + ' also', 'The same person'])} {said(t2)} {v2}.",
            f"{p} {said(t)} {v} and {said(t2)} {v2}.",
        )
    return (f"{r.choice(['Summarise', 'Summarize', 'Sum up', 'Shorten'])}: {s}", o)


def p_mail(r):
    p, e = (ph(r, "PERSON"), ph(r, "EMAIL"))
    w = r.choice(["meeting", "report", "plan", "order", "letter", "story"])
    return (
        r.choice([f"Write a mail to {p} at {e} about the {w}.", f"Draft a mail to {p} ({e}) about the {w}."]),
        f"To: {e}\nDear {p}, this is about the {w}. Kind regards.",
    )


def p_repeat(r):
    s = " ".join((ph(r) for _ in range(r.randint(1, 3))))
    return (r.choice([f"Repeat: {s}", f"Say {s}", f"Repeat after me: {s}", f"Copy: {s}", f"Echo {s}"]), s)


def p_list(r):
    ps = [ph(r) for _ in range(r.randint(1, 3))]
    c = r.choice(
        [
            f"We found {' and '.join(ps)} in the log.",
            f"{', '.join(ps)} were sent today.",
            "Seen: " + ", ".join(ps) + ".",
        ]
    )
    return (
        r.choice([f"List the placeholders in: {c}", f"Which placeholders are in this text? {c}"]),
        "\n".join(("- " + x for x in ps)),
    )


def p_json(r):
    p, t = (ph(r, "PERSON"), r.choice([x for x in TYPE_NOUN if x != "ORG"]))
    v = ph(r, t)
    return (
        f"{r.choice(['Extract as JSON', 'Turn into JSON', 'Give me JSON for'])}: {p} {said(t)} {v}.",
        json.dumps({"person": p, t.lower(): v}),
    )


def p_who(r):
    ts = r.sample(list(TYPE_NOUN), 2)
    ps = [ph(r, "PERSON"), ph(r, "PERSON")]
    vs = [ph(r, t) for t in ts]
    i = r.randint(0, 1)
    c = " ".join((f"{p} {said(t)} {v}." for p, t, v in zip(ps, ts, vs)))
    return (
        r.choice([f"Who {said(ts[i])} {vs[i]}? Context: {c}", f"Context: {c} Who {said(ts[i])} {vs[i]}?"]),
        f"{ps[i]} {said(ts[i])} {vs[i]}.",
    )


def p_thank(r):
    p, o = (ph(r, "PERSON"), ph(r, "ORG"))
    return r.choice(
        [
            (f"Thank {p} from {o}.", f"Thank you {p}, your friends at {o}."),
            (f"Introduce {p} of {o}.", f"This is {p} from {o}."),
            (f"Say goodbye to {p}.", f"Goodbye {p}, see you soon."),
            (f"Invite {p} to {o}.", f"Dear {p}, we invite you to {o}."),
            (f"Remind {p} of the meeting on {(d := ph(r, 'DATE'))}.", f"Dear {p}, please remember the meeting on {d}."),
        ]
    )


def p_first(r):
    k = r.randint(2, 3)
    ps = [ph(r) for _ in range(k)]
    i = r.randint(0, k - 1)
    return (
        f"What is the {['first', 'second', 'third'][i]} item of {', '.join(ps)}?",
        f"The {['first', 'second', 'third'][i]} item is {ps[i]}.",
    )


def p_tool(r):
    t = r.choice([x for x in TYPE_NOUN if x != "ORG"])
    v = ph(r, t)
    f = r.choice(["send", "lookup", "save", "check", "delete"])
    k = t.lower()
    return (
        r.choice([f"Call {f} with {k} {v}.", f"Use the tool {f} with {k} {v}."]),
        '{"name": "%s", "arguments": {"%s": "%s"}}' % (f, k, v),
    )


PLACEHOLDER = [p_greet, p_attr, p_attr, p_sum, p_mail, p_repeat, p_list, p_json, p_who, p_thank, p_first, p_tool]
EXTRA = []


def placeholder(r):
    """A task in which placeholders must be copied as they are."""
    return r.choice(PLACEHOLDER + EXTRA)(r)


def rstr(r):
    k = r.random()
    if k < 0.35:
        return " ".join((code(r, r.randint(3, 12)) for _ in range(r.randint(1, 3))))
    if k < 0.55:
        return "".join((r.choice(string.ascii_letters + string.digits) for _ in range(r.randint(4, 16))))
    if k < 0.75:
        return " ".join((r.choice(POOL) for _ in range(r.randint(1, 6))))
    if k < 0.9:
        return " ".join((name(r) for _ in range(r.randint(1, 3))))
    return " ".join((str(r.randint(0, 99999)) for _ in range(r.randint(1, 3))))


def repeat(r):
    """Something to be said again."""
    w = rstr(r)
    return (r.choice([f"Repeat: {w}", f"Say {w}", f"Repeat after me: {w}", f"Copy: {w}", f"Echo {w}"]), w)


def upper(r):
    """Words to be written in the other case."""
    w = " ".join((r.choice(POOL) for _ in range(r.randint(1, 3))))
    if r.random() < 0.75:
        return (
            r.choice(
                [
                    f"Say it in upper case: {w}",
                    f"Write {w} in upper case.",
                    f"Upper case: {w}",
                    f"Say {w} in upper case.",
                ]
            ),
            w.upper(),
        )
    return (
        r.choice(
            [f"Say it in lower case: {w.upper()}", f"Write {w.upper()} in lower case.", f"Lower case: {w.upper()}"]
        ),
        w,
    )


def value(r):
    return r.choice(
        [
            lambda: str(r.randint(1, 9999)),
            lambda: r.choice(POOL),
            lambda: f"{r.choice(POOL)} {r.choice(POOL)}",
            lambda: name(r),
            lambda: code(r, r.randint(3, 6)),
        ]
    )()


def holder(r):
    return r.choice(
        [
            lambda: name(r),
            lambda: f"the {r.choice(POOL)}",
            lambda: (
                f"the {r.choice(['lab', 'vault', 'office', 'cellar', 'archive', 'garage', 'tower', 'shop', 'school'])}"
            ),
        ]
    )()


def cap(s):
    return s[0].upper() + s[1:]


def context(r, n=None):
    """One of several facts that the question brings along, or that it is not among them."""
    n = n or r.randint(1, 4)
    fs = {}
    while len(fs) < n:
        fs[r.choice(THINGS), holder(r)] = value(r)
    ks = list(fs)
    k = r.choice(ks)
    t, h = k
    miss = r.random() < 0.12
    if miss:
        while (t, h) in fs:
            t, h = (r.choice(THINGS), holder(r))
    c = " ".join((f"The {a} of {b} is {v}." for (a, b), v in fs.items()))
    q = r.choice([f"What is the {t} of {h}?", f"Tell me the {t} of {h}."])
    return (
        r.choice(
            [
                f"Context: {c} Question: {q}",
                f"Context: {c}\nQuestion: {q}",
                f"{q} Context: {c}",
                f"Use this context: {c}\n{q}",
            ]
        ),
        "The context does not say." if miss else f"The {t} of {h} is {fs[k]}.",
    )


def verdict_json(ok, conf, fb):
    return json.dumps({"verdict": "approve" if ok else "revise", "confidence": conf, "feedback": fb})


def verdict(r):
    """What an agent that checks answers says of one."""
    ok = r.random() < 0.5
    k = r.random()
    if k < 0.35:
        w = r.choice(POOL)
        ws = [r.choice([x for x in POOL if x != w]) for _ in range(r.randint(2, 6))]
        if ok:
            ws.insert(r.randint(0, len(ws)), w)
        a = " ".join(ws)
        c = r.choice([f"mention {w}", f"contain the word {w}", f"use the word {w}"])
        v = verdict_json(ok, 0.95, "The answer meets the constraint." if ok else f"Mention {w}.")
    elif k < 0.6:
        x, y = (r.randint(0, 9), r.randint(0, 9))
        z = x + y if ok else x + y + r.choice([-2, -1, 1, 2, 3])
        a = f"{x} + {y} = {z}."
        c = "be a correct sum"
        v = verdict_json(ok, 0.9, "The sum is correct." if ok else f"{x} + {y} is {x + y}.")
    elif k < 0.8:
        w = " ".join((r.choice(POOL) for _ in range(r.randint(1, 3))))
        a = w.upper() if ok else w
        c = "be in upper case"
        v = verdict_json(ok, 0.95, "The answer meets the constraint." if ok else "Use upper case.")
    else:
        w = r.choice(POOL)
        a = json.dumps({"answer": w}) if ok else r.choice([w, f"The answer is {w}."])
        c = r.choice(["be JSON", "be valid JSON"])
        v = verdict_json(ok, 0.95, "The answer meets the constraint." if ok else "Return JSON.")
    return (
        r.choice(
            [
                f"Check the answer. Answer: {a} Constraint: {c}",
                f"Verify. Answer: {a}\nConstraint: the answer must {c}.",
                f"Answer: {a}\nConstraint: must {c}\nVerdict?",
            ]
        ),
        v,
    )


def tool(r):
    """A call of a tool that is described in words."""
    a, b = (r.randint(0, 20), r.randint(0, 20))
    f = r.choice(["add", "sub", "mul"])
    return (
        r.choice([f"Call {f} with {a} and {b}.", f"Use the tool {f} on {a} and {b}."]),
        '{"name": "%s", "arguments": {"a": %d, "b": %d}}' % (f, a, b),
    )


def schema(r):
    ps = r.sample(PARAMS, r.randint(1, 3))
    ty = {p: "integer" if p in ("id", "limit", "value") else "string" for p in ps}
    return (f"{r.choice(VERBS)}_{r.choice(NOUNS)}", ty)


def schema_json(f, ty):
    return {
        "type": "function",
        "function": {
            "name": f,
            "description": cap(f.replace("_", " ")) + ".",
            "parameters": {
                "type": "object",
                "properties": {p: {"type": t} for p, t in ty.items()},
                "required": list(ty),
            },
        },
    }


def tools_convo(r, n):
    """A conversation that begins with the schemas of `n` tools."""
    S = {}
    while len(S) < n:
        f, ty = schema(r)
        S[f] = ty
    sysm = ("You can call these tools. Answer with JSON.\n" if r.random() < 0.5 else "Tools: ") + json.dumps(
        [schema_json(f, t) for f, t in S.items()]
    )
    if r.random() < 0.15:
        q, a = r.choice([glossary, arith, ident, capital])(r)
        return [("system", sysm), ("user", q), ("assistant", a)]
    f = r.choice(list(S))
    args = {
        p: r.randint(0, 99) if t == "integer" else ph(r) if r.random() < 0.25 else r.choice([r.choice(POOL), name(r)])
        for p, t in S[f].items()
    }
    q = (
        f"{r.choice(['Call', 'Use', 'Please call'])} {f} with "
        + " and ".join((f"{p} {v}" for p, v in args.items()))
        + "."
    )
    return [("system", sysm), ("user", q), ("assistant", json.dumps({"name": f, "arguments": args}))]


def schema_tool(r):
    return tools_convo(r, r.randint(1, 2))


KINDS = [
    (glossary, 0.14),
    (arith, 0.18),
    (capital, 0.03),
    (ident, 0.03),
    (secret, 0.03),
    (repeat, 0.11),
    (tool, 0.03),
    (placeholder, 0.26),
    (upper, 0.06),
    (context, 0.07),
    (verdict, 0.07),
]
STAGE2 = dict(
    glossary=0.08,
    arith=0.26,
    capital=0.03,
    ident=0.03,
    secret=0.03,
    repeat=0.13,
    tool=0.02,
    placeholder=0.2,
    upper=0.08,
    context=0.09,
    verdict=0.05,
)
STAGE3 = dict(
    glossary=0.05,
    arith=0.2,
    capital=0.02,
    ident=0.02,
    secret=0.02,
    repeat=0.07,
    tool=0.02,
    placeholder=0.29,
    upper=0.09,
    context=0.11,
    verdict=0.11,
)
WEIGHTS = [w for _, w in KINDS]


def set_stage(n):
    """Chooses the mix: stage 1 learns to copy, 2 leans to sums, contexts and spelling, 3 to what was weak."""
    global WEIGHTS, EXTRA
    mix = {2: STAGE2, 3: STAGE3}.get(n)
    EXTRA = [p_who] * 4 + [p_attr] * 3 + [p_list, p_first] if n == 3 else []
    WEIGHTS = [mix[k.__name__] if mix else w for k, w in KINDS]


def pair(r):
    """A question and its answer, of any kind."""
    return r.choices([k for k, _ in KINDS], WEIGHTS)[0](r)


def convo(r):
    """A conversation of one or two turns."""
    if r.random() < 0.03:
        return schema_tool(r)
    m = []
    if r.random() < 0.25:
        m.append(("system", r.choice(SYSTEMS)))
    for _ in range(1 if r.random() < 0.85 else 2):
        q, a = pair(r)
        m += [("user", q), ("assistant", a)]
    return m


def long_convo(r, size):
    """Many facts and one question, many schemas of tools, or many turns; `size` is about the number of tokens."""
    k = r.random()
    if k < 0.3:
        return tools_convo(r, max(2, size // 75))
    if k < 0.55:
        q, a = context(r, max(2, size // 19))
        return [("user", q), ("assistant", a)]
    if k < 0.75:
        ps = [(ph(r, "PERSON"), t, ph(r, t)) for t in (r.choice(list(TYPE_NOUN)) for _ in range(max(2, size // 28)))]
        p, t, v = r.choice(ps)
        n = r.choice(TYPE_NOUN[t])
        return [
            ("user", "Context: " + " ".join((f"{p} {said(t)} {v}." for p, t, v in ps)) + f" What is the {n} of {p}?"),
            ("assistant", f"The {n} of {p} is {v}."),
        ]
    m = []
    for _ in range(max(1, size // 45)):
        q, a = pair(r)
        m += [("user", q), ("assistant", a)]
    return m


if __name__ == "__main__":
    r = random.Random(1)
    for k, _ in KINDS:
        print(k.__name__, k(r), k(r), sep="\n   ")
    for _ in range(4):
        print(convo(r))
