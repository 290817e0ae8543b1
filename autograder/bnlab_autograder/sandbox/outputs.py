"""From messages of a student's process to the outputs of a cell, as nbformat wants them, validated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .wire import ProtocolError

MAX_NAME = 200


def printable(name: str) -> str:
    """A name that student code has chosen, made harmless."""
    return "".join(character for character in name[:MAX_NAME] if character.isprintable())


class Paths:
    """Replaces folders of this machine in a text.

    Parameters
    ----------
    shown : mapping
        Folder -> what students see in its place.
    """

    def __init__(self, shown: Mapping[str, str]):
        usable = {
            real: seen for real, seen in shown.items() if real.count("/") > 1 and not real.startswith("/usr")
        }
        self._shown = sorted(usable.items(), key=lambda item: -len(item[0]))

    def with_folder(self, real: str, seen: str) -> Paths:
        """The same, and one folder more."""
        return Paths({**dict(self._shown), real: seen})

    def clean(self, text: str) -> str:
        for real, seen in self._shown:
            text = text.replace(real, seen)
        return text


class CellOutputs:
    """Collects the outputs of one cell, as a notebook front end would.

    Parameters
    ----------
    displays : dict
        ``display_id`` -> its outputs in all cells so far, for updates.
    paths : Paths
        How paths are shown.
    """

    def __init__(self, displays: dict[str, list[dict[str, Any]]], paths: Paths):
        self._outputs: list[dict[str, Any]] = []
        self._displays, self._paths = displays, paths
        self._clear_on_next = False

    def finished(self) -> list[dict[str, Any]]:
        """The outputs, in the form of nbformat 4."""
        for output in self._outputs:
            if output["output_type"] == "stream" and type(output["text"]) is list:
                output["text"] = self._paths.clean("".join(output["text"]))
        return self._outputs

    def stream(self, name: str, text: str) -> None:
        self._clear_if_asked()
        last = self._outputs[-1] if self._outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"].append(text)
        else:
            self._outputs.append({"output_type": "stream", "name": name, "text": [text]})

    def copies(self, message: Mapping[str, Any]) -> int:
        """How often the content of ``message`` will stand in the notebook: an update changes many outputs at once."""
        content = message.get("content")
        if message.get("type") != "update_display_data" or type(content) is not dict:
            return 1
        return max(1, len(self._displays.get(_display_id(content), ())))

    def add(self, message: Mapping[str, Any]) -> None:
        """Take a message of kind "stream" or "message". Raises ProtocolError if it is not as it should be."""
        if message["kind"] == "stream":
            name, text = message.get("name"), message.get("text")
            _require(name in ("stdout", "stderr") and type(text) is str)
            self.stream(name, text)
            return
        content = message.get("content")
        _require(message["kind"] == "message" and type(content) is dict)
        match message.get("type"):
            case "clear_output":
                self._clear(bool(content.get("wait")))
            case "update_display_data":
                self._update(content)
            case "display_data":
                self._append({"output_type": "display_data", **self._bundle(content)}, content)
            case "execute_result":
                count = content.get("execution_count")
                _require(count is None or type(count) is int)
                output = {"output_type": "execute_result", "execution_count": count, **self._bundle(content)}
                self._append(output, content)
            case "error":
                self._append(self._error(content), {})

    def _clear(self, wait: bool) -> None:
        self._clear_on_next = wait
        if not wait:
            self._outputs.clear()

    def _clear_if_asked(self) -> None:
        if self._clear_on_next:
            self._outputs.clear()
            self._clear_on_next = False

    def _append(self, output: dict[str, Any], content: Mapping[str, Any]) -> None:
        self._clear_if_asked()
        self._outputs.append(output)
        name = _display_id(content)
        if name is not None:
            self._displays.setdefault(name, []).append(output)

    def _update(self, content: Mapping[str, Any]) -> None:
        bundle = self._bundle(content)
        for output in self._displays.get(_display_id(content), ()):
            output.update(bundle)

    def _bundle(self, content: Mapping[str, Any]) -> dict[str, Any]:
        data, metadata = content.get("data", {}), content.get("metadata", {})
        _require(type(data) is dict and type(metadata) is dict)
        for mime, value in data.items():
            _require(len(mime) <= MAX_NAME and (type(value) is str or _is_json_type(mime)))
        shown = {
            mime: self._paths.clean(value) if type(value) is str else _json(value)
            for mime, value in data.items()
        }
        return {"data": shown, "metadata": _json(metadata)}

    def error(self, name: str, text: str) -> None:
        """Add an error without a traceback."""
        self._append(self._error({"ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}), {})

    def _error(self, content: Mapping[str, Any]) -> dict[str, Any]:
        name, text, lines = content.get("ename"), content.get("evalue"), content.get("traceback")
        _require(type(name) is str and type(text) is str and type(lines) is list)
        _require(all(type(line) is str for line in lines))
        return {
            "output_type": "error",
            "ename": name,
            "evalue": self._paths.clean(text),
            "traceback": [self._paths.clean(line) for line in lines],
        }


def _json(value: Any) -> Any:
    """A copy of what is plain JSON; numbers that JSON does not know become null."""
    return json.loads(json.dumps(value), parse_constant=lambda _: None)


def _display_id(content: Mapping[str, Any]) -> str | None:
    transient = content.get("transient")
    name = transient.get("display_id") if type(transient) is dict else None
    return name if type(name) is str else None


def _is_json_type(mime: str) -> bool:
    return mime == "application/json" or (mime.startswith("application/") and mime.endswith("+json"))


def _require(condition: bool) -> None:
    if not condition:
        raise ProtocolError("an output that is none")
