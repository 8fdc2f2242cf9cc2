CREATE SCHEMA f
ok

CREATE FUNCTION f.add(INT, INT) RETURNS INT IMMUTABLE AS $$ SELECT $1 + $2 $$ LANGUAGE sql
ok

-- The same name with other types is another function; lengths do not count.
CREATE FUNCTION f.add(VARCHAR(10), VARCHAR(10)) RETURNS VARCHAR(20) IMMUTABLE AS $$ SELECT $1 || $2 $$ LANGUAGE sql
ok

CREATE FUNCTION f.add(VARCHAR(99), VARCHAR(99)) RETURNS VARCHAR(20) IMMUTABLE AS $$ SELECT $1 || $2 $$ LANGUAGE sql
!> function "add" already exists with same argument types

CREATE FUNCTION f.add(INT, INT, INT) RETURNS INT IMMUTABLE AS $$ SELECT f.add($1, f.add($2, $3)) $$ LANGUAGE sql
ok

SELECT f.add(1, 2), f.add('a', 'b'), f.add(1, 2, 3), f.add(1::SMALLINT, 2)
#> int4, varchar, int4, int4
=> 3 | ab | 6 | 3

SELECT f.add(1.5, 2)
!> function add(numeric, integer) does not exist

SELECT f.add(1)
!> function f.add(integer) does not exist

SELECT f.nothing()
!> function f.nothing() does not exist

SELECT nowhere.add(1, 2)
!> schema "nowhere" does not exist

-- Replacing keeps the OID; another type of result needs a DROP.
CREATE OR REPLACE FUNCTION f.add(INT, INT) RETURNS BIGINT IMMUTABLE AS $$ SELECT 1::BIGINT $$ LANGUAGE sql
!> cannot change return type of existing function

CREATE OR REPLACE FUNCTION f.add(INT, INT) RETURNS INT STABLE AS $$ SELECT $1 + $2 + 0 $$ LANGUAGE sql
ok

-- Bodies are one SELECT without FROM.
CREATE FUNCTION f.bad(INT) RETURNS INT STABLE AS $$ SELECT a FROM t $$ LANGUAGE sql
!>

CREATE FUNCTION f.bad(INT) RETURNS INT STABLE AS $$ SELECT $2 $$ LANGUAGE sql
!> there is no parameter $2

CREATE FUNCTION f.bad(INT) RETURNS INT STABLE AS $$ SELECT f.absent($1) $$ LANGUAGE sql
!> function f.absent(integer) does not exist

CREATE FUNCTION f.py(a INT) RETURNS INT STABLE AS $$ return a $$ LANGUAGE plpythonu
!> plpythonu

-- Functions of functions are not tracked: the caller fails later.
DROP FUNCTION f.add(INT, INT)
ok

SELECT f.add(1, 2, 3)
!>

-- DROP wants the types; there is no IF EXISTS.
DROP FUNCTION f.add
!>

DROP FUNCTION IF EXISTS f.add(INT, INT, INT)
!> syntax error at or near

DROP FUNCTION f.add(INT)
!> function f.add(integer) does not exist

-- RESTRICT is the default: bound views hold a function back.
CREATE FUNCTION f.one(INT) RETURNS INT IMMUTABLE AS $$ SELECT $1 $$ LANGUAGE sql
ok

CREATE VIEW f.uses AS SELECT f.one(5) AS x
ok

DROP FUNCTION f.one(INT)
!> cannot drop function one(integer) because other objects depend on it

DROP FUNCTION f.one(INT) CASCADE
ok

SELECT * FROM f.uses
!> relation "f.uses" does not exist

-- External functions.
CREATE EXTERNAL FUNCTION f.plus(INT, INT) RETURNS INT STABLE LAMBDA 'plus' IAM_ROLE 'arn:aws:iam::123456789012:role/x' RETRY_TIMEOUT 0 MAX_BATCH_ROWS 100 MAX_BATCH_SIZE 512 KB
ok

SELECT f.plus(1, 2), f.plus(NULL, NULL)
=> 3 | NULL

CREATE OR REPLACE EXTERNAL FUNCTION f.plus(INT, INT) RETURNS INT VOLATILE LAMBDA 'plus' IAM_ROLE default
ok

CREATE EXTERNAL FUNCTION f.geo(GEOMETRY) RETURNS INT STABLE LAMBDA 'x' IAM_ROLE default
!>

CREATE EXTERNAL FUNCTION f.big(INT) RETURNS INT STABLE LAMBDA 'x' IAM_ROLE default MAX_BATCH_SIZE 6 MB
!> MAX_BATCH_SIZE

CREATE EXTERNAL FUNCTION f.rows(INT) RETURNS INT STABLE LAMBDA 'x' IAM_ROLE default MAX_BATCH_ROWS 0
!> MAX_BATCH_ROWS

CREATE EXTERNAL FUNCTION f.broken(INT) RETURNS INT STABLE LAMBDA 'broken' IAM_ROLE default
ok

SELECT f.broken(1)
!>

-- What is at hand comes before what users made, unless the schema is named.
CREATE FUNCTION public.len(VARCHAR) RETURNS INT STABLE AS $$ SELECT -1 $$ LANGUAGE sql
ok

SELECT len('abc'), public.len('abc')
=> 3 | -1

-- NULL arguments reach the body.
CREATE FUNCTION f.nulls(INT) RETURNS BOOLEAN STABLE AS $$ SELECT $1 IS NULL $$ LANGUAGE sql
ok

SELECT f.nulls(NULL), f.nulls(1)
=> true | false

-- Texts longer than the declared argument are cut, results that are too long fail.
CREATE FUNCTION f.t(VARCHAR(3)) RETURNS VARCHAR(2) STABLE AS $$ SELECT $1 $$ LANGUAGE sql
ok

COMMENT ON FUNCTION f.t(VARCHAR) IS 'no'
!> syntax error at or near "FUNCTION"

ALTER FUNCTION f.nulls(INT) RENAME TO is_null
ok

SELECT f.is_null(1)
=> false

SELECT f.nulls(1)
!> function f.nulls(integer) does not exist

ALTER FUNCTION f.is_null(INT) OWNER TO nobody
!> user "nobody" does not exist

CREATE USER ann PASSWORD DISABLE
ok

ALTER FUNCTION f.is_null(INT) OWNER TO ann
ok

SELECT usename FROM pg_proc p JOIN pg_user u ON u.usesysid = p.proowner WHERE proname = 'is_null'
=> ann

-- The sandbox's own helpers are no functions.
SELECT cut('abc', 2)
!> function cut("unknown", integer) does not exist
