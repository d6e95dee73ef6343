"""Questions of a small closed set, most of which training has seen: terms, sums, capitals, small talk, secrets."""

from words import CAPITALS, GLOSSARY, NOART, PLACES, SECRETS


def art(t):
    return "an" if t[0] in "aeiou" else "a"


def name_of(t):
    return (
        t.replace("lora", "LoRA")
        .replace("kv cache", "KV cache")
        .replace("crdt", "CRDT")
        .replace("nat traversal", "NAT traversal")
    )


def glossary(r, t=None):
    """A term of the mesh and what it means."""
    t = t or r.choice(list(GLOSSARY))
    d = GLOSSARY[t]
    n = name_of(t)
    an = n if t in NOART else f"{(art(t) if not n.startswith('LoRA') else 'a')} {n}"
    q = r.choice(
        [
            f"What is {an}?",
            f"what is {an}?",
            f"Define {n}.",
            f"What does {n} mean?",
            f"Explain {n}.",
            f"Tell me what {an} is.",
            f"Please define {n}.",
            f"What is {an} in a mesh?",
        ]
    )
    return (q, f"{an[0].upper() + an[1:]} is {d}.")


def arith(r):
    """A small sum."""
    k = r.random()
    if k < 0.5:
        a, b = (r.randint(0, 20), r.randint(0, 20))
        op, w, v = ("+", "plus", a + b)
    elif k < 0.75:
        a, b = (r.randint(0, 20), r.randint(0, 20))
        a, b = (max(a, b), min(a, b))
        op, w, v = ("-", "minus", a - b)
    else:
        a, b = (r.randint(0, 10), r.randint(0, 10))
        op, w, v = ("*", "times", a * b)
    q = r.choice(
        [
            f"What is {a} {w} {b}?",
            f"What is {a} {op} {b}?",
            f"{a} {op} {b} = ?",
            f"Compute {a} {op} {b}.",
            f"{a} {op} {b}",
            f"How much is {a} {w} {b}?",
            f"Calculate {a} {w} {b}.",
        ]
    )
    return (q, f"{a} {op} {b} = {v}.")


def capital(r):
    """The capital of a country."""
    c = r.choice(list(CAPITALS))
    q = r.choice(
        [
            f"What is the capital of {c}?",
            f"Capital of {c}?",
            f"Name the capital of {c}.",
            f"Which city is the capital of {c}?",
        ]
    )
    return (q, f"The capital of {c} is {CAPITALS[c]}.")


def ident(r):
    """Who the model is, and small talk."""
    return r.choice(
        [
            (q, a)
            for qs, a in [
                (
                    ["Who are you?", "What are you?", "Introduce yourself.", "What is your name?"],
                    "I am Tiny, the small model that is built into this mesh node.",
                ),
                (["Hello", "Hi", "Hello!", "Hi there!", "Good morning"], "Hello! How can I help you?"),
                (["Thanks", "Thank you", "Thank you!"], "You are welcome."),
                (
                    ["What can you do?", "Help", "Help me"],
                    "I can define mesh terms, do small sums, name capitals, call tools and answer from a context.",
                ),
                (["Bye", "Goodbye", "See you"], "Goodbye!"),
                (
                    ["Are you a large model?", "How big are you?"],
                    "No, I have two million parameters, so I know very little.",
                ),
                (["Who made you?", "Who trained you?"], "I was trained on one machine with two cores."),
            ]
            for q in qs
        ]
    )


def secret(r):
    """What nobody told the model."""
    s, p = (r.choice(SECRETS), r.choice(PLACES))
    return (
        r.choice([f"What is the {s} of {p}?", f"Tell me the {s} of {p}.", f"Do you know the {s} of {p}?"]),
        "I do not know.",
    )
