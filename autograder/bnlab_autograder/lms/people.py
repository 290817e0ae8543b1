"""Who is in the course: the roster, if there is one, and everybody whom the gradebook or a submission names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bnlab_autograder.grading.course import Course
from bnlab_autograder.lms.ledger import Receipt
from bnlab_autograder.lms.roster import IDS, Roster, Student, roster_of


@dataclass(frozen=True)
class People:
    """The students of a course.

    Parameters
    ----------
    students : mapping
        By student id, that is by the names of their folders.
    roster : Roster
        For look-ups by any of their ids, addresses and names.
    complete : bool
        Whether a roster says who is in the course; else there may be others, who have handed in nothing yet.
    source : str
        Where this comes from, for people.
    """

    students: Mapping[str, Student]
    roster: Roster
    complete: bool
    source: str

    def match(self, **fields: str) -> Student | None:
        """The student of a row elsewhere, by ``Roster.match``.

        Without a roster a student is known by the name of the folder; another system may call that login, SIS id or
        email address.
        """
        found = self.roster.match(**fields)
        if found is None and not self.complete:
            texts = [fields.get(kind) for kind in ("login", "sis_id", "email")]
            named = {self.roster.by_id(text, "student_id") for text in texts if text} - {None}
            found = named.pop() if len(named) == 1 else None
        return found

    def as_collected(self, receipts: Mapping[str, Receipt]) -> People:
        """The same, with the ids under which their submissions to one stage were downloaded, by student id.

        Moodle numbers its participants anew for each assignment, so there the receipt is right and not the roster.
        """
        known = dict(self.students)
        for name, receipt in receipts.items():
            student = known.get(name, Student(name))
            ids = {kind: text for kind, text in receipt.lms_ids.items() if kind in (*IDS, "email")}
            ids.pop("student_id", None)
            new = {k: text for k, text in ids.items() if k == "moodle_id" or not getattr(student, k)}
            known[name] = replace(student, **new)
        return People(known, Roster(tuple(known.values()), self.source), self.complete, self.source)


def people_of(course: Course, roster: Path | None = None) -> People:
    """The students of ``course``, from a roster or the folder's own ``roster.csv``. Raises RosterProblem."""
    found = roster_of(course.root, roster)
    known = {one.student_id: one for one in found.students} if found else {}
    for student in [*_in_gradebook(course), *map(Student, course.workspace.students())]:
        known.setdefault(student.student_id, student)
    source = found.source if found else f"the gradebook of {course.root}"
    return People(known, Roster(tuple(known.values()), source), found is not None, source)


def _in_gradebook(course: Course) -> list[Student]:
    with course.ledger() as ledger, ledger.transaction() as gradebook:
        return [
            Student(one.id, one.first_name or "", one.last_name or "", one.email or "", one.lms_user_id or "")
            for one in gradebook.students
        ]
