"""Rule S1: what the screen stops, and what it lets pass."""

import unicodedata

import pytest

from services.catalog.domain.classification import (
    is_graded_classification,
    is_graded_marking,
    is_graded_row,
    may_hold_marking,
)


@pytest.mark.parametrize(
    "cell",
    [
        "机密★10年", "绝密", "秘密", "秘密★", "机密☆长期", "绝密10年", "机 密", "  绝密  ", "【机密】关于某事的报告",
        "(秘密)", "（绝密）", "机密★长期 关于兵役的通知", "密级：机密", "關於某事 機密★5年", "祕密★", "机\u200b密★1年",
        "关于某事的报告\n机密", "机密级", "秘密件", "机密 关于某事的报告",
    ],
)  # fmt: skip
def test_a_marking_is_seen_in_any_column(cell: str) -> None:
    assert is_graded_marking(cell)
    assert is_graded_row(["A001-WS·1985-Y-0001", cell, "县政府"], None)


@pytest.mark.parametrize(
    "cell",
    [
        "", "关于机密文件管理办法的通知", "机密文件管理办法", "秘密工作座谈会纪要", "保密委员会", "密级",
        "紧密型合作社", "关于做好机要秘密载体清退工作的通知", "商业秘密保护条例", "机密级文件传阅规定",
    ],
)  # fmt: skip
def test_a_sentence_about_secrecy_is_no_marking(cell: str) -> None:
    assert not is_graded_marking(cell)


@pytest.mark.parametrize("cell", ["机密", "原秘密", "绝 密", "机密（已过期）", "秘密,机密"])
def test_the_classification_column_is_read_more_strictly(cell: str) -> None:
    assert is_graded_classification(cell)
    assert is_graded_row(["x", cell], 1)


@pytest.mark.parametrize("cell", ["", "国内", "内部", "限制", "工作秘密", "非密", "已解密", "公开"])
def test_markings_that_grade_nothing_do_not_stop_the_upload(cell: str) -> None:
    assert not is_graded_classification(cell)
    assert not is_graded_row(["x", cell], 1)


def test_no_other_character_folds_into_the_one_the_first_look_searches() -> None:
    folding = [chr(n) for n in range(0x110000) if "密" in unicodedata.normalize("NFKC", chr(n))]
    assert folding == ["密"] and may_hold_marking("机密")
