"""A report on a class: what it got right, what it got wrong, and what to look at; as numbers and as a page.

``gather`` reads a course folder, ``numbers``, ``similar`` and ``compare`` are pure functions that make the report from
that as plain data, as ``bnlab report --json`` prints it; ``page`` shows it, with the pictures of ``charts``.
"""
