"""The certified copy as PDF: certificate page, scan pages, and the marks on every page."""
