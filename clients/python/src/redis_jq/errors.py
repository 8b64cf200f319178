"""What the server refuses: one class for each code of the manual, and which errors a worker waits out."""

from __future__ import annotations

from redis import exceptions as redis_errors

from .values import Duration


class JqError(redis_errors.ResponseError):
    """The server refused a command. Its text is the server's own sentence; `code` is the first word of it."""

    code = "ERR"


class Refused(JqError):
    """`ERR`: the command cannot be done as it was given."""


class ModuleMissing(Refused):
    """The server does not know the commands of the queue: the module is not loaded."""


class QueueFull(JqError):
    """`JQFULL`: a limit of the queue (`max-jobs`, `max-ids` and others) is reached."""

    code = "JQFULL"


class BatchSealed(JqError):
    """`JQSEALED`: the batch takes no more members."""

    code = "JQSEALED"


class WrongShards(JqError):
    """`JQSHARDS`: the queue is spread over another number of shards than the call said, and does not know the id."""

    code = "JQSHARDS"


class WrongType(JqError):
    """`WRONGTYPE`: the key is not a queue."""

    code = "WRONGTYPE"


class OutOfMemory(JqError):
    """`OOM`: the server has reached `maxmemory`."""

    code = "OOM"


class ReadOnly(JqError):
    """`READONLY`: the server is a replica."""

    code = "READONLY"


class NoPermission(JqError):
    """`NOPERM`: the user may not send this command, or not with this key."""

    code = "NOPERM"


class Fatal(Exception):
    """Raised by a handler: the job fails for good, whatever attempts it has left (`JQ.NACK … FATAL`)."""


class NotNow(Exception):
    """Raised by a handler: give the job back, to run again after `delay`. It costs no attempt (`JQ.RELEASE … DELAY`)."""

    def __init__(self, delay: Duration = 0) -> None:
        super().__init__(f"not now: {delay}")
        self.delay = delay
        """How long the job waits at least."""


class Stopped(Exception):
    """Raised by `job.check()` when the handler is to stop: the job was cancelled or lost, or the worker stops."""


_BY_CODE = {kind.code: kind for kind in (QueueFull, BatchSealed, WrongShards, WrongType, OutOfMemory, ReadOnly, NoPermission)}
# redis-py cuts these codes off the text and gives a class of its own instead.
_CODES_OF_CLIENT = {
    redis_errors.NoPermissionError: "NOPERM",
    redis_errors.ReadOnlyError: "READONLY",
    redis_errors.OutOfMemoryError: "OOM",
    redis_errors.ClusterDownError: "CLUSTERDOWN",
    redis_errors.MasterDownError: "MASTERDOWN",
    redis_errors.MovedError: "MOVED",
    redis_errors.AskError: "ASK",
    redis_errors.TryAgainError: "TRYAGAIN",
}
_PASSING = {
    "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "MOVED", "ASK", "TRYAGAIN", "OOM",
    "BUSY", "MISCONF", "NOREPLICAS", "UNBLOCKED",
}  # fmt: skip


CLIENT_ERRORS = (redis_errors.RedisError, redis_errors.RedisClusterException, OSError)
"""What clients of redis-py raise. That of a cluster which cannot be reached is none of the others."""


def code_of(error: redis_errors.ResponseError) -> str:
    """The code with which the server began its sentence."""
    if isinstance(error, JqError):
        return error.code
    for kind, code in _CODES_OF_CLIENT.items():
        if isinstance(error, kind):
            return code
    first = str(error).partition(" ")[0]
    return first if first.isupper() and first.isalpha() else "ERR"


def refuses_writes(error: redis_errors.ResponseError) -> bool:
    """Whether the server refuses every write at the moment: it has too few replicas, or its disk fails."""
    return code_of(error) in ("NOREPLICAS", "MISCONF")


def translated(error: Exception) -> Exception:
    """`error` as one of this package, if it is the server's refusal of a command of the queue; else `error`."""
    text = str(error)
    if "unknown command" in text or "doesn't exist in Redis commands" in text:
        return ModuleMissing(f"{text} (load the module: loadmodule /path/to/libredis_jq.so in redis.conf)")
    if isinstance(error, JqError) or not isinstance(error, redis_errors.ResponseError):
        return error
    code = code_of(error)
    if code in _BY_CODE:
        return _BY_CODE[code](text if text.startswith(code) else f"{code} {text}")
    return error if code in _PASSING else Refused(text)


def passes(error: Exception) -> bool:
    """Whether waiting helps: the server or the connection is away, or busy with something that ends."""
    if isinstance(error, redis_errors.AuthenticationError):
        return False
    if isinstance(error, redis_errors.ResponseError):
        return code_of(error) in _PASSING
    if isinstance(error, redis_errors.RedisClusterException):
        return "same key slot" not in str(error)  # queues that no cluster has on one node
    return isinstance(error, CLIENT_ERRORS)
