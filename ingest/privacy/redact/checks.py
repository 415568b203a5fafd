"""Check digits: does a string of digits obey the rule of the number it claims to be?

Every function takes a number as written, ignores what is not a digit (or letter, for an IBAN), and answers yes or no; a
wrong length is a no.
"""

from __future__ import annotations


def digits(value: str) -> list[int]:
    """The ASCII digits in `value`, in order."""
    return [int(c) for c in value if "0" <= c <= "9"]


def luhn(value: str) -> bool:
    """Payment cards (ISO/IEC 7812) and the Japanese insurer number: modulus 10, weights 2 and 1 from the right."""
    number = digits(value)
    doubled = (sum(divmod(2 * d, 10)) if i % 2 else d for i, d in enumerate(reversed(number)))
    return len(number) > 1 and len(set(number)) > 1 and sum(doubled) % 10 == 0


def my_number(value: str) -> bool:
    """個人番号, 12 digits: modulus 11 with weights 6 5 4 3 2 7 6 5 4 3 2 (Ordinance 85 of 2014, art. 5)."""
    number = digits(value)
    if len(number) != 12:
        return False
    rest = _weighted(number, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return number[11] == (0 if rest <= 1 else 11 - rest)


def corporate_number(value: str) -> bool:
    """法人番号, 13 digits, the first is the check: 9 less the sum mod 9, weights 2 and 1 (Ordinance 70 of 2014)."""
    number = digits(value)
    if len(number) != 13:
        return False
    return number[0] == 9 - _weighted(number[1:], (2, 1) * 6) % 9


def driving_licence(value: str) -> bool:
    """運転免許証番号, 12 digits: region code first, the 11th is modulus 11 of the first ten, the 12th counts reissues.

    The rule is not published by the police; it is the one that holders have reconstructed and verified.
    """
    number = digits(value)
    if len(number) != 12 or not 10 <= 10 * number[0] + number[1] <= 97:
        return False
    return number[10] == (11 - _weighted(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 10


def iban(value: str) -> bool:
    """ISO 13616: country and check digits moved to the end, letters as 10 to 35, the whole modulo 97 is 1."""
    compact = "".join(value.split()).upper()
    if not 15 <= len(compact) <= 34 or not (compact.isascii() and compact.isalnum()):
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def ean13(value: str) -> bool:
    """JAN/EAN-13 and ISBN-13: modulus 10, weights 1 and 3. A number that obeys it is a product, most likely."""
    number = digits(value)
    return len(number) == 13 and _weighted(number, (1, 3) * 6 + (1,)) % 10 == 0


def _weighted(number: list[int], weights: tuple[int, ...]) -> int:
    return sum(d * w for d, w in zip(number, weights, strict=False))
