"""What is printed: every page carries the marks, rare names show, nothing active passes."""

import io
from datetime import UTC, datetime

import pikepdf
import pypdf
import pytest
from PIL import Image

from services.catalog.adapters.certificate.renderer import PdfRenderer
from services.catalog.adapters.fonts import RARE_NAMES, has_font_for
from services.catalog.adapters.sample_sealing import SampleSealing
from services.catalog.adapters.scans import inspect
from services.catalog.application.desk_ports import CertificateText, ScanKind
from services.catalog.domain.desk_errors import ScanEncrypted, ScanTooLarge, ScanUnreadable

CODE = "320000-" + "k" * 26
TEXT = CertificateText(
    archive_name="常熟市档案馆",
    archive_address="常熟市某路",
    archive_phone="0512-00000001",
    request_number="520000-20261123-000017",
    applicant_name="䶮㛃·买提",
    purpose="办理退休手续",
    reference_code="A001-WS·1985-Y-MZ-0012",
    title="<b>题名</b> & “引号”",
    creator="常熟县民政局",
    record_date="1985-06-07",
    pages=1,
    handler="9F3A21BC",
    issued_at=datetime(2026, 11, 23, 17, 30, tzinfo=UTC),
    code=CODE,
    verify_url="http://localhost:8080/verify",
)


def image(kind: str, *, frames: int = 1, mode: str = "RGB") -> bytes:
    pages = [Image.new(mode, (300, 400 - 150 * number)) for number in range(frames)]
    out = io.BytesIO()
    more = {"save_all": True, "append_images": pages[1:]} if frames > 1 else {}
    pages[0].save(out, kind, **more)
    return out.getvalue()


def pdf(*, pages: int = 1, rotate: int = 0, script: bool = False, encrypted: bool = False) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as made:
        for _ in range(pages):
            made.add_blank_page(page_size=(400, 700))
            if rotate:
                made.pages[-1]["/Rotate"] = rotate
        if script:
            action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('x')")
            made.Root["/OpenAction"] = action
            made.pages[0]["/AA"] = pikepdf.Dictionary(O=action)
            link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=action)
            made.pages[0]["/Annots"] = pikepdf.Array([made.make_indirect(link)])
        made.save(out, encryption=pikepdf.Encryption(owner="o") if encrypted else False)
    return out.getvalue()


def texts(content: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


SCANS = [
    ("application/pdf", pdf(pages=2)),
    ("application/pdf", pdf(rotate=90)),
    ("image/jpeg", image("JPEG")),
    ("image/png", image("PNG", mode="RGBA")),
    ("image/tiff", image("TIFF", frames=2, mode="1")),
]


def test_every_page_says_sample_and_carries_number_place_and_code() -> None:
    content, pages = PdfRenderer().render(TEXT, SCANS, SampleSealing.mark)
    printed = texts(content)
    assert pages == len(printed) == 1 + 2 + 1 + 1 + 1 + 2
    for number, page in enumerate(printed, start=1):
        assert page.count("样本，无法律效力") == 2
        assert TEXT.request_number in page
        assert f"第 {number}/{pages} 页" in page
        assert CODE in page


def test_the_first_page_certifies_in_the_applicants_own_characters_and_on_the_local_day() -> None:
    content, _ = PdfRenderer().render(TEXT, SCANS[:1], SampleSealing.mark)
    first = texts(content)[0].replace("档 案 复 制 件 证 明", "档案复制件证明")  # letter-spaced
    for words in (
        "档案复制件证明",
        "䶮㛃·买提",
        "办理退休手续",
        TEXT.reference_code,
        "<b>题名</b> & “引号”",
        "与原件一致",
    ):
        assert words in first
    assert "2026年11月24日" in first


def test_without_a_mark_nothing_says_sample() -> None:
    content, _ = PdfRenderer().render(TEXT, SCANS[:1], "")
    assert not any("样本" in page for page in texts(content))


def test_pages_keep_the_size_and_turn_of_their_scan() -> None:
    content, _ = PdfRenderer().render(TEXT, [("application/pdf", pdf(rotate=270))], SampleSealing.mark)
    with pikepdf.open(io.BytesIO(content)) as copy:
        page = copy.pages[1]
        assert [float(one) for one in page.mediabox] == [0, 0, 400, 700]
        assert int(page["/Rotate"]) == 270


def test_nothing_active_of_a_scanned_pdf_passes() -> None:
    content, _ = PdfRenderer().render(TEXT, [("application/pdf", pdf(script=True))], SampleSealing.mark)
    with pikepdf.open(io.BytesIO(content)) as copy:
        assert "/OpenAction" not in copy.Root
        assert all("/AA" not in page and "/Annots" not in page for page in copy.pages)
    assert b"JavaScript" not in content


def test_images_keep_their_bytes() -> None:
    photo = image("JPEG")
    content, _ = PdfRenderer().render(TEXT, [("image/jpeg", photo)], SampleSealing.mark)
    with pikepdf.open(io.BytesIO(content)) as copy:
        streams = [one.read_raw_bytes() for one in copy.objects if isinstance(one, pikepdf.Stream)]
    assert any(photo[-200:] in stream for stream in streams)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pdf(pages=3), ScanKind("application/pdf", 3)),
        (image("JPEG"), ScanKind("image/jpeg", 1)),
        (image("PNG"), ScanKind("image/png", 1)),
        (image("TIFF", frames=2), ScanKind("image/tiff", 2)),
    ],
)
def test_a_scan_is_what_its_content_says(content: bytes, kind: ScanKind) -> None:
    assert inspect(content) == kind


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (pdf(encrypted=True), ScanEncrypted),
        (pdf(pages=2)[:-300], ScanUnreadable),
        (image("JPEG")[:-100], ScanUnreadable),
        (pdf(pages=501), ScanTooLarge),
    ],
)
def test_a_scan_that_cannot_be_used_is_refused_by_name(content: bytes, error: type[Exception]) -> None:
    PdfRenderer().render(TEXT, [], "")  # weasyprint makes Pillow accept truncated images, for the whole process
    with pytest.raises(error):
        inspect(content)


def test_this_machine_has_the_font_that_readiness_asks_for() -> None:
    assert has_font_for(RARE_NAMES)
    assert not has_font_for("\U0010fffd")
