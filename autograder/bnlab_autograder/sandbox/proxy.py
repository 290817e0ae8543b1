"""Student code as seen from the trusted side: ``student.f(x)`` calls ``f`` in the student's process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from .errors import StudentError
from .outputs import printable
from .wire import Handle, Name, ProtocolError


class Caller(Protocol):
    """Calls a dotted name of the notebook, or of an object that was handed out."""

    def call(
        self, target: Handle | None, name: str, arguments: Sequence, named: Mapping[str, Any]
    ) -> Any: ...

    def get(self, target: Handle | None, name: str) -> Any: ...


class Student:
    """The names that the student's notebook has defined."""

    def __init__(self, caller: Caller):
        self.__caller = caller

    def __getattr__(self, name: str) -> RemoteName:
        _refuse_special(name)
        return RemoteName(self.__caller, None, name)


class RemoteName:
    """Something in the student's process that can be called, looked into, or fetched with ``get``."""

    def __init__(self, caller: Caller, target: Handle | None, name: str):
        self.__caller, self.__target, self.__name = caller, target, name

    def __getattr__(self, name: str) -> RemoteName:
        _refuse_special(name)
        return RemoteName(self.__caller, self.__target, f"{self.__name}.{name}".lstrip("."))

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.__caller.call(self.__target, self.__name, arguments, named)

    def get(self) -> Any:
        """The object itself, if it is plain data."""
        return self.__caller.get(self.__target, self.__name)

    def __repr__(self) -> str:
        return f"<student's {self.__name}>"


class RemoteObject(RemoteName):
    """An object that stays in the student's process, for instance a cache."""

    def __init__(self, caller: Caller, handle: Handle):
        super().__init__(caller, handle, "")
        self.__handle = handle

    def __repr__(self) -> str:
        return f"<student's {printable(self.__handle.type_name)} #{self.__handle.id}>"


def handle_of(value: RemoteObject) -> Handle:
    return value._RemoteObject__handle


def name_of(value: RemoteName) -> Name:
    return Name(value._RemoteName__target, value._RemoteName__name)


def imported(beside: RemoteName, module: str, name: str) -> RemoteName:
    """``name`` of an installed ``module``, in the process in which ``beside`` is."""
    return RemoteName(beside._RemoteName__caller, None, f"{module}:{name}")


def _refuse_special(name: str) -> None:
    if name.startswith("_"):
        raise AttributeError(name)


def write_back(parts: Sequence[Any], changes: Sequence[tuple[int, Any]]) -> None:
    """Make changed arguments equal to what student code has made of them.

    Parameters
    ----------
    parts : sequence
        The arrays, lists and dictionaries among the arguments.
    changes : sequence of (int, content)
        Which of them have changed, and their content now.
    """
    for index, content in changes:
        part = parts[index]
        if type(part) is not type(content):
            raise ProtocolError("change")
        if type(part) is dict:
            part.clear()
            part.update(content)
        elif type(part) is list:
            part[:] = content
        else:
            _rewrite(part, content)


def _rewrite(array: np.ndarray, content: np.ndarray) -> None:
    if array.dtype != content.dtype or array.size != content.size or not array.flags.writeable:
        raise StudentError("ValueError", "an array that was handed in has been made another shape or type")
    if array.shape != content.shape:
        array.shape = content.shape
    array[...] = content
