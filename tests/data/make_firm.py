"""Write the generated files of the sample firm: `python tests/data/make_firm.py`.

What a person writes as plain text (md, html, txt, yaml, json) lives in `assistant/app/demo/firm` itself and is edited
there. This script writes the rest: PDF, Office, EPUB, mail, tables, sensor log, pictures and sound, and the questions,
whose table answers it computes. Same code, same bytes. It needs reportlab and soundfile from PyPI, and the Debian
packages fonts-dejavu-core, fonts-ipafont-gothic and flite; the product needs none of them.
"""

from __future__ import annotations

from firm_documents import write_documents
from firm_pictures import write_pictures
from firm_questions import write_questions
from firm_sound import write_sound
from firm_tables import DELAYED_ORDER, my_numbers, write_tables


def main() -> None:
    """Write everything."""
    write_documents(my_numbers(), DELAYED_ORDER)
    write_tables()
    write_questions(write_pictures(), write_sound())


if __name__ == "__main__":
    main()
