"""Blanking comments and strings keeps every character's place and every piece of code."""

import unittest

import fake_repository
from checks.swift_text import closing, code_only, without_comments


class SwiftTextTests(unittest.TestCase):
    """Text in, code out."""

    def test_comments_and_strings_become_spaces(self) -> None:
        cases = {
            'a("b") // c': 'a(" ")     ',
            "a /* b /* c */ d */ e": "a                   e",
            '"\\"a" b': '"   " b',
            '#"a"b"# c': '#"   "# c',
            '"""\na "b" c\n""" d': '"""\n       \n""" d',
            '"a\\(b("c"))d" e': '"   b(" ")  " e',
            '#"a\\(b)\\#(c)"# d': '#"        c "# d',
            '"// a" b': '"    " b',
            "#/ a\"b /# c": "#/     /# c",
            '/* " */ a': "        a",
            '"open\na': '"    \na',
        }
        for text, expected in cases.items():
            with self.subTest(text):
                self.assertEqual(code_only(text), expected)
                self.assertEqual(len(code_only(text)), len(text))

    def test_strings_stay_where_only_comments_go(self) -> None:
        self.assertEqual(without_comments('a("// b") // c'), 'a("// b")     ')

    def test_a_bracket_finds_its_partner(self) -> None:
        self.assertEqual(closing("a(b(c)d)e", 1), 7)
        self.assertEqual(closing("a(b", 1), 3)
