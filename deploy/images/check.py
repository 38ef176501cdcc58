"""Starts every service from the assembled root, as a container engine would, against the engines of a stack of its own.

The root is read-only, the user is the image's, nothing is inherited, every capability is dropped.
"""

import io
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pikepdf
import pypdf

from deploy.images.image import Image, run_command
from deploy.images.mounts import KERNEL, Mount, mounted
from deploy.local import services
from deploy.local.layout import Layout
from deploy.local.process import Process
from deploy.local.stack import Stack

_ETC, _DATA = "/etc/tongdang", "/var/lib/tongdang"
_PATIENCE_S = 120
_STOPPED = (0, 128 + signal.SIGTERM)
"""Ended as asked; uvicorn, when it has finished, ends by the signal it got."""
_NOT_FIRST = {"TINI_SUBREAPER": "1"}
"""tini is no first process here, as it is in a container."""
_CERTIFICATE = Path(__file__).with_name("certificate.py")

Say = Callable[[str], None]


class Failed(RuntimeError):
    """The image does not do what it should."""


def check(image: Image, layout: Layout, say: Say) -> None:
    """Everything, one line a service.

    Raises: Failed, RuntimeError, TimeoutError, ProcessEnded.
    """
    stack = Stack(layout)
    if taken := stack.taken_ports():
        raise Failed(f"ports are taken: {taken}; TONGDANG_IMAGE_BASE_PORT chooses others")
    shutil.rmtree(layout.folder, ignore_errors=True)
    stack.prepare()
    _give(layout, image)
    mounts = [
        *(*KERNEL, Mount("/tmp"), Mount("/etc/hosts", Path("/etc/hosts"))),  # noqa: S108 - the root's own
        *(Mount(_ETC, layout.etc), Mount(_DATA, layout.data, writable=True)),
    ]
    try:
        stack.start_engines()
        with mounted(image.root, mounts, read_only=True):
            _services(image, layout, say)
            _certificate(image, say)
    finally:
        stack.close()


def check_setup(image: Image, say: Say) -> None:
    """Compose's first job, which makes every key, in the image that has `deploy`; what it makes is in memory.

    Raises: Failed.
    """
    mounts = [*KERNEL, *(Mount(place) for place in ("/tmp", _ETC, _DATA, "/volumes"))]  # noqa: S108 - the root's own
    with mounted(image.root, mounts, read_only=True):
        command = run_command(image, [*image.entrypoint, "deploy.compose", "keys"], _NOT_FIRST)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        made = sum(1 for path in (image.root / "volumes").rglob("*") if path.is_file())
    if done.returncode != 0 or not made:
        raise Failed(f"the setup image makes no keys:\n{done.stderr[-2000:]}")
    say(f"  setup            {made} files for containers")


def _give(layout: Layout, image: Image) -> None:
    """Secrets and the services' own folders belong to the image's user, as volumes do."""
    user, _, group = image.user.partition(":")
    own = [layout.data / "index", *(layout.data / name for name in layout.processes if name.startswith("witness"))]
    for folder in own:
        folder.mkdir(parents=True, exist_ok=True)
    for path in [*own, layout.etc, *layout.etc.rglob("*")]:
        os.chown(path, int(user), int(group))


def _services(image: Image, layout: Layout, say: Say) -> None:
    _finish(process(image, layout, "auth", "realm"))
    running = [process(image, layout, name, "run") for name in layout.processes]
    began = time.monotonic()
    try:
        for one in running:
            one.start()
        for one in running:
            _wait_ready(one, layout)
            say(f"  {one.name:<16} ready after {time.monotonic() - began:4.1f} s, {_memory_mb(one):.0f} MB")
        _home(layout, say)
    finally:
        for one in running:
            if one.running:
                os.kill(one.pid, signal.SIGTERM)  # the first process alone, as a container engine does
        codes = {one.name: _ended(one) for one in running}
    if wrong := {name: code for name, code in codes.items() if code not in _STOPPED}:
        raise Failed(f"asked to stop, these ended otherwise: {wrong}")


def process(image: Image, layout: Layout, service: str, command: str) -> Process:
    """A service in the image; its files are where volumes put them."""
    program = [*image.entrypoint, services.module_of(service), command]
    log = layout.logs / f"{service}{'' if command == 'run' else f'-{command}'}.log"
    return Process(service, run_command(image, program, mapped(services.environment(layout, service), layout)), {}, log)


def mapped(environment: Mapping[str, str], layout: Layout) -> dict[str, str]:
    """A service's own settings, with the places inside the image for those of this machine."""
    places = {str(layout.etc): _ETC, str(layout.data): _DATA}
    own = {name: value for name, value in environment.items() if name.startswith("TONGDANG_")}
    for outside, inside in places.items():
        own = {name: value.replace(outside, inside) for name, value in own.items()}
    return own | _NOT_FIRST


def _wait_ready(one: Process, layout: Layout) -> None:
    url, give_up = f"http://localhost:{layout.http_port(one.name)}/readyz", time.monotonic() + _PATIENCE_S
    with httpx.Client(timeout=3, trust_env=False) as client:
        while True:
            answer = "no answer"
            try:
                if (told := client.get(url)).status_code == httpx.codes.OK:
                    return
                answer = told.text[:200]
            except httpx.HTTPError as problem:
                answer = type(problem).__name__
            if not one.running or time.monotonic() > give_up:
                raise Failed(f"{one.name} is not ready ({answer}); the end of its log:\n{one.tail()}")
            time.sleep(0.2)


def _home(layout: Layout, say: Say) -> None:
    with httpx.Client(timeout=10, trust_env=False) as client:
        page = client.get(layout.portal_url).raise_for_status()
    if "通档" not in page.text:
        raise Failed("the portal's home page is not the portal's")
    say(f"  home page        {len(page.content):,} bytes")


def _certificate(image: Image, say: Say) -> None:
    """A certified copy with a rare name, rendered in the image; its fonts and its text read out here."""
    command = run_command(image, ["python3", "-"], {})
    with _CERTIFICATE.open("rb") as script:
        done = subprocess.run(command, stdin=script, capture_output=True, check=False)
    if done.returncode != 0:
        raise Failed(f"no certified copy: {done.stderr.decode(errors='replace')[-2000:]}")
    if b"fontTools" in done.stderr:
        raise Failed("HarfBuzz's subsetter is missing: each certified copy would take a minute")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(done.stdout)).pages)
    fonts = _fonts(done.stdout)
    if "䶮㛃" not in text or not any("CJK" in name for name in fonts):
        raise Failed(f"the certified copy lacks a rare name or a font for it; its fonts are {fonts}")
    say(f"  certified copy   {len(done.stdout):,} bytes, set in {', '.join(fonts)}")


def _fonts(pdf: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        held = [one for one in document.objects if isinstance(one, pikepdf.Dictionary)]
        return sorted({str(one["/BaseFont"]) for one in held if one.get("/Type") == "/Font"})


def _memory_mb(one: Process) -> float:
    """Resident memory of the program and whoever started it."""
    group = subprocess.run(["ps", "-o", "rss=", "-g", str(one.pid)], capture_output=True, text=True, check=True)
    return sum(int(line) for line in group.stdout.split()) / 1024


def _ended(one: Process) -> int | None:
    if not one.wait(30):
        one.kill()
    return one.returncode


def _finish(step: Process) -> None:
    step.start()
    if not step.wait(_PATIENCE_S) or step.returncode != 0:
        step.kill()
        raise Failed(f"{step.name} failed:\n{step.tail()}")
