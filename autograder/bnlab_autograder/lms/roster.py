"""Who is in the course: a roster as CSV, and finding students in it by any id, address or name.

The file may be a Canvas gradebook, a list of participants or a grading worksheet of Moodle, a roster of Gradescope,
nbgrader's list of students, or one with the names of ``Student``'s own fields as headers. Who is not certain is not
found: nothing here guesses.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path

FILE = "roster.csv"  # of a course folder
DELIMITERS = ",;\t"
LONGEST_ID = 128  # the gradebook holds no longer one
IDS = ("student_id", "canvas_id", "sis_id", "login", "moodle_id", "gradescope_id")
NAMES_FOLDER = ("student_id", "login", "sis_id", "email", "canvas_id", "gradescope_id", "moodle_id")
NOBODY = ("points possible", "student, test", "test student")  # rows of a Canvas gradebook

# Headers, in lower case with single spaces, by what they hold. "name" and "role" are no fields of a student.
HEADERS = {
    "student_id": ("student_id", "student id", "nbgrader id", "nbgrader_id"),
    "first_name": (
        "first_name",
        "first name",
        "firstname",
        "given name",
        "vorname",
        "prénom",
        "nombre",
        "nome",
    ),
    "last_name": (
        "last_name",
        "last name",
        "lastname",
        "surname",
        "family name",
        "nachname",
        "nom de famille",
        "nom",
        "apellido(s)",
        "cognome",
    ),
    "email": (
        "email",
        "e-mail",
        "email address",
        "e-mail address",
        "e-mail-adresse",
        "adresse de courriel",
        "dirección de correo",
    ),
    "canvas_id": ("canvas_id", "canvas id", "canvas user id", "lms_user_id"),
    "sis_id": (
        "sis_id",
        "sis user id",
        "sid",
        "id number",
        "id-nummer",
        "matrikelnummer",
        "numéro d'identification",
        "número de id",
    ),
    "login": (
        "login",
        "sis login id",
        "username",
        "user name",
        "anmeldename",
        "nom d'utilisateur",
        "nombre de usuario",
    ),
    "moodle_id": ("moodle_id", "identifier", "kennung", "identifiant", "identificador", "identificatore"),
    "gradescope_id": ("gradescope_id", "gradescope id"),
    "section": ("section", "sections", "groups", "group", "gruppen"),
    "name": ("student", "name", "full name", "vollständiger name", "nom complet", "nombre completo"),
    "role": ("role", "roles"),
}

_UNSAFE = re.compile(r"[/\\*?\[\]:<>|\"\x00-\x1f\x7f]|^[.\s-]|[.\s]$")


class RosterProblem(ValueError):
    """A roster cannot be used; the text names file and line and what to do."""


@dataclass(frozen=True)
class Student:
    """A student and what other systems call them. ``student_id`` is nbgrader's, the name of the folder."""

    student_id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    canvas_id: str = ""
    sis_id: str = ""
    login: str = ""
    moodle_id: str = ""
    gradescope_id: str = ""
    section: str = ""

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))


@dataclass(frozen=True)
class Roster:
    """The students of a course.

    Parameters
    ----------
    students : tuple of Student
    source : str
        Where they are listed, for people.
    identified_by : str
        The field that the student ids were taken from.
    """

    students: tuple[Student, ...]
    source: str = ""
    identified_by: str = field(default="student_id", compare=False)

    def by_id(self, text: str, *kinds: str) -> Student | None:
        """The student with this id, of any kind or of these: ``"canvas_id"``, ``"login"``, …"""
        return _one(self._by_id[kind].get(id_key(text)) for kind in kinds or IDS)

    def by_email(self, text: str) -> Student | None:
        return _one([self._by_email.get(id_key(text))])

    def by_name(self, text: str) -> Student | None:
        """The student of this name: "Ada Lovelace", "Lovelace, Ada", or run together as in Canvas' file names.

        Capitals and kinds of Unicode do not matter. None where nobody or more than one is called so.
        """
        return _one([self._by_name.get(name_key(text)) or self._by_name.get(compact(text))])

    def match(self, *, email: str = "", name: str = "", **others: str) -> Student | None:
        """The student of whom all this is true, as far as it is known of anybody.

        ``others`` are ids by their kind, and ``first_name`` with ``last_name``. None where two of them name different
        students, where a name alone is had by two, and where whoever has the name is known by another id.
        """
        first, last = others.pop("first_name", ""), others.pop("last_name", "")
        certain = {self.by_id(text, kind) for kind, text in others.items() if text}
        certain |= {self.by_email(email)} if email else set()
        named = {self.by_name(text) for text in (name, f"{last}, {first}" if first and last else "") if text}
        certain, named = certain - {None}, named - {None}
        if not certain:
            named = {one for one in named if not _another(one, others)}
        return _one([certain | named])

    @cached_property
    def _by_id(self) -> Mapping[str, Mapping[str, set[Student]]]:
        return {kind: _index((getattr(one, kind), one) for one in self.students) for kind in IDS}

    @cached_property
    def _by_email(self) -> Mapping[str, set[Student]]:
        return _index((one.email, one) for one in self.students)

    @cached_property
    def _by_name(self) -> Mapping[str, set[Student]]:
        found: dict[str, set[Student]] = {}
        for one in self.students:
            words = name_key(one.name).split()
            # Where the last name begins is not always known.
            turned = [words[cut:] + words[:cut] for cut in range(len(words))]
            keys = {" ".join(turn) for turn in turned} | {"".join(map(compact, turn)) for turn in turned}
            for key in keys - {""}:
                found.setdefault(key, set()).add(one)
        return found


def read_roster(path: Path) -> Roster:
    """The students that a CSV file lists. Raises RosterProblem."""
    header, rows = rows_of(path)
    columns = columns_of(path, header)
    entries = [(line, entry) for line, row in rows if (entry := _entry(row, columns)) is not None]
    if not entries:
        raise RosterProblem(f"{path} lists no student")
    named = any(entry["student_id"] for _, entry in entries)
    by = (
        "student_id"
        if named
        else next((one for one in NAMES_FOLDER if all(e[one] for _, e in entries)), None)
    )
    nameless = [
        line for line, entry in entries if not (entry[by] if by else any(map(entry.get, NAMES_FOLDER)))
    ]
    if by is None or nameless:
        where = f", line {nameless[0]}" if nameless else ""
        raise RosterProblem(
            f"{path}{where}: {'there is no student_id' if by else 'no column identifies every student'}; "
            "fill a column student_id for all of them"
        )
    students = []
    for line, entry in entries:
        student_id = entry[by]
        if problem := unfit(student_id):
            raise RosterProblem(
                f"{path}, line {line}: {student_id!r} cannot name a folder ({problem}); add a column student_id"
            )
        students.append(Student(**{**entry, "student_id": student_id}))
    _refuse_duplicates(path, [line for line, _ in entries], students)
    return Roster(tuple(students), str(path), by)


def roster_of(folder: Path, path: Path | None = None) -> Roster | None:
    """The roster at ``path``, or else the course folder's own, if it has one. Raises RosterProblem."""
    own = folder / FILE
    if path is None and not own.is_file():
        return None
    return read_roster(path or own)


def unfit(student_id: str) -> str:
    """Why a text cannot be a student id, or nothing: it names a folder, and nbgrader puts it into patterns."""
    if not student_id.strip():
        return "it is empty"
    if len(student_id) > LONGEST_ID or len(student_id.encode("utf-8", "replace")) > 200:
        return f"it is longer than {LONGEST_ID} characters"
    bad = _UNSAFE.search(student_id)
    if bad is None and student_id.isprintable():
        return ""
    return f"it has {bad.group()!r}" if bad else "it has characters that cannot be seen"


def name_key(name: str) -> str:
    """A name without what makes no difference; "Last, First" becomes "first last"."""
    text = _plain(name)
    last, comma, first = text.partition(",")
    return " ".join(f"{first} {last}".split()) if comma else text


def compact(name: str) -> str:
    """A name as file names hold it: letters and digits alone."""
    return "".join(letter for letter in _plain(name) if letter.isalnum())


def participant(text: str) -> str:
    """The number of "Participant 123", in whatever language."""
    return re.sub(r"^\D+", "", text) or text


def id_key(text: str) -> str:
    return _plain(text)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(folded.split())


def _one(found: Iterable[set[Student] | None]) -> Student | None:
    """The only one in all these sets together."""
    everybody = set().union(*filter(None, found))
    return everybody.pop() if len(everybody) == 1 else None


def _another(student: Student, ids: Mapping[str, str]) -> bool:
    """Whether ``student`` is known by other ids than these. Moodle's number is another for each assignment."""
    known = {kind: getattr(student, kind) for kind in ids if kind != "moodle_id"}
    return any(mine and ids[kind] and id_key(mine) != id_key(ids[kind]) for kind, mine in known.items())


def _index(pairs: Iterable[tuple[str, Student]]) -> Mapping[str, set[Student]]:
    found: dict[str, set[Student]] = {}
    for text, student in pairs:
        if text:
            found.setdefault(id_key(text), set()).add(student)
    return found


def rows_of(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The headers of a CSV file, in lower case, and its rows with their lines. Raises RosterProblem."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise RosterProblem(f"{path} cannot be read ({problem.strerror})") from None
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise RosterProblem(
            f"{path}, line {line}: this is not UTF-8; save the file as CSV in UTF-8"
        ) from None
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as problem:
        raise RosterProblem(f"{path}, line {reader.line_num}: {problem}") from None
    if not rows:
        raise RosterProblem(f"{path} is empty")
    (_, header), *rest = rows
    return [" ".join(cell.split()).casefold() for cell in header], rest


def columns_of(path: Path, header: list[str]) -> dict[str, int]:
    """Which column holds what. "id" is Canvas' own number beside a column Student, else nbgrader's id."""
    columns = {}
    for kind, names in HEADERS.items():
        places = [place for name in names for place, cell in enumerate(header) if cell == name]
        if len(places) > 1 and header[places[0]] == header[places[1]]:
            raise RosterProblem(f"{path}, line 1: two columns are called {header[places[0]]!r}; remove one")
        if places:
            columns[kind] = places[0]
    if "id" in header:
        columns.setdefault("canvas_id" if "student" in header else "student_id", header.index("id"))
    if not set(columns) & {*IDS, "email"}:
        raise RosterProblem(
            f"{path}, line 1: no column says who a student is; it takes one such as student_id, login, "
            "SIS User ID, SID, Identifier or email"
        )
    return columns


def _entry(row: list[str], columns: Mapping[str, int]) -> dict[str, str] | None:
    """The fields of a row, or None if it is about no student."""
    known = {kind: row[place].strip() for kind, place in columns.items() if place < len(row)}
    name, role = known.pop("name", ""), known.pop("role", "")
    if name.casefold() in NOBODY or (role and "student" not in role.casefold() and _staff(role)):
        return None
    if not any(known.get(kind) for kind in (*IDS, "email")):
        return None  # such as the rows below Canvas' header
    if name and not (known.get("first_name") or known.get("last_name")):
        known["first_name"], known["last_name"] = _split(name)
    if known.get("moodle_id"):
        known["moodle_id"] = participant(known["moodle_id"])
    return {one.name: known.get(one.name, "") for one in fields(Student)}


def _staff(role: str) -> bool:
    return bool(
        {"instructor", "ta", "teacher", "reader", "observer", "manager"}
        & set(re.split(r"\W+", role.casefold()))
    )


def _split(name: str) -> tuple[str, str]:
    """First and last name of "Lovelace, Ada" or "Ada Lovelace"; together they are the name again."""
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip(), last.strip()
    first, _, last = name.rpartition(" ")
    return first.strip(), last.strip()


def _refuse_duplicates(path: Path, lines: list[int], students: list[Student]) -> None:
    for kind in (*IDS, "email"):
        seen: dict[str, int] = {}
        for line, student in zip(lines, students, strict=True):
            value = getattr(student, kind)
            if not value:
                continue
            if id_key(value) in seen:
                raise RosterProblem(
                    f"{path}, line {line}: {kind} {value!r} stands in line {seen[id_key(value)]} already; "
                    "each student has one line, and nobody has another's id"
                )
            seen[id_key(value)] = line
