"""Messages are applied in order, once each."""

import pytest

from services.common.domain.conversation import Conversation, MessageGap
from services.common.domain.errors import RequestIdReused


def test_only_the_next_message_is_applied() -> None:
    talk = Conversation()
    assert talk.answered(1, "a") is None
    with pytest.raises(MessageGap):
        talk.answered(2, "b")
    with pytest.raises(MessageGap):
        talk.answered(0, "b")


def test_a_repeat_gets_the_answer_it_got_before() -> None:
    talk = Conversation().hear(1, "a", b"one").hear(2, "b", b"two")
    assert talk.answered(1, "a") == b"one"
    assert talk.answered(2, "b") == b"two"
    assert talk.answered(3, "c") is None


def test_the_same_number_with_another_content_is_refused() -> None:
    with pytest.raises(RequestIdReused):
        Conversation().hear(1, "a", b"one").answered(1, "b")


def test_our_own_messages_are_numbered_from_one() -> None:
    assert Conversation().send().sent == 1
    assert Conversation().send().send().sent == 2
