"""Full-width letters, digits and the signs of addresses as their plain ones, each in its place."""

import re

_SIGNS = "＠．－＋＿％"
_NARROW = {
    code: code - 0xFEE0
    for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), *map(ord, _SIGNS))
} | {0x3000: 0x20}
_WIDE = re.compile("[" + "".join(map(chr, _NARROW)) + "]")


def narrow(text: str) -> str:
    """The same length, so that positions stay true; NFKC would not keep them."""
    return text.translate(_NARROW) if _WIDE.search(text) else text
