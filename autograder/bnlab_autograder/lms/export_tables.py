"""Grades as tables: a Canvas gradebook, a Moodle grading worksheet, and a plain CSV.

Best is to start from the table that was downloaded from the system: then its rows, ids and headers stay as they are,
and only cells of grades are filled. A row whose student is not certain stays as it was, and is listed.

Canvas recognises students by its own id, else by SIS id or login, and an assignment by the number behind its title;
an empty cell in an import removes the grade that is there. Moodle recognises participants by the number in the first
column, passes over grades above the assignment's maximum in silence, and does not replace a grade that is newer than
the worksheet.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from bnlab_autograder.lms.export import Exported, Grade, NotExported, StageGrades, number, rounded
from bnlab_autograder.lms.people import People
from bnlab_autograder.lms.roster import Student

DELIMITERS = ",;\t"
BOM = "\ufeff"
CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
POINTS_POSSIBLE = "points possible"
MOODLE = (
    "Identifier",
    "Full name",
    "Email address",
    "Status",
    "Grade",
    "Maximum grade",
    "Grade can be changed",
    "Last modified (submission)",
    "Last modified (grade)",
    "Feedback comments",
)
PARTICIPANT = "Participant "
PLAIN = (
    "student_id",
    "last_name",
    "first_name",
    "email",
    "stage",
    "points",
    "max_points",
    "earned",
    "late_penalty",
    "submitted",
    "due",
    "open",
)
FORMULA = tuple("=+-@\t\r")  # what makes a spreadsheet compute a cell

_WITH_ID = re.compile(r"(?P<title>.*?)\s*\((?P<id>\d+)\)\s*")
_COMMA = re.compile(r"\d+,\d+")


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


@dataclass
class Table:
    """A CSV file as it was, so that it can be written again with other cells in it."""

    path: Path
    header: list[str]
    rows: list[list[str]]
    lines: list[int]  # of the file, for each row
    delimiter: str = ","
    newline: str = "\n"
    bom: bool = False

    @classmethod
    def read(cls, path: Path) -> Table:
        """Raises NotExported."""
        try:
            text = path.read_bytes().decode("utf-8")
        except OSError as problem:
            raise NotExported(f"{path} cannot be read ({problem.strerror})") from None
        except UnicodeDecodeError:
            raise NotExported(
                f"{path} is not in UTF-8; download it anew, or save it as CSV in UTF-8"
            ) from None
        bom, text = text.startswith(BOM), text.removeprefix(BOM)
        first = text.partition("\n")[0]
        delimiter = max(DELIMITERS, key=first.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            read = [(reader.line_num, row) for row in reader]
        except csv.Error as problem:
            raise NotExported(f"{path}, line {reader.line_num}: {problem}") from None
        if not read:
            raise NotExported(f"{path} is empty; download it anew")
        newline = "\r\n" if first.endswith("\r") else "\n"
        (_, header), *rest = read
        for line, row in rest:
            if row and len(row) > len(header):
                raise NotExported(f"{path}, line {line}: {len(row)} cells under {len(header)} headers")
        return cls(
            path,
            header,
            [row + [""] * (len(header) - len(row)) if row else [] for _, row in rest],
            [line for line, _ in rest],
            delimiter,
            newline,
            bom,
        )

    def column(self, *names: str) -> int | None:
        """The place of the first of these headers that there is."""
        headers = [" ".join(header.split()).casefold() for header in self.header]
        return next((headers.index(name.casefold()) for name in names if name.casefold() in headers), None)

    def has_decimal_commas(self, columns: Iterable[int]) -> bool:
        cells = (row[column] for column in columns for row in self.rows if row)
        return any(_COMMA.fullmatch(cell.strip()) for cell in cells)

    def to_bytes(self) -> bytes:
        return to_csv(self.header, self.rows, self.delimiter, self.newline, bom=self.bom)


def to_csv(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    delimiter: str = ",",
    newline: str = "\n",
    *,
    bom: bool = False,
) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=newline)
    writer.writerow(header)
    writer.writerows(rows)
    return ((BOM if bom else "") + file.getvalue()).encode("utf-8")


@dataclass(frozen=True)
class Options:
    """What is asked of a table."""

    column: str | None = None  # of the grades, or its number in Canvas
    zero: bool = False  # who has handed in nothing, and cannot any more, gets 0 points
    scale: bool = False  # points are converted where the other system has another maximum


# Canvas


def canvas(
    stages: Sequence[StageGrades], people: People, template: Path | None, options: Options
) -> tuple[bytes, Exported]:
    """A gradebook for Canvas. Raises NotExported."""
    if template is None:
        return _new_canvas(stages, people, options)
    table, done = Table.read(template), Exported()
    student, own = table.column("student", "lastname"), table.column("id")
    if student is None or own is None:
        raise NotExported(f"{template} is no gradebook of Canvas: it has no columns Student and ID")
    places = _canvas_columns(table, stages, options, done)
    first, possible = 0, None
    for place, row in enumerate(table.rows):
        if row and POINTS_POSSIBLE in row[student].casefold():
            first, possible = place + 1, row
    matched = list(_matched(table, first, people, _canvas_identity(table), done))
    comma = table.has_decimal_commas(places.values())
    for stage in stages:
        place = places.get(stage.stage)
        if place is None:
            continue
        maximum = _number(possible[place]) if possible else None
        factor = _factor(stage, maximum, options, done, "Canvas")
        _fill(table, place, stage, matched, factor, comma, options, done)
    return table.to_bytes(), done


def _canvas_columns(
    table: Table, stages: Sequence[StageGrades], options: Options, done: Exported
) -> dict[str, int]:
    """Which column holds which stage: the one that bears its name or title, or the one that was named."""
    titles = {}
    for place, header in enumerate(table.header):
        if match := _WITH_ID.fullmatch(header):
            titles[place] = match["title"], match["id"]
    listed = "; ".join(table.header[place] for place in titles) or "none"
    if options.column is not None:
        if len(stages) > 1:
            raise NotExported("--column names the column of one stage; name the stage instead of --all")
        wanted = options.column.strip()
        found = [
            place for place, (title, own) in titles.items() if wanted in (table.header[place], title, own)
        ]
        if len(found) != 1:
            raise NotExported(
                f"{table.path} has {'no' if not found else 'more than one'} column {wanted!r}; there are: {listed}"
            )
        return {stages[0].stage: found[0]}
    places = {}
    for stage in stages:
        names = {_plain(stage.stage), _plain(stage.title)}
        found = [place for place, (title, _) in titles.items() if _plain(title) in names] or [
            place for place, (title, _) in titles.items() if any(name in _plain(title) for name in names)
        ]
        if len(found) == 1:
            places[stage.stage] = found[0]
        else:
            which = "no column" if not found else "more than one column"
            done.remarks.append(f"{which} of {table.path} bears the name of {stage.stage}")
    if not places:
        raise NotExported(f"{done.remarks[0]}; say --column with one of: {listed}")
    if len(set(places.values())) < len(places):
        raise NotExported(f"one column of {table.path} bears the names of two stages; export them one by one")
    return places


def _canvas_identity(table: Table) -> Mapping[str, int | None]:
    return {
        "canvas_id": table.column("id"),
        "sis_id": table.column("sis user id"),
        "login": table.column("sis login id"),
        "name": table.column("student"),
        "first_name": table.column("firstname"),
        "last_name": table.column("lastname"),
    }


def _new_canvas(stages: Sequence[StageGrades], people: People, options: Options) -> tuple[bytes, Exported]:
    done = Exported()
    headers = [options.column or stage.stage for stage in stages]
    if not all(_WITH_ID.fullmatch(header) for header in headers):
        done.remarks.append(
            "Canvas will ask which assignment is meant, or make a new one; a file with its own columns comes from "
            "--template, with the gradebook that Canvas exports"
        )
    rows = [["    Points Possible", "", "", "", "", *(number(stage.max_points) for stage in stages)]]
    for student in _listed(stages, people, options):
        if not (student.canvas_id or student.sis_id or student.login):
            done.absent.append(student.student_id)
            continue
        grades = [_points(stage, student.student_id, options) for stage in stages]
        cells = ["" if points is None else number(points) for points in grades]
        identity = [_sortable(student), student.canvas_id, student.sis_id, student.login, student.section]
        rows.append([harmless(text) for text in identity] + cells)
        done.written.append(student.student_id)
    return to_csv([*CANVAS, *headers], rows), done


# Moodle


def moodle(
    stage: StageGrades, people: People, template: Path | None, options: Options
) -> tuple[bytes, Exported]:
    """A grading worksheet for one assignment in Moodle. Raises NotExported."""
    if template is None:
        return _new_moodle(stage, people, options)
    table, done = Table.read(template), Exported()
    identifier = table.column("identifier", "id", "kennung", "identifiant", "identificador", "identificatore")
    place = table.column(options.column or "grade", *(() if options.column else ("bewertung", "note")))
    if identifier is None:
        identifier = 0 if all(re.search(r"\d$", row[0]) for row in table.rows if row) else None
    if identifier is None or place is None:
        raise NotExported(
            f"{template} is no grading worksheet of Moodle: it has no column "
            f"{'Identifier' if identifier is None else options.column or 'Grade'}; --column names that of the grades"
        )
    top = table.column("maximum grade", "maximalbewertung", "note maximale")
    maxima = (
        {_number(row[top]) for row in table.rows if row and row[top].strip()} if top is not None else set()
    )
    factor = _factor(stage, maxima.pop() if len(maxima) == 1 else None, options, done, "Moodle")
    identity = {
        "moodle_id": identifier,
        "email": table.column("email address", "e-mail-adresse", "adresse de courriel"),
        "name": table.column("full name", "vollständiger name", "nom complet"),
        "sis_id": table.column("id number", "id-nummer", "numéro d'identification"),
        "login": table.column("username", "anmeldename", "nom d'utilisateur"),
    }
    matched = list(_matched(table, 0, people, identity, done))
    comma = table.has_decimal_commas(one for one in (place, top) if one is not None)
    _fill(table, place, stage, matched, factor, comma, options, done)
    return table.to_bytes(), done


def _new_moodle(stage: StageGrades, people: People, options: Options) -> tuple[bytes, Exported]:
    done, rows = Exported(), []
    done.remarks.append(
        "Moodle replaces grades that it has already only where you allow it to update records that are newer than "
        "the worksheet; a file that it takes at once comes from --template, with the worksheet that Moodle exports"
    )
    for student in _listed([stage], people, options):
        points = _points(stage, student.student_id, options)
        if not student.moodle_id:
            done.absent += [student.student_id] if points is not None else []
            continue
        row = dict.fromkeys(MOODLE, "")
        row |= {"Identifier": f"{PARTICIPANT}{student.moodle_id}", "Grade can be changed": "Yes"}
        row |= {"Full name": harmless(student.name), "Email address": harmless(student.email)}
        row |= {"Grade": "" if points is None else number(points), "Maximum grade": number(stage.max_points)}
        row |= {"Last modified (submission)": "-", "Last modified (grade)": "-"}
        rows.append(list(row.values()))
        done.written += [student.student_id] if points is not None else []
    return to_csv(MOODLE, rows), done


# Plain


def plain(
    stages: Sequence[StageGrades], people: People, template: Path | None, options: Options
) -> tuple[bytes, Exported]:
    """A row for each student and stage. ``template`` is not used."""
    done, rows = Exported(), []
    for stage in stages:
        for student in _listed([stage], people, options, everybody=True):
            grade = stage.grades.get(student.student_id)
            points = _points(stage, student.student_id, options)
            texts = [student.student_id, student.last_name, student.first_name, student.email]
            rows.append(
                [
                    *(harmless(text) for text in texts),
                    stage.stage,
                    "" if points is None else number(points),
                    number(stage.max_points),
                    "" if grade is None or grade.earned is None else number(grade.earned),
                    "" if grade is None or grade.earned is None else number(grade.penalty),
                    _moment(grade.submitted if grade else None),
                    _moment(stage.until(student.student_id)),
                    " ".join(finding.code for finding in grade.open) if grade else "nothing-handed-in",
                ]
            )
            done.written += [student.student_id] if points is not None else []
    return to_csv(PLAIN, rows), done


# What they share


def _matched(
    table: Table, first: int, people: People, identity: Mapping[str, int | None], done: Exported
) -> Iterator[tuple[list[str], Student]]:
    """The rows from ``first`` on, with their students; what is certain of nobody, or of two rows, is listed."""
    seen: dict[str, str] = {}
    found = []
    for row in table.rows[first:]:
        if not any(cell.strip() for cell in row):
            continue
        fields = {name: row[place].strip() for name, place in identity.items() if place is not None}
        if "moodle_id" in fields:
            fields["moodle_id"] = re.sub(r"^\D+", "", fields["moodle_id"])
        student = people.match(**fields)
        named = " ".join(filter(None, (fields.get(key) for key in ("name", "first_name", "last_name"))))
        named = named or next(filter(None, fields.values()), "?")
        if student is None:
            done.unknown.append(named)
        elif student.student_id in seen:
            done.remarks.append(
                f"{student.student_id} is in two rows, {seen[student.student_id]} and {named}"
            )
            found = [one for one in found if one[1].student_id != student.student_id]
        else:
            seen[student.student_id] = named
            found.append((row, student))
    yield from found


def _fill(
    table: Table,
    place: int,
    stage: StageGrades,
    matched: Sequence[tuple[list[str], Student]],
    factor: Decimal,
    comma: bool,
    options: Options,
    done: Exported,
) -> None:
    there = {student.student_id for _, student in matched}
    for row, student in matched:
        points = _points(stage, student.student_id, options)
        if points is not None:
            row[place] = number(rounded(points * factor), comma)
            done.written.append(student.student_id)
    done.absent += [student for student in stage.final if student not in there]


def _factor(
    stage: StageGrades, maximum: Decimal | None, options: Options, done: Exported, who: str
) -> Decimal:
    """By what points are multiplied. Raises NotExported if the other system counts to another number."""
    if maximum is None or maximum == stage.max_points:
        return Decimal(1)
    if not options.scale or maximum <= 0:
        raise NotExported(
            f"{who} counts {stage.stage} up to {number(maximum)}, this course up to {number(stage.max_points)}; change "
            f"the maximum there to {number(stage.max_points)} and download the table anew, or say --scale"
        )
    done.remarks.append(f"points are converted from {number(stage.max_points)} to {number(maximum)}")
    return maximum / stage.max_points


def _points(stage: StageGrades, student: str, options: Options) -> Decimal | None:
    grade: Grade | None = stage.grades.get(student)
    if grade is not None:
        return grade.points
    return Decimal(0) if options.zero and stage.is_over(student) else None


def _listed(
    stages: Sequence[StageGrades], people: People, options: Options, *, everybody: bool = False
) -> list[Student]:
    """Whom a new table names: those with a grade, or all of the course."""
    graded = {student for stage in stages for student in stage.grades}
    everybody = everybody or options.zero
    chosen = [one for name, one in people.students.items() if everybody or name in graded]
    return sorted(
        chosen, key=lambda one: (one.last_name.casefold(), one.first_name.casefold(), one.student_id)
    )


def _sortable(student: Student) -> str:
    return ", ".join(filter(None, (student.last_name, student.first_name))) or student.student_id


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text).split()).casefold()


def _moment(when: datetime.datetime | None) -> str:
    return "" if when is None else f"{when:%Y-%m-%dT%H:%M:%SZ}"
