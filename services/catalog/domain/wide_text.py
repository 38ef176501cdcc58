"""Full-width letters, digits and signs as their plain ones, each in its place."""

_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def narrow(text: str) -> str:
    """The same length, so that positions stay true; NFKC would not keep them."""
    return text if text.isascii() else text.translate(_NARROW)
