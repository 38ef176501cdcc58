"""Puts the certified copy together: weasyprint sets the pages, pikepdf joins and marks them."""

import io
from collections.abc import Sequence

import pikepdf

from services.catalog.adapters.certificate.layout import certificate_html, images_html, marks_html
from services.catalog.adapters.scans import web_pages
from services.catalog.application.desk_ports import CertificateText
from services.catalog.domain.desk_errors import ScanUnreadable

_MIN_POINTS, _MAX_POINTS = 72.0, 14_400.0
"""Sizes a page may have: an inch, and what PDF 1.7 allows (annex C)."""


class PdfRenderer:
    """Port `Renderer`. A page takes some ten milliseconds, the first rendering of a process one second more."""

    def render(self, text: CertificateText, scans: Sequence[tuple[str, bytes]], mark: str) -> tuple[bytes, int]:
        """See the port. Scripts, links and attachments of a scanned PDF do not pass; what it shows does."""
        with pikepdf.new() as copy:
            _append(copy, _pdf(certificate_html(text)))
            for media_type, content in scans:
                _append(copy, content if media_type == "application/pdf" else _pdf(images_html([*web_pages(content)])))
            sizes = [_shown_size(page) for page in copy.pages]
            with pikepdf.open(io.BytesIO(_pdf(marks_html(text, sizes, mark)))) as marks:
                for page, over in zip(copy.pages, marks.pages, strict=True):
                    page.add_overlay(over, _visible_box(page))
            copy.docinfo["/Title"] = f"档案复制件证明 {text.request_number}"
            pages = len(copy.pages)
            out = io.BytesIO()
            copy.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
        return out.getvalue(), pages


def _append(copy: pikepdf.Pdf, content: bytes) -> None:
    try:
        with pikepdf.open(io.BytesIO(content)) as source:
            source.flatten_annotations("screen")
            for page in source.pages:
                for active in ("/Annots", "/AA", "/Metadata", "/PieceInfo"):
                    if active in page:
                        del page[active]
                copy.pages.append(page)
    except (pikepdf.PdfError, ValueError, KeyError) as problem:
        raise ScanUnreadable(type(problem).__name__) from problem


def _visible_box(page: pikepdf.Page) -> pikepdf.Rectangle:
    """What a reader sees of the page: the crop box, ordered."""
    x1, y1, x2, y2 = (float(number) for number in page.cropbox)
    return pikepdf.Rectangle(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def _shown_size(page: pikepdf.Page) -> tuple[float, float]:
    """Width and height in points as shown, that is after rotation."""
    box = _visible_box(page)
    width, height = box.width, box.height
    if not (_MIN_POINTS <= width <= _MAX_POINTS and _MIN_POINTS <= height <= _MAX_POINTS):
        raise ScanUnreadable("page size")
    turned = int(page.get("/Rotate", 0)) % 180 != 0
    return (height, width) if turned else (width, height)


def _pdf(html: str) -> bytes:
    """Sets HTML without fetching anything but what it carries itself."""
    from weasyprint import HTML  # half a second and 60 MB that a service without deliveries need not spend
    from weasyprint.urls import URLFetcher

    own = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    return bytes(HTML(string=html, url_fetcher=own).write_pdf())
