"""How a conversation and a deadline are stored inside the document of a leg or case."""

from services.common.domain.conversation import Conversation, Heard
from services.common.mongo.database import Document


def conversation_fields(conversation: Conversation) -> Document:
    """As stored."""
    return {
        "sent": conversation.sent,
        "heard": [{"number": one.number, "sha256": one.sha256, "answer": one.answer} for one in conversation.heard],
    }


def conversation_of(stored: Document) -> Conversation:
    """Back from storage."""
    return Conversation(
        sent=int(stored["sent"]),
        heard=tuple(Heard(int(one["number"]), one["sha256"], bytes(one["answer"])) for one in stored["heard"]),
    )
