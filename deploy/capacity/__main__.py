"""`python -m deploy.capacity` writes the page; `python -m deploy.capacity measure` asks a running local stack first."""

import sys

from deploy.capacity import measured, page, sizes
from deploy.local.layout import Layout

if "measure" in sys.argv[1:]:
    sizes.measure(Layout.from_environment())
page.FILE.write_text(page.text(measured.FILE.read_text(encoding="utf-8")), encoding="utf-8")
