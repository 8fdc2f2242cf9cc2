"""What users who are no superusers may do."""

import pytest

from carto_at_installer.sandbox.errors import RedshiftError
from tests.engine.engine_parts import external, open_engine

FUNCTION = "CREATE FUNCTION s.f(INT) RETURNS INT IMMUTABLE AS $$ SELECT $1 $$ LANGUAGE sql"
PROCEDURE = "CREATE PROCEDURE s.p() AS $$ BEGIN NULL; END $$ LANGUAGE plpgsql"
LAMBDA = external("s.e", "INT", "INT", "lambda")


@pytest.fixture
def admin():
    engine, session, _ = open_engine()
    session.execute("CREATE SCHEMA s")
    yield session
    engine.close()


def steps(admin, user, *pairs):
    """Each pair: what is denied with which message, then the grant after which it works."""
    for sql, message, remedy in pairs:
        with pytest.raises(RedshiftError) as caught:
            user.execute(sql)
        assert str(caught.value) == f"permission denied for {message}"
        admin.execute(remedy.replace("ANN", '"IAM:ann"'))
        user.execute(sql)


def test_what_is_denied_until_it_is_granted(admin):
    ann = admin.engine.session("IAM:ann")
    admin.execute("CREATE FUNCTION s.g(INT) RETURNS INT IMMUTABLE AS $$ SELECT $1 $$ LANGUAGE sql")
    admin.execute("CREATE PROCEDURE s.q() AS $$ BEGIN NULL; END $$ LANGUAGE plpgsql")
    admin.execute("REVOKE EXECUTE ON FUNCTION s.g(INT) FROM PUBLIC")
    steps(
        admin,
        ann,
        ("CREATE SCHEMA own", "database dev", "GRANT CREATE ON DATABASE dev TO ANN"),
        (FUNCTION, "schema s", "GRANT CREATE ON SCHEMA s TO ANN"),
        (LAMBDA, "language exfunc", "GRANT USAGE ON LANGUAGE exfunc TO ANN"),
        ("SELECT s.f(1)", "schema s", "GRANT USAGE ON SCHEMA s TO PUBLIC"),
        ("SELECT s.g(1)", "function g", "GRANT EXECUTE ON FUNCTION s.g(INT) TO ANN"),
        ("CALL s.q()", "procedure q", "GRANT EXECUTE ON PROCEDURE s.q() TO ANN"),
    )
    ann.execute(PROCEDURE)
    ann.execute("CALL s.p()")


def test_the_administrator_may_install_until_that_is_revoked(admin):
    user = admin.engine.session("IAM:sandbox")
    user.execute("CREATE SCHEMA carto")
    user.execute(external("carto.e", "INT", "INT", "lambda"))
    admin.execute('REVOKE USAGE ON LANGUAGE exfunc FROM "IAM:sandbox"')
    again = admin.engine.session("IAM:sandbox")
    with pytest.raises(RedshiftError, match="permission denied for language exfunc"):
        again.execute(external("carto.e", "INT", "INT", "lambda"))
