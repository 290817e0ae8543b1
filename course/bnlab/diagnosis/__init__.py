"""The name of the mistake that a function makes, found by what it does.

A release brings ``fingerprints.json``: for each known mistake of each exercise a salted digest of what a function that
makes it returns on fixed, public inputs. ``recognise`` calls a student's function on these inputs and looks whether
the digest of what comes back is among them.

============= ===========================================================
``probes``    the inputs, an exercise at a time
``witness``   what is written down of each call
``signature`` all of it as words and numbers, and their digest
``names``     the file, and what it says about a function
============= ===========================================================

The file holds no answer and no code, right or wrong, and no digest of a right answer. A digest covers everything that
was seen, so that it matches a function that does just that and no other; what is not known by it stays unnamed.
"""

from __future__ import annotations

from bnlab.diagnosis.names import Known, Mistake, installed, recognise

__all__ = ["Known", "Mistake", "installed", "recognise"]
