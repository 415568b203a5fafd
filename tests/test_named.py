"""What a question sets side by side is told by its names and by who speaks of them."""

import pytest

from assistant.answer.named import apart

GUIDES = [("baxter_leave.md", "Baxter gives 20 days."), ("norton_leave.md", "NORTON: leave is 25 days.")]
RULES = [("山田商事_経費.md", "山田商事の締め切りは月末です。"), ("北川工業_経費.md", "北川工業では翌月5日。")]
SHEETS = [("Cure-Hard_SDS.pdf", "Cure Hard is corrosive."), ("Acetone_SDS.pdf", "Acetone burns.")]


@pytest.mark.parametrize(
    ("question", "sources", "named"),
    [
        ("Who gives more leave, baxter or Norton?", GUIDES, ("baxter", "Norton")),
        ("山田商事と北川工業で経費の締め切りは違いますか", RULES, ("山田商事", "北川工業")),
        ("Acetone or Cure Hard: which one burns?", SHEETS, ("Acetone", "Cure Hard")),
        ("Is the HX-10 louder than the HX-20?", [("a", "HX10: 50 dB"), ("b", "HX-20: 60 dB")], ("HX-10", "HX-20")),
        ("ＨＸ-10とHX-20はどちらが静か？", [("a", "HX-10 50"), ("b", "HX-20 60")], ("HX-10", "HX-20")),
    ],
)
def test_things_of_which_each_source_speaks_of_one_are_side_by_side(
    question: str, sources: list[tuple[str, str]], named: tuple[str, ...]
) -> None:
    assert apart(question, sources) == named


@pytest.mark.parametrize(
    ("question", "sources"),
    [
        ("How much leave does Baxter give?", GUIDES),
        ("Who gives more leave, Baxter or Norton?", [*GUIDES, ("both.md", "Norton bought Baxter.")]),
        ("Who gives more leave, Baxter or Olsen?", GUIDES),
        ("Do we get more leave in May or in August?", [("a", "In May: 2."), ("b", "In August: 3.")]),
        ("How much leave is there?", GUIDES),
        ("How many went with Kumo Air?", [("sent", "Kumo Air"), ("log-with-a-gap", "12")]),
        ("", GUIDES),
        ("Baxter or Norton?", []),
    ],
)
def test_one_thing_two_in_one_source_or_one_that_nobody_speaks_of_are_not(
    question: str, sources: list[tuple[str, str]]
) -> None:
    assert apart(question, sources) == ()
