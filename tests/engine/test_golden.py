"""The golden corpus of Redshift statements, `tests/golden/*.sql`."""

from pathlib import Path

import pytest

from tests.engine import golden
from tests.engine.engine_parts import open_engine

FOLDER = Path(__file__).parents[1] / "golden"
LAMBDAS = {
    "plus": lambda rows: [None if row is None else sum(row) for row in rows],
    "broken": lambda rows: ["text" for _ in rows],
}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_the_corpus_answers_as_written(path):
    engine, admin, _ = open_engine(LAMBDAS)
    sessions = {"admin": admin}

    def session(user):
        if user not in sessions:
            sessions[user] = engine.session(user)
        return sessions[user]

    wrong = []
    for block in golden.blocks(path):
        assert golden._answered(block), f"{path.name}:{block.line} says nothing about its answer"
        if problem := golden.run(block, session):
            wrong.append(f"{path.name}:{block.line}: {' '.join(block.sql)[:300]}\n    {problem}")
    engine.close()
    assert not wrong, "\n".join(wrong)
