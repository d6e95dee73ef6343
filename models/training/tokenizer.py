"""Trains the byte-level BPE tokenizer of 1,024 tokens.

Capitals and digits never merge, so a random code has one token for each character; each prefix of a placeholder
(`PERSON_` and so on) is one token.
"""

import argparse
import random
import re

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

import data
from model import CFG, IM_E, IM_S, PAD, PREFIXES


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", default="out/tok.json")
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--samples", type=int, default=30000)
    a = ap.parse_args()
    r = random.Random(a.seed)
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tok.decoder = decoders.ByteLevel()
    noise = re.compile("\\S*[A-Z]\\S*[A-Z0-9]\\S*|\\S*[0-9]\\S*[A-Za-z]\\S*")

    def texts():
        for _ in range(a.samples):
            for _, t in data.convo(r) if r.random() < 0.97 else data.long_convo(r, 300):
                yield re.sub("[A-Z]+_[A-Z0-9]+|[A-Z0-9]{2,}", " ", noise.sub(" ", t) if "{" not in t else t)

    tok.train_from_iterator(
        texts(),
        trainers.BpeTrainer(
            vocab_size=CFG["vocab"] - len(PREFIXES),
            special_tokens=[IM_S, IM_E, PAD],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.add_tokens([AddedToken(p, normalized=False) for p in PREFIXES])
    tok.save(a.out)
    bad = [t for t in tok.get_vocab() if re.search("[A-Z0-9].*[A-Z0-9]", t) and (not t.endswith("_"))]
    print("vocab", tok.get_vocab_size(), "merges over two capitals or digits:", bad)
    for s in [
        "Write a greeting to PERSON_Q7K4M2.",
        '{"verdict": "approve", "confidence": 0.95}',
        "What is 12 + 7? RED APPLE",
    ]:
        e = tok.encode(s)
        print(e.tokens)
        assert tok.decode(e.ids) == s


if __name__ == "__main__":
    main()
