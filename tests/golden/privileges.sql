-- An IAM login is an ordinary user.
CREATE SCHEMA g
ok

CREATE FUNCTION g.f(INT) RETURNS INT STABLE AS $$ SELECT $1 $$ LANGUAGE sql
ok

CREATE TABLE g.t (a INT)
ok

@IAMR:Deploy
CREATE SCHEMA carto
!> permission denied for database dev

@IAMR:Deploy
SELECT g.f(1)
!> permission denied for schema g

@IAMR:Deploy
CREATE EXTERNAL FUNCTION public.e(INT) RETURNS INT STABLE LAMBDA 'plus' IAM_ROLE default
!> permission denied for language exfunc

CREATE ROLE installer
ok

CREATE ROLE installer
!> role "installer" already exists

GRANT CREATE SCHEMA, CREATE OR REPLACE EXTERNAL FUNCTION, DROP FUNCTION TO ROLE installer
ok

GRANT USAGE ON LANGUAGE exfunc TO ROLE installer
ok

GRANT ROLE installer TO "IAMR:Deploy"
ok

GRANT ROLE installer TO PUBLIC
!>

@IAMR:Deploy
CREATE SCHEMA carto
ok

@IAMR:Deploy
CREATE EXTERNAL FUNCTION carto.e(INT) RETURNS INT STABLE LAMBDA 'plus' IAM_ROLE default
ok

@IAMR:Deploy
SELECT has_language_privilege('exfunc', 'usage'), has_schema_privilege('carto', 'create'), has_schema_privilege('g', 'usage'), has_database_privilege('dev', 'create'), user_is_member_of(current_user, 'installer')
=> true | true | false | false | true

@IAMR:Deploy
DROP TABLE g.t
!> must be owner of relation t

@IAMR:Deploy
SELECT * FROM g.t
!> permission denied for schema g

GRANT USAGE ON SCHEMA g TO PUBLIC
ok

@IAMR:Deploy
SELECT g.f(5)
=> 5

@IAMR:Deploy
SELECT * FROM g.t
!> permission denied for relation t

REVOKE EXECUTE ON FUNCTION g.f(INT) FROM PUBLIC
ok

@IAMR:Deploy
SELECT g.f(5)
!> permission denied for function f

@IAMR:Deploy
GRANT EXECUTE ON FUNCTION g.f(INT) TO PUBLIC
!> permission denied for function f

-- Who sees what.
SELECT role_name, role_owner FROM svv_roles
=> installer | admin

@IAMR:Deploy
SELECT user_name, role_name FROM svv_user_grants
=> IAMR:Deploy | installer

SELECT system_privilege, identity_name, identity_type FROM svv_system_privileges ORDER BY 1
=> CREATE OR REPLACE EXTERNAL FUNCTION | installer | role
=> CREATE SCHEMA | installer | role
=> DROP FUNCTION | installer | role

SELECT language_name, identity_name, identity_type FROM svv_language_privileges WHERE language_name = 'exfunc'
=> exfunc | installer | role

@IAMR:Deploy
SELECT * FROM sys_ludf_detail
!> permission denied for relation sys_ludf_detail

-- IAM roles: everybody may use them until that is revoked.
SELECT has_assumerole_privilege('IAMR:Deploy', 'arn:aws:iam::123456789012:role/x', 'EXTERNAL FUNCTION')
=> true

REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL
ok

@IAMR:Deploy
CREATE OR REPLACE EXTERNAL FUNCTION carto.e(INT) RETURNS INT STABLE LAMBDA 'plus' IAM_ROLE 'arn:aws:iam::123456789012:role/x'
!> does not have ASSUMEROLE permission on IAM role "arn:aws:iam::123456789012:role/x" for EXTERNAL FUNCTION

GRANT ASSUMEROLE ON 'arn:aws:iam::123456789012:role/x' TO ROLE installer FOR EXTERNAL FUNCTION
ok

@IAMR:Deploy
CREATE OR REPLACE EXTERNAL FUNCTION carto.e(INT) RETURNS INT STABLE LAMBDA 'plus' IAM_ROLE 'arn:aws:iam::123456789012:role/x'
ok

-- What is granted in advance holds for what is made later.
ALTER DEFAULT PRIVILEGES IN SCHEMA g GRANT SELECT ON TABLES TO ROLE installer
ok

CREATE TABLE g.later (a INT)
ok

@IAMR:Deploy
SELECT COUNT(*) FROM g.later
=> 0

ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC
ok

CREATE FUNCTION g.hidden() RETURNS INT STABLE AS $$ SELECT 1 $$ LANGUAGE sql
ok

@IAMR:Deploy
SELECT g.hidden()
!> permission denied for function hidden

@nobody
SELECT 1
!> user "nobody" does not exist

DROP ROLE installer
!> cannot be dropped

DROP ROLE installer FORCE
ok

@IAMR:Deploy
CREATE SCHEMA another
!> permission denied for database dev

-- What was granted on something that is gone is gone with it.
CREATE SCHEMA again
ok

CREATE FUNCTION again.f() RETURNS INT STABLE AS $$ SELECT 1 $$ LANGUAGE sql
ok

GRANT USAGE ON SCHEMA again TO "IAMR:Deploy"
ok

GRANT EXECUTE ON FUNCTION again.f() TO "IAMR:Deploy"
ok

@IAMR:Deploy
SELECT again.f()
=> 1

DROP SCHEMA again CASCADE
ok

CREATE SCHEMA again
ok

CREATE FUNCTION again.f() RETURNS INT STABLE AS $$ SELECT 1 $$ LANGUAGE sql
ok

@IAMR:Deploy
SELECT again.f()
!> permission denied for schema again

GRANT USAGE ON SCHEMA again TO "IAMR:Deploy"
ok

@IAMR:Deploy
SELECT again.f()
!> permission denied for function f

-- Views are for those who may read them, whoever owns what they read.
CREATE TABLE again.t (a INT)
ok

CREATE VIEW again.v AS SELECT a FROM again.t
ok

GRANT SELECT ON again.v TO "IAMR:Deploy"
ok

@IAMR:Deploy
SELECT COUNT(*) FROM again.v
=> 0

@IAMR:Deploy
SELECT COUNT(*) FROM again.t
!> permission denied for relation t

REVOKE SELECT ON again.v FROM "IAMR:Deploy" CASCADE
!> REVOKE ... CASCADE is not supported by the sandbox

ALTER USER ann CREATEUSER
!> user "ann" does not exist

CREATE USER ann PASSWORD 'Secret1234'
ok

ALTER USER ann CREATEUSER
ok

@ann
SELECT COUNT(*) FROM again.t
=> 0

CREATE GROUP readers
ok

ALTER GROUP readers ADD USER ann
ok

SELECT user_is_member_of('ann', 'readers'), groname FROM pg_group
=> true | readers

DROP USER ann
ok
