"""The Lucene peer: what it prints is read strictly, and where it cannot be had its row is left out with one line."""

from pathlib import Path

import pytest

import bench.peers
from bench.figures import Skipped
from bench.peers import lucene

INDEXED = (
    '{"documents":10,"seconds":0.5,"docs_per_second":20.0,"index_bytes":900,'
    '"threads":1,"heap_mb":64,"version":"lucene 9.12.3"}'
)
SEARCHED = '{"documents":10,"queries":5,"hits":7,"p50_us":90.5,"p99_us":900.0,"version":"lucene 9.12.3"}'


def test_what_it_prints_is_read() -> None:
    assert lucene.indexed(INDEXED).docs_per_second == 20
    assert lucene.searched(SEARCHED).p99_us == 900


@pytest.mark.parametrize("line", ["", "Exception in thread main", '{"documents":10}', INDEXED])
def test_anything_else_is_not_taken_for_a_result(line: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        lucene.searched(line)


def test_without_a_jdk_it_is_skipped_with_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(Skipped, match="a JDK"):
        lucene.program()


def test_without_maven_it_is_skipped_with_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(bench.peers, "_BUILT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Skipped, match="Maven not found"):
        lucene.program()
