"""What was written on a page of a PDF afterwards: values of form fields, and annotations with words. By PDFium."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ingest.space.entity import Locator

from .flow import Block

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

LONGEST = 20_000
"""Bytes of one value at most."""
MOST = 2_000
"""Annotations of one page that are looked at."""


def filled_in(document: PdfDocument, number: int) -> Iterator[Block]:
    """The filled fields of a page as one block of "name: value", then every annotation that says something."""
    import pypdfium2
    from pypdfium2 import raw

    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return
    fields: list[str] = []
    notes: list[tuple[str, Any]] = []
    try:
        height = page.get_height()
        for annotation, kind in _annotations(page):
            if kind == raw.FPDF_ANNOT_WIDGET:
                fields += _field(page, annotation)
            elif kind not in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP) and (
                words := _string(annotation, b"Contents")
            ):
                author = _string(annotation, b"T")
                notes.append((f"[Annotation{f' by {author}' if author else ''}: {words}]", _box(annotation, height)))
    finally:
        page.close()
    place = Locator(page=number + 1)
    if fields:
        yield Block("\n".join(fields), place=Locator(page=number + 1, part="form fields"))
    yield from (Block(text, place=Locator(page=place.page, box=box, part="annotation")) for text, box in notes)


def _annotations(page: PdfPage) -> Iterator[tuple[Any, int]]:
    from pypdfium2 import raw

    for index in range(min(raw.FPDFPage_GetAnnotCount(page), MOST)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if annotation:
            try:
                yield annotation, raw.FPDFAnnot_GetSubtype(annotation)
            finally:
                raw.FPDFPage_CloseAnnot(annotation)


def _field(page: PdfPage, annotation: Any) -> Iterator[str]:
    """ "name: value" of a field that is filled; of a box that is ticked, "yes"."""
    from pypdfium2 import raw

    form = page.formenv
    if form is None:
        return
    name = _wide(lambda buffer, size: raw.FPDFAnnot_GetFormFieldName(form, annotation, buffer, size))
    label = _wide(lambda buffer, size: raw.FPDFAnnot_GetFormFieldAlternateName(form, annotation, buffer, size)) or name
    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
        if raw.FPDFAnnot_IsChecked(form, annotation):
            chosen = _wide(lambda buffer, size: raw.FPDFAnnot_GetFormFieldExportValue(form, annotation, buffer, size))
            yield f"{label}: {chosen if kind == raw.FPDF_FORMFIELD_RADIOBUTTON and chosen else 'yes'}"
        return
    value = _wide(lambda buffer, size: raw.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))
    if value and kind != raw.FPDF_FORMFIELD_PUSHBUTTON:
        yield f"{label}: {value}"


def _string(annotation: Any, key: bytes) -> str:
    from pypdfium2 import raw

    return _wide(lambda buffer, size: raw.FPDFAnnot_GetStringValue(annotation, key, buffer, size))


def _wide(read: Callable[[Any, int], int]) -> str:
    """A string that PDFium writes as UTF-16 into a buffer."""
    from pypdfium2 import raw

    buffer = ctypes.create_string_buffer(LONGEST)
    size = read(ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), LONGEST)
    text = buffer.raw[: min(int(size), LONGEST)].decode("utf-16-le", "replace")
    return "\n".join(" ".join(line.split()) for line in text.rstrip("\0").splitlines() if line.strip())


def _box(annotation: Any, height: float) -> tuple[float, float, float, float] | None:
    """Where it is, in points from the top left."""
    from pypdfium2 import raw

    rect = raw.FS_RECTF()
    if not raw.FPDFAnnot_GetRect(annotation, rect):
        return None
    return (round(rect.left, 1), round(height - rect.top, 1), round(rect.right, 1), round(height - rect.bottom, 1))
