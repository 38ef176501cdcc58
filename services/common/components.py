"""A long-lived part of a service: started after the settings are read, stopped before the process ends."""

from typing import Protocol


class Component(Protocol):
    """Has a life of its own, usually a native thread."""

    name: str

    def start(self) -> None:
        """Returns at once; work goes on in threads of the component."""
        ...

    def stop(self) -> None:
        """Ends the work; returns within ten seconds."""
        ...

    def check(self) -> None:
        """Raises: Unavailable: the service should not get traffic because of this part."""
        ...
