"""The words of the interface in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from ingest.space.entity import Locator

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")

_WORDS: Mapping[str, tuple[str, str]] = {
    "ask": ("Ask", "質問する"),
    "placeholder": ("Ask about your own files…", "社内の資料について質問してください…"),
    "welcome": ("What would you like to know?", "何をお調べしますか。"),
    "promise": (
        "Every answer shows where it stands in your files, or says that it is not there.",
        "答えには必ず出典が付きます。資料にないときは、ないとお答えします。",
    ),
    "clear": ("New conversation", "新しい会話"),
    "grounding": ("How the sources reach the model", "資料をモデルに渡す方法"),
    "hybrid": ("best source as text, others as vectors", "最良の資料は文章で、ほかはベクトルで"),
    "soft": ("all as vectors", "すべてベクトルで"),
    "text": ("all as text", "すべて文章で"),
    "none": ("without sources", "資料なし"),
    "searching": ("Searching your files…", "資料を探しています…"),
    "reading": ("Reading what was found…", "見つけた資料を読んでいます…"),
    "checking": ("The model is writing; not checked yet", "モデルが回答中です(未確認)"),
    "model": ("Answer by the model, checked against its sources", "モデルの回答(出典と照合済み)"),
    "ungrounded": ("Answer by the model, without sources", "モデルの回答(出典なし)"),
    "quotation": ("Quoted from your files", "資料からの引用"),
    "calculation": ("Computed from the rows of your tables", "表の行から計算した結果"),
    "refusal": ("Not in the files you may read", "閲覧できる資料には見つかりません"),
    "gone": (
        "This answer rests on something you may no longer read, so it is not shown.",
        "この回答の出典は現在閲覧できないため、表示しません。",
    ),
    "sources": ("Sources", "出典"),
    "open": ("Open the source at this place", "この箇所を開く"),
    "closed": (
        "Open the address that `kotonoha serve` printed when it started: it holds the key to this page.",
        "`kotonoha serve` の起動時に表示されたアドレスを開いてください。このページの鍵が含まれています。",
    ),
    "sign_in": ("Sign in", "サインイン"),
    "sign_out": ("Sign out", "サインアウト"),
    "name": ("Name", "名前"),
    "password": ("Password", "パスワード"),
    "other_language": ("日本語", "English"),
    "refused": (
        "The name or the password is wrong, or the account is locked for a while.",
        "名前またはパスワードが違うか、アカウントが一時的にロックされています。",
    ),
    "sso": ("Sign in with your organisation", "組織のアカウントでサインイン"),
    "sso_refused": (
        "Your organisation's sign-in did not let you in here. Try again, or ask whoever governs this memory.",
        "組織のアカウントではサインインできませんでした。もう一度試すか、管理者にお尋ねください。",
    ),
    "signed_in": ("You are signed in. Go on.", "サインインしました。続ける"),
    "scope": ("Access", "閲覧範囲"),
    "place": ("Place", "箇所"),
    "download": ("Download the original", "原本をダウンロード"),
    "changed": (
        "The file has changed or is gone since it was read, or not all of it may be shown. Below is what was read.",
        "読み込み後にファイルが変更・移動されたか、全体を表示できません。以下は読み込んだ時点の内容です。",
    ),
    "absent": ("There is nothing here that you may read.", "閲覧できるものはありません。"),
    "trouble": ("That did not work", "うまくいきませんでした"),
    "busy": (
        "The answer before is still on its way. Ask again once it is here.",
        "前の回答を作成中です。表示されてから、もう一度質問してください。",
    ),
    "signed_out": (
        "You are no longer signed in here. Your question has not been sent.",
        "サインインの状態が切れました。質問は送信されていません。",
    ),
    "lost": (
        "The server does not answer. What you wrote is still here; try again in a moment.",
        "サーバーに接続できません。入力内容は残っています。しばらくしてからもう一度お試しください。",
    ),
    "back": ("Back to the chat", "チャットに戻る"),
}


def words(language: Language) -> dict[str, str]:
    """Every word of the interface in one language."""
    return {name: pair[LANGUAGES.index(language)] for name, pair in _WORDS.items()}


def preferred(header: str) -> Language:
    """The language a browser asks for first, of those there are (the `Accept-Language` of RFC 9110, by order)."""
    for wish in header.lower().split(","):
        for language in LANGUAGES:
            if wish.strip().startswith(language):
                return language
    return "en"


def place(locator: Locator, language: Language) -> str:
    """Where something stands, in words: "page 3", "0:37–0:42", "row 12"."""
    japanese = language == "ja"
    said = [
        (locator.part, locator.part),
        (f"page {locator.page}", f"{locator.page}ページ") if locator.page else None,
        (f"sheet {locator.sheet}", f"シート {locator.sheet}") if locator.sheet else None,
        (f"row {locator.row}", f"{locator.row}行目") if locator.row and not locator.cell else None,
        (f"cell {locator.cell}", f"セル {locator.cell}") if locator.cell else None,
        (_seconds(locator), _seconds(locator)) if locator.start is not None else None,
        (_window(locator), _window(locator)) if locator.window else None,
    ]
    return ", ".join(str(pair[japanese]) for pair in said if pair and pair[japanese])


def file_name(path: str) -> str:
    """What a source is called on the screen: a path says more about a machine than a reader needs."""
    return Path(path).name


def clock(seconds: float) -> str:
    """A moment of a recording: 0:37, 1:02:05."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _seconds(locator: Locator) -> str:
    start, end = locator.start or 0.0, locator.end
    return clock(start) if end is None else f"{clock(start)}–{clock(end)}"


def _window(locator: Locator) -> str:
    return " – ".join(moment.replace("T", " ").removesuffix(":00") for moment in locator.window or ())
