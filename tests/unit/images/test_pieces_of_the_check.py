"""What the image check is made of: where COPY puts files, mounts that go by themselves, how programs are started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.images import machine
from deploy.images.assemble import placements
from deploy.images.check import mapped
from deploy.images.context import Context
from deploy.images.image import Image, run_command
from deploy.images.mounts import Mount
from deploy.local.layout import ROOT, Layout

_MOUNTING = """
import sys, time
from pathlib import Path
from deploy.images.mounts import Mount, mounted, own_namespace
root = Path(sys.argv[1])
own_namespace()
with mounted(root, [Mount("/tmp"), Mount("/etc/hosts", Path("/etc/hosts")), Mount("/kept", root.parent / "kept", True)],
             read_only=True):
    (root / "tmp" / "a").write_text("in memory")
    (root / "kept" / "b").write_text("on a volume")
    try:
        (root / "c").write_text("nowhere")
    except OSError as problem:
        print("read-only" if problem.errno == 30 else problem, flush=True)
    if "wait" in sys.argv:
        time.sleep(60)
"""
root_alone = pytest.mark.skipif(os.geteuid() != 0, reason="mounting is root's")


def mounting(folder: Path, *words: str) -> subprocess.Popen[str]:
    (folder / "root").mkdir()
    (folder / "kept").mkdir()
    command = [sys.executable, "-c", _MOUNTING, str(folder / "root"), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


@root_alone
def test_only_memory_and_volumes_can_be_written_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with mounting(tmp_path) as child:
        told, _ = child.communicate(timeout=60)

    assert (child.returncode, told) == (0, "read-only\n")
    assert (tmp_path / "kept" / "b").read_text() == "on a volume"
    assert list((tmp_path / "root").rglob("*")) == [tmp_path / "root" / "etc"]


@root_alone
def test_a_check_that_is_killed_leaves_nothing_mounted(tmp_path: Path) -> None:
    with mounting(tmp_path, "wait") as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert str(tmp_path) not in Path("/proc/mounts").read_text()
        child.kill()

    assert str(tmp_path) not in Path("/proc/mounts").read_text()
    assert list((tmp_path / "root" / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("sources", "target", "placed"),
    [
        (["one.txt"], "in/", ["/work/in/one.txt"]),
        (["one.txt"], "two.txt", ["/work/two.txt"]),
        (["one.txt", "sub/a.txt"], "/in/", ["/in/one.txt", "/in/a.txt"]),
        (["sub"], "in", ["/work/in/a.txt", "/work/in/deep/b.txt"]),
        (["sub/deep"], "/x", ["/x/b.txt"]),
    ],
)
def test_a_copy_lands_where_builders_put_it(tmp_path: Path, sources: list[str], target: str, placed: list[str]) -> None:
    for name in ("one.txt", "sub/a.txt", "sub/deep/b.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    found = [place for _, place in placements(Context(tmp_path, []), sources, target, "/work")]

    assert found == placed


def test_a_program_inherits_nothing_and_may_do_nothing_more() -> None:
    image = Image(Path("/root"), {"A": "1"}, "/opt", "10001:10002")
    command = run_command(image, ["python3", "-m", "x"], {"B": "2"})

    assert command[:7] == ["chroot", "/root", "/usr/bin/env", "-i", "-C", "/opt", "A=1"]
    assert {"B=2", "--reuid=10001", "--regid=10002", "--no-new-privs", "--bounding-set=-all"} <= set(command)
    assert command[-3:] == ["python3", "-m", "x"]


def test_a_services_settings_name_places_inside_the_image(tmp_path: Path) -> None:
    layout = Layout(1, tmp_path, tmp_path)
    told = {"TONGDANG_X__KEY_FILE": f"{layout.etc}/k", "TONGDANG_X__DIR": f"{layout.data}/index", "PYTHONPATH": "/here"}

    assert mapped(told, layout) == {
        "TONGDANG_X__KEY_FILE": "/etc/tongdang/k",
        "TONGDANG_X__DIR": "/var/lib/tongdang/index",
        "TINI_SUBREAPER": "1",
    }


def test_files_that_pip_is_told_of_are_borrowed_and_hide_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = tmp_path / "ca.crt"
    authority.write_text("")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CERT", str(authority))
    monkeypatch.setenv("PIP_RETRIES", "2")

    settings, mounts = machine.package_index()

    assert settings == {"PIP_CERT": f"/run/machine{authority}", "PIP_RETRIES": "2"}
    assert Mount(f"/run/machine{authority}", authority) in mounts
