"""One training at a time, and an honest place in the queue for everybody else."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from mm_demo.errors import UserError


@dataclass(eq=False)
class Ticket:
    """One visitor's place; `seconds` is how long it is expected to hold the slot from now on."""

    session: str
    seconds: float = 60.0
    stop: threading.Event = field(default_factory=threading.Event)


class Slot:
    """First come, first served. A ticket is held from `enter` to `leave`, whatever happens."""

    def __init__(self, most_waiting: int = 8) -> None:
        self._most_waiting = most_waiting
        self._line: list[Ticket] = []
        self._moved = threading.Condition()

    def enter(self, session: str) -> Ticket:
        """A place at the end of the line; UserError where the line is full or they stand in it."""
        with self._moved:
            if any(ticket.session == session for ticket in self._line):
                raise UserError("train.already")
            if len(self._line) > self._most_waiting:
                raise UserError("train.queue_full", waiting=len(self._line) - 1)
            ticket = Ticket(session)
            self._line.append(ticket)
            return ticket

    def leave(self, ticket: Ticket) -> None:
        """Give the place up, in the line or in the slot."""
        with self._moved:
            if ticket in self._line:
                self._line.remove(ticket)
            self._moved.notify_all()

    def before(self, ticket: Ticket) -> tuple[int, float]:
        """How many come before this ticket, and in about how many seconds its turn comes."""
        with self._moved:
            ahead = self._line[: self._line.index(ticket)] if ticket in self._line else []
            return len(ahead), sum(other.seconds for other in ahead)

    def wait(self, ticket: Ticket, seconds: float) -> bool:
        """Wait a little; True when it is this ticket's turn."""
        with self._moved:
            return self._moved.wait_for(lambda: self._line[:1] == [ticket], timeout=seconds)

    def stop(self, session: str) -> None:
        """Ask this visitor's training, or their waiting for one, to end."""
        with self._moved:
            for ticket in self._line:
                if ticket.session == session:
                    ticket.stop.set()

    def holds(self, session: str) -> bool:
        """Whether this visitor trains or waits."""
        with self._moved:
            return any(ticket.session == session for ticket in self._line)

    def busy(self) -> int:
        """How many trainings run or wait."""
        with self._moved:
            return len(self._line)
