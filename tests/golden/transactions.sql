-- DDL is rolled back: schemas, tables, functions, views, grants.
CREATE SCHEMA w
ok

BEGIN
ok

CREATE SCHEMA gone
ok

CREATE TABLE w.t (a INT)
ok

INSERT INTO w.t VALUES (1)
ok

CREATE FUNCTION w.g(INT) RETURNS INT STABLE AS $$ SELECT $1 $$ LANGUAGE sql
ok

CREATE VIEW w.v AS SELECT w.g(a) AS a FROM w.t
ok

GRANT USAGE ON SCHEMA w TO PUBLIC
ok

SELECT * FROM w.v
=> 1

ROLLBACK
ok

SELECT * FROM w.t
!> relation "w.t" does not exist

SELECT w.g(1)
!> function w.g(integer) does not exist

SELECT COUNT(*) FROM svv_schema_privileges WHERE namespace_name = 'w'
=> 0

SELECT COUNT(*) FROM pg_namespace WHERE nspname = 'gone'
=> 0

-- An error spoils the transaction until its end.
BEGIN
ok

CREATE TABLE w.kept (a INT)
ok

SELECT 1 / 0
!> Divide by zero

SELECT 1
!> current transaction is aborted, commands ignored until end of transaction block

END
ok

SELECT * FROM w.kept
!> does not exist

-- TRUNCATE commits.
CREATE TABLE w.t (a INT)
ok

START TRANSACTION
ok

INSERT INTO w.t VALUES (1)
ok

CREATE TABLE w.u (a INT)
ok

TRUNCATE w.t
ok

ROLLBACK
ok

SELECT COUNT(*) FROM w.u
=> 0

-- Replacing a function in a transaction is undone, too.
CREATE FUNCTION w.h() RETURNS INT STABLE AS $$ SELECT 1 $$ LANGUAGE sql
ok

BEGIN
ok

CREATE OR REPLACE FUNCTION w.h() RETURNS INT STABLE AS $$ SELECT 2 $$ LANGUAGE sql
ok

SELECT w.h()
=> 2

@IAM:other
SELECT has_function_privilege('w.h()', 'execute')
=> true

ROLLBACK
ok

SELECT w.h()
=> 1

-- Two transactions that change the same rows: the second one fails.
CREATE TABLE w.c (a INT)
ok

INSERT INTO w.c VALUES (1)
ok

GRANT ALL ON SCHEMA w TO PUBLIC
ok

GRANT ALL ON w.c TO PUBLIC
ok

BEGIN
ok

UPDATE w.c SET a = 2
ok

@IAM:other
UPDATE w.c SET a = 3
!> 1023

COMMIT
ok

SELECT a FROM w.c
=> 2

-- DDL on the same object from two transactions.
BEGIN
ok

CREATE OR REPLACE FUNCTION w.h() RETURNS INT STABLE AS $$ SELECT 3 $$ LANGUAGE sql
ok

@IAM:other
BEGIN
ok

@IAM:other
DROP TABLE IF EXISTS w.nothing
ok

@IAM:other
COMMIT
ok

COMMIT
ok

BEGIN READ ONLY
!> not supported

SAVEPOINT s
!> syntax error

-- Changing the same function or schema in two transactions at once.
CREATE OR REPLACE FUNCTION w.k() RETURNS INT STABLE AS $$ SELECT 1 $$ LANGUAGE sql
ok

ALTER FUNCTION w.k() OWNER TO "IAM:other"
ok

BEGIN
ok

CREATE OR REPLACE FUNCTION w.k() RETURNS INT STABLE AS $$ SELECT 4 $$ LANGUAGE sql
ok

@IAM:other
CREATE OR REPLACE FUNCTION w.k() RETURNS INT STABLE AS $$ SELECT 5 $$ LANGUAGE sql
!> could not complete because of conflict with concurrent transaction

COMMIT
ok

BEGIN
ok

CREATE SCHEMA twice
ok

GRANT CREATE ON DATABASE dev TO "IAM:other"
ok

@IAM:other
CREATE SCHEMA twice
!>

COMMIT
ok

@IAM:other
CREATE SCHEMA twice
!> schema "twice" already exists

BEGIN
ok

DROP TABLE w.u
ok

@IAM:other
INSERT INTO w.u VALUES (1)
!>

ROLLBACK
ok
