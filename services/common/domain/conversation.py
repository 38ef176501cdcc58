"""One leg's exchange of ISO 18626 messages: numbered in each direction, applied in order, each only once.

Messages are sent one at a time and repeated until confirmed, so a receiver applies only the next number and answers a
repeat with what it answered before (DESIGN §4).
"""

from dataclasses import dataclass, replace

from services.common.domain.errors import Kind, RequestIdReused, TongdangError


class MessageGap(TongdangError):
    """A message came before an earlier one of its direction; sending it again later helps."""

    code = "MESSAGE_GAP"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True)
class Heard:
    """A message that was applied, by the hash of its bytes, and the answer it got."""

    number: int
    sha256: str
    answer: bytes


@dataclass(frozen=True)
class Conversation:
    """`sent`: number of the last message of ours; `heard`: the peer's messages, from number 1."""

    sent: int = 0
    heard: tuple[Heard, ...] = ()

    def answered(self, number: int, sha256: str) -> bytes | None:
        """The stored answer of a repeat; None for the next message.

        Raises: MessageGap: not the next one. RequestIdReused: the same number with another content.
        """
        if number == len(self.heard) + 1:
            return None
        if not 1 <= number <= len(self.heard):
            raise MessageGap(f"expected {len(self.heard) + 1}")
        before = self.heard[number - 1]
        if before.sha256 != sha256:
            raise RequestIdReused(f"message {number} came before with another content")
        return before.answer

    def hear(self, number: int, sha256: str, answer: bytes) -> "Conversation":
        """With the next message applied."""
        assert number == len(self.heard) + 1
        return replace(self, heard=(*self.heard, Heard(number, sha256, answer)))

    def send(self) -> "Conversation":
        """With one more message of ours; its number is `sent`."""
        return replace(self, sent=self.sent + 1)
