"""Bytes to text: which encoding a text file is in.

Japanese files come in UTF-8, UTF-16, Shift_JIS (as Windows writes it, cp932), EUC-JP and ISO-2022-JP, and short ones (a
CSV header) are too little for statistics. The rules here decide what can be decided from the shape of the bytes;
`charset-normalizer` is asked only about what is left, the many single-byte encodings of the West.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterable

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FEW = 1000
"""Bytes below which statistics of letters say nothing."""
LATIN = 0.4
"""The most of a Latin text that is not ASCII; other scripts have more."""
NOT_ON_DISK = ["utf_16", "utf_32", "cp037", "cp273", "cp424", "cp500", "cp1026", "cp1140"]
ALIASES = {
    "windows-31j": "cp932",
    "x-sjis": "cp932",
    "x-euc-jp": "euc_jp",
    "cp50221": "iso2022_jp",
    "csiso2022jp": "iso2022_jp",
}
WIDER = {
    "shift_jis": "cp932", "ascii": "cp1252", "iso8859_1": "cp1252",
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950", "euc_kr": "cp949",
}  # fmt: skip
"""What programs that declare an encoding really write."""
SAMPLE = 65_536
"""Bytes that are enough to decide on an encoding."""

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_CONTROL_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_ISO_2022_JP = re.compile(rb"\x1b(?:\$[@B]|\([BJI]|\$\(D)")
_ISO_2022_CODECS = ("iso2022_jp_2", "iso2022_jp_ext")
_BEYOND = re.compile(rb"[\x80-\xff]")
_JIS = re.compile(rb"\x1b\$[@B]([^\x1b]*)|\x1b\(I([^\x1b]*)|\x1b\([BJ]")
_JAPANESE = re.compile(r"[\u2460-\u24ff\u3200-\u33ff\u3000-\u303f\u3041-\u30ff\u4e00-\u9fff\uff01-\uff5e]")
_OF_NAMES = "髙德濵瀨桒槇靑淸祐福"
"""Kanji of names that only Windows has beside those in common use."""
_LONE = re.compile(r"(?<=\d)[年月日時分秒円個件名枚本台回人％℃]|[△▲〒](?=\d)")
"""What stands alone beside figures: days, units, the mark of a loss."""
_WORD = re.compile(r"(?<![A-Za-z\x80-\uffff])[\u4e00-\u9fff](?![A-Za-z\x80-\uffff])")
"""A kanji that is a word by itself ("(日)"). Western accents read as Japanese stand beside letters."""
_RUN = re.compile(r"[^\x00-\x7f]{2,}")


def encoding_of(sample: bytes) -> str | None:
    """The encoding of the beginning of a text file, as Python names it; None when these bytes are not text."""
    for mark, name in BOMS:
        if sample.startswith(mark):
            return name
    wide = _utf16(sample)
    if wide:
        return wide
    if len(_CONTROL.findall(sample)) > len(sample) // 1000:
        return None
    if _ISO_2022_JP.search(sample) and any(_decodes(sample, name) is not None for name in _ISO_2022_CODECS):
        return "iso2022_jp_2"
    if _decodes(sample, "utf-8") is not None:
        return "utf-8"
    return _damaged(sample) or _japanese(sample) or _western(sample)


def _damaged(sample: bytes) -> str | None:
    """UTF-8 of which a few bytes were destroyed: most of what is beyond ASCII still is UTF-8, which nothing else looks like."""
    text = sample.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    kept = sum(character > "\x7f" for character in text) - lost
    return "utf-8" if kept > 4 * lost else None


def encoding_of_all(parts: Callable[[], Iterable[bytes]]) -> str:
    """The encoding of a whole text: that of its beginning, or of what follows its first byte beyond ASCII, if all of it
    is in that encoding, else one that all of it is in.

    Args:
        parts: gives the bytes of the text, in order, as often as it is called.
    """
    first = next((bytes(part[:SAMPLE]) for part in parts() if part), b"")
    guesses = [encoding_of(first) or "utf-8"]
    if first.isascii() and not guesses[0].startswith(("iso2022", "utf_16", "utf-16")):
        guesses.insert(0, encoding_of(_foreign(parts())) or guesses[0])
    for name in dict.fromkeys([*guesses, "utf-8", "cp932", "euc_jp", "cp1252"]):
        if name.startswith("iso2022_jp") or all_decode(parts(), name):
            return name
    return guesses[0]


def all_decode(parts: Iterable[bytes], encoding: str) -> bool:
    """Whether every byte is in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for part in parts:
            decoder.decode(part)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _foreign(parts: Iterable[bytes]) -> bytes:
    """A sample that begins with the first byte beyond ASCII."""
    sample = b""
    for part in parts:
        if sample or not part.isascii():
            found = _BEYOND.search(part) if not sample else None
            sample += part[found.start() if found else 0 :][:SAMPLE]
        if len(sample) >= SAMPLE:
            break
    return sample[:SAMPLE]


def lost(text: str) -> str:
    """In words, how many characters of a decoded text were lost, and where the first stood; empty when none was."""
    count = text.count("\ufffd")
    line = text.count("\n", 0, text.find("\ufffd")) + 1 if count else 0
    return f"{count} characters are in no known encoding and were lost, the first in line {line}" if count else ""


def decode(data: bytes, encoding: str | None = None) -> str:
    """Text with "\\n" at the end of lines and without a byte order mark; what cannot be decoded becomes U+FFFD.

    Args:
        data: the bytes of a whole text file.
        encoding: as declared by the format, if it is and all of the text is in it; else found by `encoding_of_all`.
    """
    name = _known(encoding)
    if not name or not (name.startswith("iso2022_jp") or all_decode((data,), name)):
        name = encoding_of_all(lambda: (data,))
    if name.startswith("iso2022_jp"):
        data, name = _JIS.sub(_to_euc, data), "euc_jis_2004"
    text = data.decode(name, "replace")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _known(declared: str | None) -> str | None:
    """Python's name for a declared encoding, widened."""
    try:
        name = codecs.lookup(ALIASES.get(declared.lower(), declared)).name.replace("-", "_") if declared else ""
    except LookupError:
        return None
    return WIDER.get(name, name) or None


def _to_euc(match: re.Match[bytes]) -> bytes:
    """A run of ISO-2022-JP as EUC, whose codec also knows the circled digits and half-width kana that mail programs send."""
    if match[2]:
        return b"".join(b"\x8e%c" % (byte | 0x80) if 0x20 < byte < 0x60 else b"%c" % byte for byte in match[2])
    return bytes(byte | 0x80 if 0x20 < byte < 0x7F else byte for byte in match[1] or b"")


def _decodes(sample: bytes, encoding: str) -> str | None:
    """The sample in this encoding, its last character possibly cut; None when it is not in it."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(sample)
    except UnicodeDecodeError:
        return None


def _utf16(sample: bytes) -> str | None:
    """UTF-16 without a mark shows its zero bytes all on one side (the high bytes of spaces, digits, line ends)."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if len(sample) < 4 or max(even, odd) * 20 < len(sample) // 2 or min(even, odd) * 20 > max(even, odd):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    text = _decodes(sample[: len(sample) // 2 * 2], name)
    return name if text and not _CONTROL_TEXT.search(text) and _letters(text) > 0.9 else None


def _letters(text: str) -> float:
    """The share of characters that are assigned and not private."""
    return sum(unicodedata.category(c) not in ("Cn", "Co", "Cs") for c in text) / len(text)


def _japanese(sample: bytes) -> str | None:
    """cp932 or EUC-JP, whichever reads more like Japanese; None when neither does.

    Western bytes read as Japanese give lone rare kanji between ASCII letters, and EUC-JP read as cp932 gives
    half-width katakana; Japanese comes in runs of kana, common kanji (the first JIS level) and full-width marks.
    """
    scores = {name: _likeness(_decodes(sample, name) or "") for name in ("cp932", "euc_jp")}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > 0.6 else None


def _likeness(text: str) -> float:
    """0 to 1: the share of non-ASCII characters that stand in a run and are in common use in Japan."""
    foreign = sum(c > "\x7f" for c in text)
    if not foreign:
        return 0.0
    words = re.sub(r"\d", "", _LONE.sub("", text))
    alone = len(_LONE.findall(text)) + sum(map(_common, _WORD.findall(_LONE.sub("", text))))
    return (alone + sum(_common(c) for run in _RUN.findall(words) for c in _JAPANESE.findall(run))) / foreign


def _common(character: str) -> bool:
    if character < "\u4e00" or character > "\u9fff" or character in _OF_NAMES:
        return True
    code = character.encode("cp932", "ignore")
    return b"\x88\x9f" <= code <= b"\x98\x72"


def _western(sample: bytes) -> str | None:
    """One of the single-byte encodings, or None. A few accents in a short text are too little for statistics."""
    from charset_normalizer import from_bytes

    accents = len(re.findall(rb"[\x80-\xff]", sample)) / len(sample)
    windows = _decodes(sample, "cp1252")
    if windows and accents < LATIN and len(sample) < FEW:
        return "cp1252"
    best = from_bytes(sample, cp_exclusion=NOT_ON_DISK).best()
    if best is not None:
        return str(best.encoding)
    return "cp1252" if windows and accents < LATIN else None
