"""HTML and CSS of the certificate page, the image pages, and the marks printed over every page."""

import base64
from collections.abc import Sequence
from html import escape

import segno

from services.catalog.application.desk_ports import CertificateText
from services.common.domain.clock import legal_day

_FONTS = '"Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", "Noto Sans CJK SC", serif'
_INK = "#1a1a1a"
_SEAL_RED = "#b3261e"

_CERTIFICATE_CSS = f"""
@page {{ size: A4; margin: 24mm 24mm 26mm }}
body {{ font: 11.5pt/1.75 {_FONTS}; color: {_INK}; margin: 0 }}
header {{ text-align: center; border-bottom: 1.2pt solid {_INK}; padding-bottom: 5mm }}
header p {{ font-size: 13pt; letter-spacing: .12em; margin: 0 }}
h1 {{ font-size: 22pt; font-weight: 700; letter-spacing: .3em; margin: 3mm 0 0; text-indent: .3em }}
.number {{ text-align: right; font-size: 10pt; margin: 3mm 0 4mm }}
table {{ width: 100%; border-collapse: collapse }}
th, td {{ border: .5pt solid #777; padding: 2.1mm 3mm; vertical-align: top; text-align: left }}
th {{ width: 26mm; font-weight: 400; background: #f3f1ec; white-space: nowrap }}
td {{ overflow-wrap: anywhere }}
.statement {{ margin: 7mm 0 0; text-indent: 2em }}
.scope {{ font-size: 9pt; color: #444; text-indent: 0; margin: 3mm 0 0 }}
.foot {{ display: flex; justify-content: space-between; margin-top: 9mm }}
.verify {{ display: flex; width: 92mm; font-size: 8.5pt; line-height: 1.5 }}
.verify img {{ width: 30mm; height: 30mm; flex: none; margin-right: 3mm }}
.verify code {{ font: 8.5pt/1.4 "Noto Sans Mono CJK SC", monospace; overflow-wrap: anywhere }}
.sign {{ width: 66mm; text-align: right }}
.seal {{ display: inline-block; width: 38mm; height: 38mm; border: .8pt dashed {_SEAL_RED}; border-radius: 50%;
  color: {_SEAL_RED}; font-size: 9pt; text-align: center; line-height: 38mm; margin-bottom: 2mm }}
"""

_MARKS_CSS = f"""
body {{ margin: 0 }}
section {{ position: relative; overflow: hidden; break-after: page; font-family: {_FONTS} }}
section:last-child {{ break-after: auto }}
.across {{ position: absolute; left: 0; right: 0; text-align: center; color: {_SEAL_RED}; opacity: .26;
  transform: rotate(-30deg); white-space: nowrap; font-weight: 700 }}
.strip {{ position: absolute; left: 0; right: 0; bottom: 0; background: rgba(255, 255, 255, .88); color: {_INK};
  text-align: center; overflow: hidden; white-space: nowrap }}
"""


def certificate_html(text: CertificateText) -> str:
    """The first page."""
    day = legal_day(text.issued_at)
    url = f"{text.verify_url}/{text.code}"
    qr = segno.make(url, error="m").svg_data_uri(border=1, omitsize=True)
    rows = (
        ("申请人", text.applicant_name),
        ("利用目的", text.purpose),
        ("档号", text.reference_code),
        ("题名", text.title),
        ("责任者", text.creator),
        ("文件日期", text.record_date),
        ("复制件页数", f"{text.pages} 页（另附于本页之后）"),
    )
    table = "".join(f"<tr><th>{label}</th><td>{escape(value) or '—'}</td></tr>" for label, value in rows)
    return f"""<!doctype html><html lang="zh-Hans"><meta charset="utf-8">
<title>档案复制件证明 {text.request_number}</title><style>{_CERTIFICATE_CSS}</style>
<header><p>{escape(text.archive_name)}</p><h1>档案复制件证明</h1></header>
<p class="number">申请编号：{escape(text.request_number)}</p>
<table>{table}</table>
<p class="statement">兹证明：后附复制件共 {text.pages} 页，系由本馆保管的上列档案复制，与原件一致。</p>
<p class="scope">本证明只说明档案的记载内容及其出处，不对记载事项本身作出认定。</p>
<div class="foot"><div class="verify"><img src="{qr}" alt=""><div>扫码或访问以下网址核验真伪：<br>
<code>{escape(url)}</code><br>验证码：<code>{escape(text.code)}</code></div></div>
<div class="sign"><span class="seal">（用印处）</span><br>{escape(text.archive_name)}<br>
经办人：{escape(text.handler)}<br>{day.year}年{day.month}月{day.day}日<br>
<small>{escape(text.archive_address)}<br>{escape(text.archive_phone)}</small></div></div></html>"""


def images_html(images: Sequence[tuple[str, bytes, int, int]]) -> str:
    """An A4 page, upright or lying, for each image: (media type, bytes, width, height)."""
    pages = "".join(
        f'<div class="{"lying" if width > height else "upright"}">'
        f'<img src="data:{media_type};base64,{base64.b64encode(content).decode()}" alt=""></div>'
        for media_type, content, width, height in images
    )
    return f"""<!doctype html><meta charset="utf-8"><style>
@page upright {{ size: A4 portrait; margin: 8mm 8mm 14mm }} @page lying {{ size: A4 landscape; margin: 8mm 8mm 14mm }}
body {{ margin: 0 }} .upright {{ page: upright; height: 275mm }} .lying {{ page: lying; height: 188mm }}
div {{ overflow: hidden }} img {{ width: 100%; height: 100%; object-fit: contain }}
</style>{pages}"""


def marks_html(text: CertificateText, sizes: Sequence[tuple[float, float]], mark: str) -> str:
    """One transparent page for each size (points), to be laid over the page it belongs to.

    Printed on it: request number, page m/n, code, and the mark of a seal that has no legal effect.
    """
    total = len(sizes)
    pages = {}
    sections = []
    for number, (width, height) in enumerate(sizes, start=1):
        name = f"s{round(width * 100)}x{round(height * 100)}"
        pages[name] = f"@page {name} {{ size: {width:.2f}pt {height:.2f}pt; margin: 0 }}"
        small = max(4.5, min(9.0, width / 62))
        large = max(10.0, min(width, height) / 11)
        place = f"font-size: {large:.1f}pt; top: {height / 2 - large:.1f}pt"
        across = f'<div class="across" style="{place}">{escape(mark)}</div>' if mark else ""
        line = f"申请编号 {text.request_number}　第 {number}/{total} 页　验证码 {text.code}"
        line += f"　{mark}" if mark else ""
        sections.append(
            f'<section style="page: {name}; width: {width:.2f}pt; height: {height:.2f}pt">{across}'
            f'<div class="strip" style="font-size: {small:.1f}pt; line-height: {small * 1.9:.1f}pt">'
            f"{escape(line)}</div></section>"
        )
    return (
        '<!doctype html><html lang="zh-Hans"><meta charset="utf-8">'
        f"<style>{_MARKS_CSS}{' '.join(pages.values())}</style>"
        f"{''.join(sections)}</html>"
    )
