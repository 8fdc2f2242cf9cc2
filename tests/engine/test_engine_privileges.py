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
    """Each: what is denied with which message (where there is one), then the grants after which it works."""
    for sql, message, remedies in pairs:
        if message:
            assert denied(user, sql) == f"permission denied for {message}"
        for remedy in filter(None, remedies.split("; ")):
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


ROLE_ARN = "arn:aws:iam::123456789012:role/caller"
BOOTSTRAP = f"""
CREATE ROLE installer;
GRANT CREATE SCHEMA, CREATE OR REPLACE FUNCTION, CREATE OR REPLACE EXTERNAL FUNCTION,
      DROP FUNCTION, CREATE OR REPLACE PROCEDURE, DROP PROCEDURE TO ROLE installer;
GRANT USAGE ON LANGUAGE exfunc TO ROLE installer;
GRANT USAGE ON LANGUAGE plpgsql TO ROLE installer;
GRANT ASSUMEROLE ON '{ROLE_ARN}' TO ROLE installer FOR EXTERNAL FUNCTION;
GRANT ROLE installer TO "IAMR:Deploy"
"""


@pytest.fixture
def deploy(admin):
    """An IAM role's login, with what the bootstrap SQL gives."""
    session = admin.engine.session("IAMR:Deploy")
    for statement in BOOTSTRAP.split(";"):
        admin.execute(statement)
    return session


def rows(session, sql):
    return session.execute(sql).rows


def denied(session, sql):
    with pytest.raises(RedshiftError) as caught:
        session.execute(sql)
    return str(caught.value)


def test_the_bootstrap_sql_is_what_an_iam_login_needs(admin):
    user = admin.engine.session("IAMR:Deploy")
    assert denied(user, "CREATE SCHEMA carto") == "permission denied for database dev"
    admin.execute('CREATE SCHEMA mine AUTHORIZATION "IAMR:Deploy"')
    made = LAMBDA.replace("s.e", "mine.e")
    assert denied(user, made) == "permission denied for language exfunc"
    for statement in BOOTSTRAP.split(";"):
        admin.execute(statement)
    for statement in (
        "CREATE SCHEMA carto",
        made,
        made.replace("mine.e", "carto.e"),
        "CREATE FUNCTION carto.w(INT) RETURNS INT STABLE AS $$ SELECT carto.e($1) $$ LANGUAGE sql",
        PROCEDURE.replace("s.p", "carto.p"),
        "GRANT USAGE ON SCHEMA carto TO PUBLIC",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA carto TO PUBLIC",
        "CALL carto.p()",
        "DROP PROCEDURE carto.p()",
        "DROP FUNCTION carto.w(INT)",
    ):
        user.execute(statement)


def test_roles_are_granted_to_roles_and_taken_back(admin):
    admin.execute("CREATE USER ann PASSWORD DISABLE")
    ann = admin.engine.session("ann")
    for statement in (
        "CREATE ROLE reader",
        "CREATE ROLE analyst",
        "GRANT USAGE ON SCHEMA s TO ROLE reader",
        "GRANT ROLE reader TO ROLE analyst",
        "GRANT ROLE analyst TO ann",
        FUNCTION,
    ):
        admin.execute(statement)
    assert rows(ann, "SELECT s.f(4)") == [(4,)]
    asked = "SELECT user_is_member_of('ann', 'reader'), role_is_member_of('analyst', 'reader')"
    assert rows(ann, asked) == [(True, True)]
    assert "is a member of role" in denied(admin, "GRANT ROLE analyst TO ROLE reader")
    assert rows(admin, "SELECT role_name, granted_role_name FROM svv_role_grants") == [
        ("analyst", "reader")
    ]
    assert rows(ann, "SELECT user_name, role_name, admin_option FROM svv_user_grants") == [
        ("ann", "analyst", False)
    ]
    assert rows(ann, "SELECT role_name FROM svv_roles ORDER BY 1") == [("analyst",), ("reader",)]
    assert denied(ann, "GRANT ROLE reader TO ann") == "permission denied for role reader"
    assert "it is granted to" in denied(admin, "DROP ROLE analyst")
    admin.execute("REVOKE ROLE analyst FROM ann")
    assert denied(ann, "SELECT s.f(4)") == "permission denied for schema s"
    admin.execute("DROP ROLE analyst")
    admin.execute("DROP ROLE reader FORCE")
    assert rows(admin, "SELECT role_name FROM svv_roles") == []


def test_groups_have_members(admin):
    admin.execute("CREATE USER ann PASSWORD DISABLE")
    admin.execute("CREATE GROUP readers WITH USER ann")
    admin.execute("GRANT USAGE ON SCHEMA s TO GROUP readers")
    admin.execute(FUNCTION)
    assert rows(admin.engine.session("ann"), "SELECT s.f(4)") == [(4,)]


def test_the_right_to_use_iam_roles_is_everybodys_until_it_is_revoked(admin, deploy):
    deploy.execute("CREATE SCHEMA own")
    made = LAMBDA.replace("s.e", "own.e")
    deploy.execute(made)
    admin.execute("REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL")
    deploy.execute(made)
    admin.execute(f"REVOKE ASSUMEROLE ON '{ROLE_ARN}' FROM ROLE installer FOR EXTERNAL FUNCTION")
    asked = f"SELECT has_assumerole_privilege('{ROLE_ARN}', 'EXTERNAL FUNCTION')"
    assert rows(deploy, asked) == [(False,)]
    assert denied(deploy, made) == (
        f'User IAMR:Deploy does not have ASSUMEROLE permission on IAM role "{ROLE_ARN}" for EXTERNAL FUNCTION'
    )
    admin.execute('GRANT ASSUMEROLE ON ALL TO "IAMR:Deploy" FOR COPY, EXTERNAL FUNCTION')
    assert rows(deploy, asked) == [(True,)]
    assert rows(admin, "SELECT iam_arn, command_type FROM svv_iam_privileges ORDER BY 2") == [
        ("all", "COPY"),
        ("all", "EXFUNC"),
    ]


def test_privileges_can_be_asked_for(admin, deploy):
    admin.execute(FUNCTION)
    admin.execute("CREATE TABLE s.t (a INT)")
    admin.execute("GRANT USAGE ON SCHEMA s TO ROLE installer")
    admin.execute("GRANT SELECT ON s.t TO PUBLIC")
    asked = (
        "SELECT has_schema_privilege('s', 'USAGE'), has_schema_privilege('s', 'create'),"
        " has_language_privilege(current_user, 'exfunc', 'USAGE'),"
        " has_database_privilege('dev', 'create'), has_function_privilege('s.f(int4)', 'execute'),"
        " has_table_privilege('IAMR:Deploy', 's.t', 'select'), has_table_privilege('s.t', 'insert'),"
        " has_assumerole_privilege('default', 'copy')"
    )
    assert rows(deploy, asked) == [(True, False, True, False, True, True, False, True)]
    assert rows(admin, asked) == [(True,) * 8]
    many = "SELECT nspname FROM pg_namespace WHERE has_schema_privilege('IAMR:Deploy', nspname, 'usage') ORDER BY 1"
    assert rows(admin, many) == [("public",), ("s",)]
    for sql, message in (
        ("SELECT has_schema_privilege('nobody', 's', 'usage')", 'user "nobody" does not exist'),
        ("SELECT has_schema_privilege('nothing', 'usage')", 'schema "nothing" does not exist'),
        ("SELECT has_schema_privilege('s', 'eat')", 'unrecognized privilege type: "eat"'),
        ("SELECT has_function_privilege('s.f()', 'execute')", "function s.f() does not exist"),
    ):
        assert message in denied(admin, sql)


def test_a_scoped_privilege_is_one_on_what_is_made_later(admin):
    ann = admin.engine.session("IAM:ann")
    admin.execute("CREATE ROLE analysts")
    admin.execute('GRANT ROLE analysts TO "IAM:ann"')
    admin.execute("GRANT USAGE ON SCHEMA s TO ROLE analysts")
    admin.execute("GRANT EXECUTE FOR FUNCTIONS IN SCHEMA s TO ROLE analysts")
    admin.execute(FUNCTION)
    admin.execute("REVOKE EXECUTE ON FUNCTION s.f(INT) FROM PUBLIC")
    assert rows(ann, "SELECT s.f(1)") == [(1,)]
    admin.execute("REVOKE EXECUTE FOR FUNCTIONS IN SCHEMA s FROM ROLE analysts")
    assert denied(ann, "SELECT s.f(1)") == "permission denied for function f"


def test_privileges_are_given_by_those_who_may(admin, deploy):
    admin.execute(FUNCTION)
    assert denied(deploy, "GRANT USAGE ON SCHEMA s TO PUBLIC") == "permission denied for schema s"
    assert denied(deploy, "GRANT USAGE ON LANGUAGE exfunc TO PUBLIC") == (
        "permission denied for language exfunc"
    )
    assert "must be superuser" in denied(deploy, "GRANT DROP SCHEMA TO ROLE installer")
    assert denied(deploy, "CREATE ROLE r") == "permission denied to create role"
    assert denied(deploy, "CREATE USER u PASSWORD DISABLE") == "permission denied to create user"
    admin.execute('GRANT USAGE ON SCHEMA s TO "IAMR:Deploy" WITH GRANT OPTION')
    deploy.execute("GRANT USAGE ON SCHEMA s TO PUBLIC")
    admin.execute('REVOKE GRANT OPTION FOR USAGE ON SCHEMA s FROM "IAMR:Deploy"')
    assert (
        denied(deploy, "REVOKE USAGE ON SCHEMA s FROM PUBLIC") == "permission denied for schema s"
    )
    assert "can only be granted to or revoked from roles" in denied(
        admin, "GRANT CREATE SCHEMA TO PUBLIC"
    )
    assert rows(admin, "SELECT count(*), min(identity_name) FROM svv_system_privileges") == [
        (6, "installer")
    ]


def test_what_public_holds_can_be_revoked(admin):
    ann = admin.engine.session("IAM:ann")
    ann.execute("CREATE TABLE public.mine (a INT)")
    admin.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    assert denied(ann, FUNCTION.replace("s.f", "public.f")) == "permission denied for schema public"


def test_calls_of_lambda_are_listed_for_superusers():
    engine, session, service = open_engine({"plus": lambda rows: [row[0] + 1 for row in rows]})
    session.execute(external("f", "INT", "INT", "plus", "MAX_BATCH_ROWS 2"))
    session.execute("SELECT public.f(CAST(g AS INT)) FROM (SELECT generate_series(1, 5) AS g)")
    detail = rows(
        session,
        "SELECT user_id = (SELECT usesysid FROM pg_user WHERE usename = 'admin'), lambda_function_name,"
        " function_oid = (SELECT oid FROM pg_proc WHERE proname = 'f'), invocations, total_rows,"
        " input_bytes, total_duration >= 0, start_time <= end_time, query_id > 0, transaction_id > 0"
        " FROM sys_ludf_detail",
    )
    sent = sum(len(call.payload) for call in service.calls)
    assert detail == [(True, "plus", True, 3, 5, sent, True, True, True, True)]
    with pytest.raises(RedshiftError, match="permission denied for relation sys_ludf_detail"):
        engine.session("IAM:ann").execute("SELECT * FROM sys_ludf_detail")
    engine.close()


def test_what_others_own_is_left_alone(admin):
    ann = admin.engine.session("IAM:ann")
    for statement in (
        FUNCTION,
        PROCEDURE,
        "CREATE TABLE s.t (a INT)",
        "CREATE VIEW s.v AS SELECT a FROM s.t",
        'GRANT ALL ON SCHEMA s TO "IAM:ann"',
    ):
        admin.execute(statement)
    for sql, what in (
        ("DROP FUNCTION s.f(INT)", "function f"),
        (FUNCTION.replace("CREATE", "CREATE OR REPLACE"), "function f"),
        ("DROP PROCEDURE s.p()", "procedure p"),
        (PROCEDURE.replace("CREATE", "CREATE OR REPLACE"), "procedure p"),
        ("DROP TABLE s.t CASCADE", "relation t"),
        ("DROP VIEW s.v", "relation v"),
        ("CREATE OR REPLACE VIEW s.v AS SELECT a FROM s.t", "relation v"),
        ("DROP SCHEMA s CASCADE", "schema s"),
    ):
        assert denied(ann, sql) == f"must be owner of {what}"
    admin.execute("CREATE ROLE cleaner")
    admin.execute("GRANT DROP FUNCTION, DROP TABLE, DROP SCHEMA TO ROLE cleaner")
    admin.execute('GRANT ROLE cleaner TO "IAM:ann"')
    ann.execute("DROP FUNCTION s.f(INT)")
    ann.execute("DROP SCHEMA s CASCADE")


def test_tables_need_privileges(admin):
    ann = admin.engine.session("IAM:ann")
    for statement in (
        "CREATE TABLE s.t (a INT)",
        "INSERT INTO s.t VALUES (1)",
        "CREATE VIEW s.v AS SELECT a FROM s.t",
    ):
        admin.execute(statement)
    steps(
        admin,
        ann,
        (
            "SELECT a FROM s.v",
            "schema s",
            "GRANT USAGE ON SCHEMA s TO ANN; GRANT SELECT ON s.v TO ANN",
        ),
        ("SELECT a FROM s.t", "relation t", "GRANT SELECT ON s.t TO ANN"),
        ("INSERT INTO s.t SELECT 2", "relation t", "GRANT INSERT ON TABLE s.t TO ANN"),
        ("INSERT INTO s.t (a) VALUES (2)", "", ""),
        ("UPDATE s.t SET a = 3 WHERE a = 2", "relation t", "GRANT UPDATE ON TABLE s.t TO ANN"),
        ("DELETE FROM s.t", "relation t", "GRANT DELETE ON TABLE s.t TO ANN"),
        ("TRUNCATE s.t", "relation t", "GRANT TRUNCATE ON TABLE s.t TO ANN"),
        ("CREATE TABLE s.own (a INT)", "schema s", "GRANT CREATE ON SCHEMA s TO ANN"),
        ("CREATE VIEW s.w AS SELECT a FROM s.t", "", ""),
    )
    assert denied(ann, "COMMENT ON TABLE s.t IS 'mine'") == "must be owner of relation t"
    admin.execute("DROP TABLE s.t CASCADE")
    admin.execute("CREATE TABLE s.t (a INT)")
    assert denied(ann, "SELECT a FROM s.t") == "permission denied for relation t"
    assert denied(ann, "LOCK s.t") == "permission denied for relation t"
