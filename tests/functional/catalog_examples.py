"""Runs the examples of the catalog, and compares what they answer with what the catalog says."""

import pytest

from carto_at_installer.sandbox.errors import RedshiftError
from carto_at_installer.sql.templates import example_sql
from carto_at_installer.verify.comparison import matches
from tests.functional.module_engine import example_cases


def examples(module):
    """Parameters of a test: every example, named by its function."""
    return [pytest.param(example, id=name) for example, name in example_cases(module)]


def check_example(session, example):
    """Run an example, and fail unless it answers what it says."""
    statement = example_sql(example, "carto")
    if example.error:
        with pytest.raises(RedshiftError) as caught:
            session.execute(statement)
        assert example.error in str(caught.value)
        return
    answer = session.execute(statement).rows[0][0]
    assert matches(example.result, answer, unordered=example.unordered), answer
