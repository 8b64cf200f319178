"""How the end of a handler becomes an answer. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .errors import Fatal, NotNow
from .runs import ACK, CANCELLED, NACK, RELEASE, STOPPED, Answer, Run
from .values import Codec, milliseconds

LONGEST_ERROR = 1024
"""Bytes of an error text that the server keeps."""


def of_return(value: Any, codec: Codec) -> Answer:
    """The handler has returned `value`: an ACK, with it as the RESULT unless it is None."""
    if value is None:
        return Answer(ACK)
    try:
        return Answer(ACK, result=codec.encode(value))
    except Exception as error:  # a result of any type may come from a handler
        return of_error(error, None)


def of_error(error: BaseException, stop_reason: str | None) -> Answer:
    """The handler has raised `error`. After a signal to stop that is no failure: the job is handed back."""
    if isinstance(error, NotNow):
        return Answer(RELEASE, delay=milliseconds(error.delay))
    if isinstance(error, Fatal):
        return Answer(NACK, error=described(error), fatal=True)
    if stop_reason in (STOPPED, CANCELLED):
        return Answer(RELEASE)
    return Answer(NACK, error=described(error))


def of_bulk(runs: list[Run], returned: Sequence[Any] | None, codec: Codec) -> list[Answer]:
    """A bulk handler has returned: None if all is well, else for each job its result, or the error with which it failed."""
    if returned is None:
        return [Answer(ACK)] * len(runs)
    if len(returned) != len(runs):
        wrong = ValueError(f"the handler got {len(runs)} jobs and returned {len(returned)} outcomes")
        return [of_error(wrong, run.stop_reason) for run in runs]
    return [
        of_error(outcome, run.stop_reason) if isinstance(outcome, BaseException) else of_return(outcome, codec)
        for run, outcome in zip(runs, returned)
    ]


def unreadable(error: Exception) -> Answer:
    """The payload cannot be read: the job fails for good."""
    return Answer(NACK, error=f"the payload cannot be read: {described(error)}"[:LONGEST_ERROR], fatal=True)


def described(error: BaseException) -> str:
    """The class of an error, and its text."""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return said[:LONGEST_ERROR]
