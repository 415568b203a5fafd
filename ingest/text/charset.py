"""Bytes to text: which encoding a text file is in.

Japanese files come in UTF-8, UTF-16, Shift_JIS (as Windows writes it, cp932), EUC-JP and ISO-2022-JP, and short ones (a
CSV header) are too little for statistics. The rules here decide what can be decided from the shape of the bytes;
`charset-normalizer` is asked only about what is left, the many single-byte encodings of the West.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
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
SENSE = 0.6
"""The least share of what is beyond ASCII that makes sense in the right encoding."""
SURE, SEVERAL, WORDS = 0.82, 5, 3
"""What so many Chinese or Korean characters must reach, or the words of a Latin language needed, where it could be
Japanese."""
LEAD = 0.05
"""What the encodings of Western Windows and of Japan are ahead of others."""
MIXED, USUAL, RARE, KANA_ONLY, ALONE = 0.8, 0.75, 0.6, 0.75, 0.3
"""What a letter counts in a text of many Western languages, a character that is not among the most frequent, a letter
that is a word."""
ENOUGH = 4_000
"""Characters of lines beyond ASCII that are looked at."""

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
_C1 = re.compile("[\x80-\x9f]")
_SIGNS = "ªº²³¹µ½¼¾"
_LETTERS = re.compile(rf"(?:[^\W\d_{_SIGNS}]|[\u0591-\u05c7\u064b-\u0652\u0e31-\u0e4e])+")
_CAPITALS = "".join(c for c in map(chr, range(0xC0, 0x220)) if c.isupper())
_NO_WORD = re.compile(rf"[^\x00-\x7f]{{4}}|(?![{_CAPITALS}])[^\W\d_A-Z][{_CAPITALS}]|^[^\x00-\x7f]{{2}}$")
"""Four accents in a row, a capital with an accent behind a small letter, a word of two accents."""
_AMID = re.compile(r"[A-Za-z][^\x00-\x7f]{1,2}[a-z]{2}")
_SIGN_IN_PLACE = re.compile(
    r"(?<![^\W\d_])[°±×÷§•†‡‰½¼¾](?![a-z])|[nN]°|°(?=[CFK]\b)|(?<=[nN\d.])[ºª]|(?<![^\W\d_])µ(?=[a-zA-Z])|№"
    r"|(?<=[mts)\d])[²³](?!\w{2})|¹(?!\w)|[øØ](?=\s?\d)|[€£¥](?![^\W\d_])|(?<=\d)[€£¥]|(?<![^\W\d_])[¿¡](?=\w)"
    r"|(?<=\w)[’‘](?=\w)|(?<![^\W\d_])[“”«»‹›’‘–—…·©®™\xa0]+|[“”«»‹›’‘–—…·©®™\xa0]+(?![^\W\d_])"
)
"""Signs beside what they belong to: a degree behind a figure, a currency beside none of a word's letters."""
_WESTERN = re.compile(r"[äöüßÄÖÜéèêëàâçîïôœÉÈÀÇáíóúñÁÍÓÚÑåæøÅÆØãõ]")
_LATIN_ALPHABETS = tuple(
    re.compile(letters)
    for letters in (
        r"[äöüßéÄÖÜÉ]",
        r"[éèêëâçîïôûœÿÉÈÊËÀÂÇÎÏÔÛŒ]|[àù](?![^\W\d_])",
        r"[áéíóúñüÁÉÍÓÚÑÜ]",
        r"[áéíóúâêôãõçÁÉÍÓÚÂÊÔÃÕÇ]|à(?![^\W\d_])",
        r"[àèéìòù](?![^\W\d_])|[ÀÈÉÌÒÙ]",
        r"[àèéíòóúçïüÀÈÉÍÒÓÚÇ]",
        r"[æøåéÆØÅÉ]",
        r"[åäöéÅÄÖÉ]",
        r"[ëïéöüèêËÏÉ]",
        r"[áðéíóúýþæöÁÐÉÍÓÚÝÞÆÖ]",
        r"[ąćęłńóśźżĄĆĘŁŃÓŚŹŻ]",
        r"[áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ]",
        r"[áäčďéíĺľňóôŕšťúýžÁÄČĎÉÍĹĽŇÓÔŔŠŤÚÝŽ]",
        r"[áéíóöőúüűÁÉÍÓÖŐÚÜŰ]",
        r"[čćđšžČĆĐŠŽ]",
        r"[ăâîșțşţĂÂÎȘȚŞŢ]",
        r"[çğıöşüâîÇĞİÖŞÜ]",
        r"[āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ]",
        r"[ąčęėįšųūžĄČĘĖĮŠŲŪŽ]",
        r"[äõöüšžÄÕÖÜŠŽ]",
    )
)
"""Letters beyond ASCII, some only at the end of words: of German, French, Spanish, Portuguese, Italian, Catalan, Danish,
Swedish, Dutch, Icelandic, Polish, Czech, Slovak, Hungarian, Croatian, Romanian, Turkish, Latvian, Lithuanian and
Estonian."""
_SCRIPTS = (
    ("абвгдежзийклмнопрстуфхцчшщъыьэюяё", "оеаинтсрвлкмдпу"),
    ("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "оаиніетврслкудмп"),
    ("абвгдежзийклмнопрстуфхцчшщъьюя", "аиоентрсвлкдпмзъ"),
    ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ", "αοιετσνηυρπκμλςίόά"),
    ("".join(map(chr, range(0x591, 0x5EB))), "יוהלאתרבשמנםחכד"),
    ("".join(map(chr, range(0x621, 0x6D3))), "اليمنترةبوعد"),
    ("".join(map(chr, range(0xE01, 0xE5C))), "านรอกเงมยลวด่้ิีัตสท"),
)
"""Letters and frequent letters of Russian, Ukrainian, Bulgarian, Greek, Hebrew, Arabic and Thai."""
_JAPANESE_CODECS = ("cp932", "euc_jp")
_OF_OLD = ("cp850", "cp852", "mac_roman")
"""Of DOS and the old Macintosh: only where an accent stands amid a word."""
_AHEAD = ("cp1252", *_JAPANESE_CODECS)
_ALPHABETIC = (
    "cp1252", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1257", "cp850", "mac_roman", "cp866",
    "cp852", "cp1255", "cp1256", "cp874",
)  # fmt: skip
_FREQUENT = {
    "ja": "日月年時分秒円個件名前住所番号品数量単価備考合計金額納期担当注文会社部長者人大中小上下本社東京一二三四五六七八九十百千万"
    "田山川木村高藤井野松石林口子太郎佐事業生産工場機械点検作業予定開始終了内容場手入出行見車電気話",
    "zh": "的一是不了在有人我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事"
    "成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性"
    "知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任"
    "名称数量编号备注价格日期单价供货交件费请检查期上海北京星水",
    "tw": "的一是不了在有人我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事"
    "成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日者意無力它與長把機十公此已工使情明性知全"
    "名稱數量編號備註價格日期單價供貨交件費請檢查期水",
    "ko": "이다는을의에가고하은로를기지한사인도어리자시대서해아부일정수과전나구라성그스제만여주보적상들으장원것게동"
    "있조니면비공호명량품요습십오내용단번날금액",
}
_IDEOGRAPHIC = {
    "cp949": (0xB0, 0xC8, _FREQUENT["ko"]),
    "gb18030": (0xB0, 0xD7, _FREQUENT["zh"]),
    "cp950": (0xA4, 0xC6, _FREQUENT["tw"]),
}
"""First and last lead byte of the characters in common use, and the most frequent ones."""
_IDEOGRAPHS = re.compile(r"(?<![A-Za-z])[\u2010-\u203b\u3000-\u9fff\uac00-\ud7a3\uff01-\uff5e]+(?![A-Za-z])")


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
    return _damaged(sample) or _best(sample)


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


def _best(sample: bytes) -> str | None:
    """The encoding in which the letters beyond ASCII make the words of some language; the first named wins a draw, by a
    small lead that of Western Windows. None when no reading makes sense."""
    texts = {name: _decodes(sample, name) for name in (*_JAPANESE_CODECS, *_ALPHABETIC, *_IDEOGRAPHIC)}
    lines = {name: _foreign_lines(text) for name, text in texts.items() if text is not None and not _C1.search(text)}
    scores = {name: _sense(text, name) + LEAD * (name in _AHEAD) for name, text in lines.items()}
    best = max(scores, key=lambda name: scores[name], default="")
    japanese = _japanese(lines)
    if japanese and not _is_sure(best, scores[best], lines[best]):
        return japanese
    if not best or scores[best] < SENSE:
        return _by_statistics(sample, scores.get("cp1252", 0.0))
    return "cp1252" if texts[best] == texts["cp1252"] else best


def _japanese(lines: dict[str, str]) -> str | None:
    """cp932 or EUC-JP, whichever reads more like Japanese; None when neither does.

    Western bytes read as Japanese give lone rare kanji between ASCII letters, and EUC-JP read as cp932 gives
    half-width katakana; Japanese comes in runs of kana, common kanji (the first JIS level) and full-width marks.
    """
    scores = {name: _likeness(lines[name]) for name in _JAPANESE_CODECS if name in lines}
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best and scores[best] > SENSE else None


def _is_sure(name: str, score: float, text: str) -> bool:
    """Whether what could be Japanese is something else: Korean or Chinese of frequent characters, or Latin words."""
    if name in _IDEOGRAPHIC:
        return score >= SURE and sum(c > "\x7f" for c in text) >= SEVERAL
    words = {word for word in _LETTERS.findall(text) if _AMID.search(word)}
    return name in _ALPHABETIC and any(
        sum(_in_alphabet(word, own) == sum(c > "\x7f" for c in word) for word in words) >= WORDS
        for own in _LATIN_ALPHABETS
    )


def _foreign_lines(text: str) -> str:
    """The beginning of the lines that hold more than ASCII."""
    return "\n".join(line[:ENOUGH] for line in text.split("\n") if not line.isascii())[:ENOUGH]


def _sense(text: str, name: str) -> float:
    """0 to 1: the share of the characters beyond ASCII that stand where some one language would have them."""
    if name in _JAPANESE_CODECS:
        return _likeness(text) * (KANA_ONLY + (1 - KANA_ONLY) * _share(_FREQUENT["ja"], text))
    if name in _IDEOGRAPHIC:
        return _ideographs(text, name)
    foreign = sum(c > "\x7f" for c in text)
    if not foreign or (name in _OF_OLD and not _AMID.search(text)):
        return 0.0
    words = [(word, count) for word, count in Counter(_LETTERS.findall(text)).items() if not word.isascii()]
    signs = sum(c > "\x7f" for sign in _SIGN_IN_PLACE.findall(text) for c in sign)
    western = max(sum(_in_alphabet(word, own) * count for word, count in words) for own in _LATIN_ALPHABETS)
    mixed = MIXED * sum(_in_alphabet(word, _WESTERN) * count for word, count in words)
    other = max(sum(_in_script(word, *own) * count for word, count in words) for own in _SCRIPTS)
    found: float = signs + max(western, mixed, other)
    return found / foreign


def _in_alphabet(word: str, letters: re.Pattern[str]) -> float:
    """How many letters with accents of a word are those of a language, in a word as people write it."""
    if _NO_WORD.search(word) or not (len(word) == 1 or re.search("[A-Za-z]", word)):
        return 0.0
    return len(letters.findall(word)) / (2 if len(word) == 1 else 1)


def _in_script(word: str, letters: str, frequent: str) -> float:
    """How many letters of a word are of a script of its own, the frequent ones of a language in full."""
    low = word.lower()
    if (len(word) > 1 and not (low[1:] == word[1:] or word.isupper())) or any(c not in letters for c in low):
        return 0.0
    return ALONE if len(word) == 1 else sum(1.0 if c in frequent else RARE for c in low)


def _ideographs(text: str, name: str) -> float:
    """The share of Chinese or Korean characters that stand in runs and are in common use."""
    foreign = sum(c > "\x7f" for c in text)
    lead, last, frequent = _IDEOGRAPHIC[name]
    found = 0.0
    for run in _IDEOGRAPHS.findall(text):
        for c in run:
            common = c > "\uff00" or c < "\u3100" or lead <= c.encode(name)[0] <= last
            found += 1.0 if c in frequent or not c.isalpha() else USUAL if common and len(run) > 1 else 0.0
    return found / foreign if foreign else 0.0


def _share(frequent: str, text: str) -> float:
    """The share of Japanese characters that are kana, marks or frequent kanji."""
    found = _JAPANESE.findall(text)
    return sum(not "\u4e00" <= c <= "\u9fff" or c in frequent for c in found) / len(found) if found else 0.0


def _by_statistics(sample: bytes, western: float) -> str | None:
    """What no language makes words of: Western Windows if little of it is beyond ASCII, else what statistics say."""
    from charset_normalizer import from_bytes

    accents = len(_BEYOND.findall(sample)) / len(sample)
    windows = accents < LATIN and _decodes(sample, "cp1252") is not None
    if windows and (len(sample) < FEW or western > LATIN):
        return "cp1252"
    best = from_bytes(sample, cp_exclusion=NOT_ON_DISK).best()
    if best is not None:
        return str(best.encoding)
    return "cp1252" if windows else None
