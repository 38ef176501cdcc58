"""What a scanned file really is: judged by its content, never by its name."""

import io
import warnings
from collections.abc import Iterator

import pikepdf
from PIL import Image, ImageFile, UnidentifiedImageError

from services.catalog.application.desk_ports import ScanKind
from services.catalog.domain.desk_errors import (
    ScanEmpty,
    ScanEncrypted,
    ScanTooLarge,
    ScanTypeNotAllowed,
    ScanUnreadable,
)

MAX_PAGES = 500
MAX_PIXELS = 200_000_000
"""A0 at 300 dpi; more is likelier a decompression bomb than a record."""
_IMAGES = {"JPEG": "image/jpeg", "PNG": "image/png", "TIFF": "image/tiff"}
_LOSSLESS = {"image/jpeg", "image/png"}


def inspect(content: bytes) -> ScanKind:
    """Media type and pages; opens every page.

    Raises: ScanEmpty, ScanTypeNotAllowed, ScanUnreadable, ScanEncrypted, ScanTooLarge.
    """
    if not content:
        raise ScanEmpty
    if b"%PDF-" in content[:1024]:
        return ScanKind("application/pdf", _pdf_pages(content))
    found: list[str] = []
    for media_type, _ in image_pages(content):
        found.append(media_type)
        _limit(len(found), MAX_PAGES, "pages")
    return ScanKind(found[0], len(found))


def image_pages(content: bytes) -> Iterator[tuple[str, Image.Image]]:
    """(media type of the file, one page), decoded.

    Raises: ScanTypeNotAllowed, ScanUnreadable, ScanTooLarge.
    """
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # weasyprint turns it on for the whole process when it is imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of sizes below our own limit, and of harmless tags
        try:
            with Image.open(io.BytesIO(content), formats=list(_IMAGES)) as image:
                media_type = _IMAGES[str(image.format)]
                for number in range(getattr(image, "n_frames", 1)):
                    image.seek(number)
                    _limit(image.width * image.height, MAX_PIXELS, "pixels")
                    image.load()
                    yield media_type, image
        except UnidentifiedImageError as problem:
            raise ScanTypeNotAllowed from problem
        except Image.DecompressionBombError as problem:
            raise ScanTooLarge(metadata={"max_pixels": str(MAX_PIXELS)}) from problem
        except (OSError, SyntaxError, ValueError, EOFError) as problem:
            raise ScanUnreadable(type(problem).__name__) from problem


def web_pages(content: bytes) -> Iterator[tuple[str, bytes, int, int]]:
    """(media type, bytes, width, height) a page, as a page renderer reads them, without loss.

    A JPEG or PNG passes as it is; the frames of a TIFF become PNG. Raises: as `image_pages`.
    """
    for media_type, image in image_pages(content):
        if media_type in _LOSSLESS:
            yield media_type, content, image.width, image.height
            return
        frame = image if image.mode in ("1", "L", "RGB") else image.convert("RGB")
        png = io.BytesIO()
        frame.save(png, "PNG", compress_level=1)
        yield "image/png", png.getvalue(), frame.width, frame.height


def _pdf_pages(content: bytes) -> int:
    try:
        # a repaired file may lack pages that nobody would miss, so a damaged one is refused
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False) as pdf:
            if pdf.is_encrypted:
                raise ScanEncrypted
            _limit(len(pdf.pages), MAX_PAGES, "pages")
            for page in pdf.pages:
                _ = page.trimbox, page.get("/Contents")
            if len(pdf.pages) == 0:
                raise ScanUnreadable("no page")
            return len(pdf.pages)
    except pikepdf.PasswordError as problem:
        raise ScanEncrypted from problem
    except (pikepdf.PdfError, ValueError, KeyError, RuntimeError, AttributeError, TypeError) as problem:
        raise ScanUnreadable(type(problem).__name__) from problem


def _limit(found: int, limit: int, what: str) -> None:
    if found > limit:
        raise ScanTooLarge(metadata={f"max_{what}": str(limit)})
