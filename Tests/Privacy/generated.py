"""Texts with and without personal data, from Faker and templates: the same seed, the same texts."""

from __future__ import annotations

import json
import random
import re
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from faker import Faker
from templates import HARMLESS, PERSONAL

_SLOT = re.compile(r"\{([a-z]+[0-9]*)\}")
_ALPHANUMERIC = string.ascii_letters + string.digits
#: Which word of ours a slot is counted under; names and addresses have targets of their own.
NAMES = ("name", "first", "last")


@dataclass(frozen=True)
class Truth:
    """One piece of personal data in a text, by character."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Message:
    """A text and what is personal in it."""

    locale: str
    text: str
    truths: tuple[Truth, ...]


def personal(seed: int, rounds: int) -> Iterator[Message]:
    """Every template of every locale, `rounds` times."""
    for locale, templates in PERSONAL.items():
        filler = _Filler(locale, seed)
        for _ in range(rounds):
            for template in templates:
                yield _filled(locale, template, filler.value, is_personal=True)


def harmless(seed: int, rounds: int) -> Iterator[Message]:
    """The same of texts about nobody; a template without slots comes once."""
    for locale, templates in HARMLESS.items():
        generator = random.Random(f"{seed} {locale}")
        for number in range(rounds):
            for template in templates:
                if number == 0 or _SLOT.search(template):
                    yield _filled(locale, template, lambda slot: _number(slot, generator), is_personal=False)


def encoded(messages: Iterable[Message], *, is_ascii: bool, is_whole: bool) -> Iterator[Message]:
    """The same texts as a member of a JSON document, whole or cut off at its end as a log has it."""
    for message in messages:
        head = '{"id": 7, "body": '

        def place(offset: int, text: str = message.text, head: str = head) -> int:
            return len(head) + len(json.dumps(text[:offset], ensure_ascii=is_ascii)) - 1

        truths = tuple(Truth(truth.kind, place(truth.start), place(truth.end)) for truth in message.truths)
        text = head + json.dumps(message.text, ensure_ascii=is_ascii) + ("}" if is_whole else "")
        yield Message(message.locale, text, truths)


def _filled(locale: str, template: str, value: Callable[[str], str], *, is_personal: bool) -> Message:
    text, truths, end = "", [], 0
    for slot in _SLOT.finditer(template):
        text += template[end : slot.start()]
        filling = value(slot[1])
        if is_personal and slot[1] not in ("user", "word"):
            truths.append(Truth(slot[1], len(text), len(text) + len(filling)))
        text += filling
        end = slot.end()
    return Message(locale, text + template[end:], tuple(truths))


class _Filler:
    """What Faker says of one locale, and what it does not say: keys, and numbers of states with check digits."""

    def __init__(self, locale: str, seed: int) -> None:
        self._locale = locale
        self._faker = Faker(locale)
        self._faker.seed_instance(f"{seed} {locale}")
        self._random = self._faker.random

    def value(self, slot: str) -> str:
        """A value for a slot."""
        return getattr(self, f"_{slot}")()

    def _name(self) -> str:
        # Without titles and degrees, which are nobody's name.
        return f"{self._first()} {self._last()}"

    def _first(self) -> str:
        return self._faker.first_name()

    def _last(self) -> str:
        return self._faker.last_name()

    def _email(self) -> str:
        return self._random.choice([self._faker.email, self._faker.free_email, self._faker.company_email])()

    def _phone(self) -> str:
        return self._faker.phone_number()

    def _card(self) -> str:
        number = self._faker.credit_card_number()
        if len(number) == 16 and self._random.random() < 0.4:
            mark = self._random.choice(" -")
            return mark.join(number[start : start + 4] for start in range(0, 16, 4))
        return number

    def _iban(self) -> str:
        number = self._faker.iban()
        if self._random.random() < 0.4:
            return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
        return number

    def _ipv4(self) -> str:
        return self._faker.ipv4_public()

    def _ipv6(self) -> str:
        return self._faker.ipv6()

    def _mac(self) -> str:
        return self._faker.mac_address()

    def _address(self) -> str:
        return self._faker.address()

    def _birth(self) -> str:
        form = {"en_US": "%m/%d/%Y", "en_GB": "%d %B %Y", "de_DE": "%d.%m.%Y", "nl_NL": "%d-%m-%Y"}
        return self._faker.date_of_birth().strftime(form.get(self._locale, "%d/%m/%Y"))

    def _national(self) -> str:
        if self._locale == "de_DE":
            return _german_tax_number(self._random)
        if self._locale == "es_ES":
            return self._random.choice([self._faker.nif, self._faker.nie])()
        return self._faker.ssn()

    def _openai(self) -> str:
        return "sk-proj-" + self._letters(48)

    def _aws(self) -> str:
        return "AKIA" + "".join(self._random.choices(string.ascii_uppercase + "234567", k=16))

    def _github(self) -> str:
        return "ghp_" + self._letters(36)

    def _jwt(self) -> str:
        return f"eyJ{self._letters(33)}.eyJ{self._letters(60)}.{self._letters(43)}"

    def _password(self) -> str:
        return self._faker.password(length=12, special_chars=False)

    def _user(self) -> str:
        return self._faker.user_name()

    def _word(self) -> str:
        return self._letters(12)

    def _letters(self, count: int) -> str:
        return "".join(self._random.choices(_ALPHANUMERIC, k=count))


def _german_tax_number(generator: random.Random) -> str:
    """Ten digits of which one comes twice, and the check digit of ISO 7064."""
    digits = generator.sample(range(10), 9)
    while digits[0] == 0:
        digits = generator.sample(range(10), 9)
    digits.insert(generator.randrange(1, 10), generator.choice(digits))
    product = 10
    for digit in digits:
        total = (digit + product) % 10 or 10
        product = total * 2 % 11
    return "".join(map(str, digits)) + str((11 - product) % 10)


def _number(slot: str, generator: random.Random) -> str:
    """Something that looks like a number of somebody and is none."""
    if slot.startswith("number"):
        count = int(slot.removeprefix("number"))
        return str(generator.randrange(10 ** (count - 1), 10**count))
    match slot:
        case "date":
            return f"20{generator.randrange(10, 30)}-{generator.randrange(1, 13):02}-{generator.randrange(1, 29):02}"
        case "price":
            return f"{generator.randrange(1, 5000)}.{generator.randrange(100):02}"
        case "version":
            return ".".join(str(generator.randrange(30)) for _ in range(generator.choice([2, 3, 3, 4])))
        case "percent":
            return f"{generator.randrange(100)}.{generator.randrange(10)}"
        case "hex40":
            return "".join(generator.choices("0123456789abcdef", k=40))
    raise ValueError(slot)
