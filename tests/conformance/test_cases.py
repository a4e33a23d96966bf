"""The suite itself: all that the papers promise has a case, and the table says which."""

import os

from suite import HERE, checklist, load

README = HERE / "README.md"
HEAD = "| line | what | cases |\n| --- | --- | --- |\n"


def table():
    lines = checklist()
    by_line = {line: [c.name for c in load() if line in c.get("paper")] for line in lines}
    return HEAD + "".join(
        f"| {line} | {text.replace('|', chr(92) + '|')} | {', '.join(by_line[line])} |\n"
        for line, text in lines.items())


def test_there_are_enough_cases():
    assert len(load()) >= 120


def test_each_line_of_the_checklist_has_a_case():
    covered = {line for c in load() for line in c.get("paper")}
    assert not set(checklist()) - covered


def test_no_case_covers_what_is_not_in_the_checklist():
    unknown = {c.name: set(c.get("paper")) - set(checklist()) for c in load()}
    assert not {name: lines for name, lines in unknown.items() if lines}


def test_each_case_says_what_it_is_about_and_has_an_id_of_its_own():
    assert all(c.get("says") and c.get("paper") for c in load())
    ids = [c.definition.get("id") for c in load() if not c.get("raw")]
    assert len(set(ids)) == len(ids)


def test_the_table_of_the_readme_is_that_of_the_cases():
    """SYNAPSED_TEST_UPDATE=1 writes it."""
    text = README.read_text(encoding="utf-8")
    head, _, _ = text.partition(HEAD)
    made = head + table()
    if os.environ.get("SYNAPSED_TEST_UPDATE") == "1":
        README.write_text(made, encoding="utf-8")
        text = made
    assert text == made
