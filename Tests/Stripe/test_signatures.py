"""The vectors of signatures are what Stripe's SDK says today."""

import unittest

import signature_vectors


class SignatureVectorTests(unittest.TestCase):
    """The file beside the SDK."""

    def test_the_file_is_what_the_sdk_makes_and_judges(self) -> None:
        self.assertEqual(signature_vectors.FILE.read_text(encoding="utf-8"), signature_vectors.document())


if __name__ == "__main__":
    unittest.main()
