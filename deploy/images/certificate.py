"""Runs inside the image: a certified copy of one blank scan, for a person with a rare name, to standard output."""

import io
import sys
from datetime import UTC, datetime

from PIL import Image

from services.catalog.adapters.certificate.renderer import PdfRenderer
from services.catalog.adapters.fonts import RARE_NAMES
from services.catalog.adapters.sample_sealing import SampleSealing
from services.catalog.application.desk_ports import CertificateText

scan = io.BytesIO()
Image.new("L", (600, 800), 255).save(scan, "JPEG")
text = CertificateText(
    archive_name="样例档案馆",
    archive_address="样例地址",
    archive_phone="000-00000000",
    request_number="320000-20261123-000001",
    applicant_name=RARE_NAMES,
    purpose="检查镜像",
    reference_code="A001-WS·1985-Y-MZ-0001",
    title="样例题名",
    creator="样例单位",
    record_date="1985-06-07",
    pages=1,
    handler="00000000",
    issued_at=datetime.now(UTC),
    code="320000-" + "a" * 26,
    verify_url="http://localhost/verify",
)
copy, _ = PdfRenderer().render(text, [("image/jpeg", scan.getvalue())], SampleSealing().mark)
sys.stdout.buffer.write(copy)
