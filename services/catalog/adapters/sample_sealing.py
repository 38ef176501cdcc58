"""The seal of a system that has none yet: it says on every page that it is a sample without legal effect."""


class SampleSealing:
    """Port `Sealing`."""

    sample = True
    mark = "样本，无法律效力"

    def seal(self, pdf: bytes) -> bytes:
        return pdf
