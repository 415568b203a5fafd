"""The words of the interface in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    "new_talk": ("New conversation", "新しい会話"),
    "advanced": ("Advanced", "詳細設定"),
    "grounding": ("How thoroughly the sources are read", "資料の読み方"),
    "hybrid": ("Balanced: the best source word for word (recommended)", "標準:最良の資料を一語ずつ読む(推奨)"),
    "soft": ("Fastest: all sources condensed", "最速:すべて要約された形で読む"),
    "text": ("Most thorough: every source word for word", "最も丁寧:すべて一語ずつ読む"),
    "none": ("Without sources: the model alone, unchecked", "資料なし:モデルのみ(未照合)"),
    "stage_queued": ("Waiting; your place in the queue: {place}", "順番待ちです({place}番目)"),
    "stage_searching": ("Searching your files…", "資料を探しています…"),
    "stage_reading": ("Reading what was found…", "見つけた資料を読んでいます…"),
    "stage_writing": ("Writing; not checked yet…", "回答を書いています(未確認)…"),
    "stage_stopped": ("Stopped", "停止しました"),
    "stage_failed": ("That did not work", "うまくいきませんでした"),
    "stage_done": ("Done", "完了"),
    "stop": ("Stop", "停止"),
    "menu": ("Conversations and pages", "会話とページ"),
    "talks": ("Conversations", "会話"),
    "find_talk": ("Search conversations", "会話を検索"),
    "no_talks": ("No conversations yet", "まだ会話はありません"),
    "rename": ("Rename", "名前を変える"),
    "rename_ask": ("Name of the conversation", "会話の名前"),
    "delete": ("Delete for good", "完全に削除"),
    "delete_sure": ("Delete this conversation for good?", "この会話を完全に削除しますか。"),
    "export": ("Export", "書き出し"),
    "more": ("More", "その他"),
    "pages": ("Pages", "ページ"),
    "files": ("Files", "資料"),
    "map": ("Map of memory", "記憶の地図"),
    "govern": ("Govern", "管理"),
    "dark": ("Dark colours", "暗い配色"),
    "attach": ("Ask about a picture or recording", "写真や録音について質問する"),
    "record": ("Ask by voice", "声で質問する"),
    "no_microphone": ("The browser does not give the microphone.", "ブラウザーがマイクを許可していません。"),
    "remove": ("Remove", "取り除く"),
    "source": ("Source", "出典"),
    "own_window": ("Own window", "別の窓で開く"),
    "close": ("Close", "閉じる"),
    "edit": ("Edit the question", "質問を直す"),
    "copy_answer": ("Copy the answer", "回答をコピー"),
    "copied": ("Copied", "コピーしました"),
    "again": ("Ask again", "もう一度質問する"),
    "rows_behind": ("The query and its rows", "計算式とその行"),
    "why": ("Why this answer?", "この回答の根拠"),
    "good": ("This helped", "役に立った"),
    "bad": ("Something is wrong with it", "間違いを知らせる"),
    "thanks": ("Thank you, kept", "ありがとうございます"),
    "acts": ("What you can do with this answer", "この回答の操作"),
    "notes": ("How this answer was made", "この回答ができるまで"),
    "further": ("Going on", "続けて聞く"),
    "looked": ("What came nearest:", "最も近かった資料:"),
    "looked_nowhere": ("there is nothing you may read yet.", "閲覧できる資料がまだありません。"),
    "how_to_add": (
        "Is it in a file that is not here yet? Add it.",
        "まだ登録していない資料にありますか。追加できます。",
    ),
    "chat": ("Chat", "チャット"),
    "audit": ("Audit", "監査記録"),
    "health": ("Health", "状態"),
    "drop": ("Drop files or folders here", "ここにファイルやフォルダーをドロップ"),
    "choose_files": ("Choose files", "ファイルを選ぶ"),
    "choose_folder": ("Choose a folder", "フォルダーを選ぶ"),
    "into": ("into", "保存先:"),
    "into_hint": (
        "Everybody who may read this scope will find what is in the files.",
        "この範囲を閲覧できる人全員が、内容を検索できるようになります。",
    ),
    "largest": ("A file may have up to {size} MB.", "1ファイル{size} MBまでです。"),
    "may_not_feed": (
        "You can look at files here. Bringing new ones needs a role with `may: [feed]`; ask whoever governs.",
        "ここでは資料を閲覧できます。追加するには `may: [feed]` の役割が必要です。管理者にお尋ねください。",
    ),
    "sending": ("on its way to the server…", "送信中…"),
    "job_waiting": ("waiting to be read", "読み取り待ち"),
    "job_reading": ("being read…", "読み取り中…"),
    "file": ("File", "ファイル"),
    "find_file": ("Search by name", "名前で探す"),
    "find": ("Search", "検索"),
    "read_at": ("Read on", "読み取り日時"),
    "remarks": ("Remarks", "備考"),
    "no_files": ("Nothing here yet.", "まだありません。"),
    "kind_of_file": ("Type", "種類"),
    "understood": ("What was understood", "読み取った内容"),
    "forget": ("Forget this source", "この資料を忘れる"),
    "forget_sure": (
        "Everything that was read from it is removed from the memory. A file that was brought here is deleted.",
        "読み取った内容をすべて削除します。ここから追加したファイルは元のファイルも削除します。",
    ),
    **{
        f"kind_{kind}": pair
        for kind, pair in {
            "passage": ("passages", "文章"),
            "page": ("pages without text", "文字のないページ"),
            "picture": ("pictures", "画像"),
            "region": ("parts of pictures", "画像の一部"),
            "line": ("lines in pictures", "画像内の行"),
            "utterance": ("utterances", "発言"),
            "sound": ("sounds", "音"),
            "series": ("measured series", "測定系列"),
            "event": ("events", "出来事"),
            "table": ("tables", "表"),
            "row": ("rows", "行"),
            "column": ("columns", "列"),
            "concept": ("terms", "用語"),
        }.items()
    },
    "family_words": ("Words", "文章"),
    "family_seen": ("Pictures", "画像"),
    "family_heard": ("Sound", "音声"),
    "family_measured": ("Measurements", "測定"),
    "family_counted": ("Tables", "表"),
    "family_meant": ("Terms", "用語"),
    "map_about": (
        "Each dot is something you may read; what lies near means alike, as far as two dimensions can show.",
        "点は閲覧できる内容です。近い点ほど意味が似ています(二次元で表せる範囲で)。",
    ),
    "map_left": ("{count} more are not drawn.", "ほか{count}件は省略しています。"),
    "map_ask": ("Draw a question in", "質問を地図に表示"),
    "the_question": ("the question", "質問"),
    "who_reads": ("Who reads what", "誰が何を閲覧できるか"),
    "roles": ("Roles", "役割"),
    "reads": ("reads", "閲覧可"),
    "account": ("Account", "アカウント"),
    "no_account": ("none", "なし"),
    "let_in": ("Let in again", "再び許可"),
    "keep_out": ("Keep out", "停止"),
    "end_sessions": ("End sessions", "サインインを解除"),
    "no_policy": (
        "There is no policy yet: the owner of this machine reads everything, nobody else can sign in.",
        "ポリシーはまだありません。このマシンの所有者だけがすべて閲覧できます。",
    ),
    "policy": ("Policy", "ポリシー"),
    "policy_text": ("The policy as text (YAML)", "ポリシーの本文(YAML)"),
    "policy_moved": (
        "Somebody changed the policy meanwhile. Look at it again before you save.",
        "その間に別の人がポリシーを変更しました。もう一度ご確認ください。",
    ),
    "preview": ("What this would change", "この変更の影響"),
    "preview_it": ("Show who gains and loses what", "誰の閲覧範囲が変わるか見る"),
    "nobody_changes": ("Nobody gains or loses anything at this moment.", "現時点で閲覧範囲が変わる人はいません。"),
    "in_force": ("Bring it into force", "有効にする"),
    "history": ("Versions that were in force", "これまでの版"),
    "view_as": ("As seen by", "この人の見え方"),
    "action": ("Action", "操作"),
    "since": ("From", "開始"),
    "until": ("Until", "終了"),
    "when": ("When (UTC)", "日時(UTC)"),
    "what": ("What", "内容"),
    "hidden": ("(content you may not read)", "(閲覧できない内容)"),
    "nothing_found": ("Nothing found.", "見つかりません。"),
    "agree": ("Entities and vectors agree", "項目とベクトルの一致"),
    "entities": ("entities", "項目"),
    "vectors": ("vectors", "ベクトル"),
    "audit_whole": ("The record is as it was written.", "記録は改ざんされていません。"),
    "models": ("Models", "モデル"),
    "feedback": ("What people say about answers", "回答への意見"),
    "model_used": ("Model", "モデル"),
    "sure": ("How surely the sources answer", "資料が答えになる確からしさ"),
    "read_words": ("Read word for word (tokens)", "一語ずつ読んだ量(トークン)"),
    "read_soft": ("Read condensed (tokens)", "要約された形で読んだ量(トークン)"),
    "written": ("Written (tokens)", "書いた量(トークン)"),
    "seconds_retrieve": ("Search", "検索"),
    "seconds_bridge": ("Preparing", "準備"),
    "seconds_first_token": ("First word after", "最初の語まで"),
    "seconds_total": ("In all", "合計"),
    "found": ("What was found, best first", "見つかった資料(近い順)"),
    "share": ("How well it fits", "適合の度合い"),
    "cited": ("cited", "出典として使用"),
    "left_out": ("left out", "使わず"),
    "on_map": ("Show it on the map of memory", "記憶の地図で見る"),
    "right_answer": ("The right answer would be", "正しい答え"),
    "right_source": ("It stands in", "答えのある資料"),
    "do_not_know": ("I do not know", "わからない"),
    "remark": ("Remark", "ひとこと"),
    "send": ("Send", "送る"),
    "thanks_long": (
        "Thank you. It is kept with the sources that were found, for whoever looks after this memory.",
        "ありがとうございます。見つかった資料とともに、管理者が確認できるよう保存しました。",
    ),
    "empty": ("Nothing has been read yet.", "まだ資料がありません。"),
    "add_files": ("Add your first files", "最初の資料を追加する"),
    "gone": (
        "This answer rests on something you may no longer read, so it is not shown.",
        "この回答の出典は現在閲覧できないため、表示しません。",
    ),
    "sources": ("Sources", "出典"),
    "also_at": ("The very same file also lies at", "同じ内容のファイルの場所:"),
    "file_gone": ("the file is gone since it was read", "ファイルは読み込み後になくなりました"),
    "open": ("Open the source at this place", "この箇所を開く"),
    "closed": (
        "Open the address that `kotonoha serve` printed when it started: it holds the key to this page.",
        "`kotonoha serve` の起動時に表示されたアドレスを開いてください。このページの鍵が含まれています。",
    ),
    "sign_in": ("Sign in", "サインイン"),
    "with_password": ("With a name and a password", "名前とパスワードで"),
    "guests": ("Whose eyes?", "どの人として見ますか"),
    "guests_about": (
        "These are people of the sample firm. One click signs you in; each of them may read something else.",
        "サンプル企業の人々です。クリックするとその人としてサインインします。閲覧できる範囲はそれぞれ異なります。",
    ),
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
    "play_from": ("Play from", "ここから再生:"),
    "speaks_of": ("What speaks of it", "この用語が出てくる箇所"),
    "concepts": ("Terms in it", "ここに出てくる用語"),
    "absent": ("There is nothing here that you may read.", "閲覧できるものはありません。"),
    "trouble": ("That did not work", "うまくいきませんでした"),
    "busy": (
        "The answer before is still on its way. Stop it, or ask again once it is here.",
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

_SEALS: Mapping[str, tuple[str, tuple[str, str], tuple[str, str]]] = {
    "model": (
        "answered",
        ("Answer", "回答"),
        ("in the assistant's words, each sentence checked against its source", "文ごとに出典と照合済み"),
    ),
    "possibly": (
        "possible",
        ("Possibly", "可能性があります"),
        (
            "not sure enough for an answer; read these passages yourself",
            "回答と言い切れません。次の箇所をご確認ください",
        ),
    ),
    "calculation": (
        "computed",
        ("Computed", "計算結果"),
        ("exactly, from the rows of your tables", "表の行から正確に計算しました"),
    ),
    "refusal": (
        "absent",
        ("Not in your files", "資料にありません"),
        ("nothing that you may read answers this", "閲覧できる資料に答えが見つかりません"),
    ),
    "talk": (
        "spoken",
        ("Kotonoha", "ことのは"),
        ("about the assistant and its files; nothing here needs a source", "アシスタントと資料についての返事です"),
    ),
    "ungrounded": (
        "unchecked",
        ("Without sources", "出典なし"),
        ("the assistant's own words; nothing in your files was used to check them", "資料と照合していない回答です"),
    ),
    "turn_waiting": (
        "ended",
        ("Interrupted", "中断されました"),
        (
            "the server stopped before the answer was there; ask again",
            "回答の途中でサーバーが止まりました。もう一度お試しください",
        ),
    ),
    "turn_stopped": (
        "ended",
        ("Stopped", "停止しました"),
        ("at your wish, before the answer was there", "回答前に停止しました"),
    ),
    "turn_failed": (
        "ended",
        ("That did not work", "うまくいきませんでした"),
        ("the reason stands below", "理由は下記のとおりです"),
    ),
}
"""What each kind of answer, and each end of a question without one, looks like, is called and means."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What kind of answer it is: how it looks, what it is called, what that means."""

    look: str
    label: str
    about: str


def seal(how: str, language: Language) -> Seal:
    """The seal of a kind of answer; a kind without one is shown plainly, under its own name."""
    look, label, about = _SEALS.get(how, ("plain", (how, how), ("", "")))
    at = LANGUAGES.index(language)
    return Seal(look, label[at], about[at])


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
