"""Names of people, by what surrounds them: an honorific, a title, a form's label, 'my name is'.

A run of characters before 様 or さん is not yet a name (`お客様`, `仕様`): departments in front are cut off, common
words refused, and the frequent Japanese surnames recognised, which also finds `田中部長` beside `営業部長`.
Names without any such sign (a surname in running text) are not found. Works on folded text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .rules import Found

_SURNAMES = (
    "佐藤 鈴木 高橋 田中 伊藤 渡辺 渡邊 渡邉 渡部 山本 中村 小林 加藤 吉田 山田 佐々木 "
    "山口 松本 井上 木村 林 斎藤 齋藤 斉藤 齊藤 清水 山崎 山﨑 森 池田 橋本 阿部 石川 "
    "山下 中島 中嶋 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 福田 "
    "太田 西村 藤井 金子 岡本 藤原 中野 三浦 原田 中川 松田 竹内 小野 田村 中山 和田 "
    "石田 森田 上田 原 内田 柴田 酒井 宮崎 横山 高木 安藤 宮本 大野 小島 谷口 工藤 今井 "
    "高田 増田 丸山 杉山 村田 大塚 新井 小山 平野 藤本 河野 上野 野口 武田 松井 千葉 "
    "岩崎 菅原 木下 久保 佐野 野村 松尾 市川 菊地 菊池 杉本 古川 大西 島田 水野 桜井 "
    "櫻井 高野 渡瀬 吉川 山内 西田 飯田 西川 小松 北村 安田 五十嵐 川口 平田 関 中田 "
    "久保田 服部 東 岩田 土屋 川崎 福島 本田 辻 樋口 秋山 田口 永井 中西 吉村 川上 石原 "
    "大橋 松岡 馬場 浜田 濱田 森本 星野 矢野 浅野 大久保 吉岡 小池 野田 荒木 熊谷 松浦 "
    "大谷 内藤 黒田 尾崎 川村 永田 望月 松村 荒井 堀 西山 田辺 菅 大島 平井 児玉 早川 "
    "栗原 広瀬 廣瀬 横田 石橋 岩本 萩原 片山 関口 宮田 大石 本間 須藤 高山 岡崎 小田 "
    "吉野 鎌田 伊東 篠原 上原 小西 今村 松原 福井 奥村 南 内山 成田 川島 桑原 三宅 大川 "
    "八木 沢田 澤田 岡村 堀内 津田 佐久間 富田 田島 西 片岡 榎本 向井 戸田 武藤 黒木 "
    "寺田 青山 梅田 青柳 相馬 村井 土井 泉 本多 喜多 滝沢 瀧澤 米田 神田 柳 谷 牧野 "
    "三好 白石 落合 稲葉 下田 竹田 岩井 根本 庄司 江口 安部 平山 岡 金井 倉田 小倉 河合 "
    "田原 稲垣 宇野 日高 金田 石塚 白井 坂口 岸 北川 真鍋 堤 丹羽 長田 森山 長野 若林 "
    "今野 新田 飯塚"
)
SURNAMES = frozenset(_SURNAMES.split())
_LONGEST = max(map(len, SURNAMES))

_HAN, _KANA = "一-龠々〆ヶ﨑", "ァ-ヴー"
_FRONT = tuple("部課係室社店局院長士員者師会所場班組科当任人業客")
_ENDS = (*_FRONT, " ")
_COMMON = (
    "客 皆 家族 両親 主人 施主 連 奥 王 殿 貴 神 仏 上 先 先方 会員 法人 個人 団体 "
    "子 嬢 得意 得意先 取引先 仕 模 同 多 一 異 有 文 両 別 図 紋 何 各 左 母 父 "
    "兄 姉 弟 妹 孫 叔父 叔母 祖父 祖母 旦那 職人 大工 彼 某 摂 華 宮 御 本 拝 沈 "
    "若 赤 諸 近所 隣 御一同 一同 各 係 患者 利用者 担当者 責任者 経営者 関係者 参加者 "
    "来場者 依頼者 発注者 受注者 使用者 消費者 配偶者 保護者 相手 相手方 御社 お客 下 無 "
    "非"
)
_REFUSED = frozenset(_COMMON.split())
_REFUSED_TAILS = tuple("者員社店部課係局院所仕模同多異紋先長族々")
_COMMON_KANA = (
    "パート アルバイト スタッフ ドライバー メーカー ユーザー オーナー サプライヤー ゲスト "
    "ビジター エンドユーザー クライアント パートナー バイヤー ベンダー メンバー オペレーター "
    "テナント リーダー マネージャー ディーラー ワン ネコ ウサギ"
)
_REFUSED_KANA = frozenset(_COMMON_KANA.split())
_HONORIFIC = (
    r" ?(?:様(?![式子々相])|さま(?![ざま])|さん(?![かざぶ])|氏(?![名神族姓])|"
    r"殿(?![堂様])|先生)"
)
_FAMILIAR = r" ?(?:くん|君|ちゃん)"
_TITLE = (
    r" ?副?(?:部長|課長|係長|社長|専務|常務|主任|室長|所長|工場長|店長|取締役|会長|監査役|次長|班長|支店長|"
    r"主査|参事)"
)
_WRITTEN = rf"[{_HAN}{_KANA}ぁ-ん]"
_RUN = re.compile(
    rf"(?P<run>(?:(?![様殿])[{_HAN}]){{1,12}}(?: {_WRITTEN}{{1,6}}?)?"
    rf"|[{_KANA}]{{2,16}}(?:[・ ][{_KANA}]{{1,16}}){{0,3}}"
    r"|[A-Z][A-Za-z'.-]{1,20}(?: [A-Z][A-Za-z'.-]{1,20}){0,2}"
    rf"|[{_HAN}]{{1,8}}[ぁ-ん{_KANA}]{{1,5}}?)"
    rf"(?:(?P<honorific>{_HONORIFIC})|{_FAMILIAR}|{_TITLE})"
)
_LABEL = re.compile(
    r"(?:氏名|お?名前|担当者?|代表者|受取人|契約者|申込者|被保険者|名義人?|作成者|承認者|確認者|検査員|責任者)"
    rf" ?[: ] ?(?P<run>[{_HAN}]{{1,4}} ?{_WRITTEN}{{1,5}}|[{_KANA}]{{2,8}}[ ・][{_KANA}]{{1,8}})(?!{_WRITTEN})"
)
_SELF = re.compile(rf"(?:の|、|。|^)(?P<run>[{_HAN}]{{2,4}})(?=です|と申しま)", re.MULTILINE)

_PART = r"[A-Z][A-Za-zÀ-ÖØ-öø-ÿ'’]*[a-zà-öø-ÿ](?:-[A-Z][a-zà-öø-ÿ]+)?"
_LAST = rf"(?:(?:van|der|den|de|la|von|di|del|bin|al) ){{0,2}}{_PART}"
_WESTERN = re.compile(rf"\b(?:Mr|Ms|Mrs|Miss|Mx|Dr|Prof|Sir)\.? (?P<value>{_LAST}(?: (?:[A-Z]\.|{_LAST})){{0,3}})")
_SUFFIXED = re.compile(rf"\b(?P<value>{_PART}(?: {_PART})?)-(?:san|sama|sensei|kun|chan)\b")
_FIELD = re.compile(
    r"(?:[Nn]ame|[Cc]ontact person|[Aa]ttn|ATTN|[Ff]rom|To|[Cc]ardholder|[Aa]ccount holder|[Pp]atient|"
    rf"[Bb]eneficiary|[Bb]uyer|[Ii]nspector): ?(?P<value>{_PART}(?: [A-Z]\.)?(?: {_PART}){{1,2}})"
)


def spans(text: str) -> Iterator[Found]:
    """Names in folded text: the name only, without honorific or title."""
    for match in _RUN.finditer(text):
        start = _name_start(match["run"], polite=match["honorific"] is not None)
        if start is not None:
            yield match.start("run") + start, match.end("run"), False
    for pattern in (_LABEL, _SELF):
        for match in pattern.finditer(text):
            if _surname_at(match["run"]) or (pattern is _LABEL and " " in match["run"]):
                yield (*match.span("run"), False)
    for pattern in (_WESTERN, _SUFFIXED, _FIELD):
        for match in pattern.finditer(text):
            yield (*match.span("value"), False)


def _name_start(run: str, polite: bool) -> int | None:
    """Where in `run` the name begins, or None when it is no name; titles (`polite` False) need a known surname."""
    if not re.match(rf"[{_HAN}]", run):
        return 0 if polite and run not in _REFUSED_KANA else None
    for start in range(len(run)):
        if (start == 0 or run[start - 1] in _ENDS) and _surname_at(run[start:]):
            return start
    return _unknown_name(run) if polite else None


def _unknown_name(run: str) -> int | None:
    """The start of a name that does not begin with a known surname: a known one after a company's name, or two to
    five characters that are no common word."""
    for start in range(2, len(run) - 1):
        if run[start:] in SURNAMES:
            return start
    start = max((run.rfind(front) + 1 for front in _FRONT if front in run[:-1]), default=0)
    rest = run[start:]
    if " " in rest:
        return start if len(rest) <= 8 else None
    ordinary = rest in _REFUSED or rest.endswith(_REFUSED_TAILS) or not re.fullmatch(rf"[{_HAN}]{{2,5}}", rest)
    return None if ordinary else start


def _surname_at(run: str) -> str:
    """The longest known surname that `run` begins with and that can be followed by what comes after it."""
    for length in range(min(_LONGEST, len(run)), 0, -1):
        if run[:length] in SURNAMES and _given(run[length:], short=length == 1):
            return run[:length]
    return ""


def _given(rest: str, short: bool) -> bool:
    """May this follow a surname: nothing, or a given name of up to four characters.

    Behind a surname of one character only with a space: 東京 and 林業 begin like one.
    """
    if not rest or rest.startswith(" "):
        return True
    return not short and len(rest) <= 4 and rest not in _REFUSED and not rest.endswith(_REFUSED_TAILS)
