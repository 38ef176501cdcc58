"""Whether this machine has a font for the names it must print, asked of fontconfig, which the renderer uses too."""

import ctypes
import ctypes.util

from services.common.domain.errors import Unavailable

RARE_NAMES = "样本，䶮㛃"
"""Characters of personal names that common fonts lack."""


def has_font_for(text: str) -> bool:
    """Whether one installed font holds every character. False too where fontconfig itself is missing."""
    path = ctypes.util.find_library("fontconfig")
    if path is None:
        return False
    lib = ctypes.CDLL(path)
    for name in ("FcCharSetCreate", "FcPatternCreate", "FcObjectSetCreate", "FcFontList"):
        getattr(lib, name).restype = ctypes.c_void_p
    charset = ctypes.c_void_p(lib.FcCharSetCreate())
    for character in text:
        lib.FcCharSetAddChar(charset, ctypes.c_uint32(ord(character)))
    pattern = ctypes.c_void_p(lib.FcPatternCreate())
    objects = ctypes.c_void_p(lib.FcObjectSetCreate())
    lib.FcPatternAddCharSet(pattern, b"charset", charset)
    fonts = ctypes.c_void_p(lib.FcFontList(None, pattern, objects))
    found = bool(fonts) and ctypes.cast(fonts, ctypes.POINTER(ctypes.c_int)).contents.value > 0
    if fonts:
        lib.FcFontSetDestroy(fonts)
    lib.FcObjectSetDestroy(objects)
    lib.FcPatternDestroy(pattern)
    lib.FcCharSetDestroy(charset)
    return found


class FontComponent:
    """Readiness: a service that could only print boxes for a name should get no traffic."""

    name = "font"

    def __init__(self) -> None:
        self._found = False

    def start(self) -> None:
        self._found = has_font_for(RARE_NAMES)

    def stop(self) -> None:
        """Nothing to end."""

    def check(self) -> None:
        if not self._found:
            raise Unavailable("no font for Chinese names; fonts-noto-cjk is missing")
