CREATE SCHEMA v
ok

CREATE TABLE v.t (a INT NOT NULL, b VARCHAR(20) DEFAULT 'none', c INT IDENTITY(1, 1))
ok

INSERT INTO v.t (a) VALUES (1)
ok

INSERT INTO v.t (a, b) VALUES (2, 'two'), (3, DEFAULT)
ok

SELECT a, b FROM v.t ORDER BY a
=> 1 | none
=> 2 | two
=> 3 | none

INSERT INTO v.t (a) VALUES (NULL)
!> Cannot insert a NULL value into column a

INSERT INTO v.t (c, a) VALUES (1, 1)
!> cannot set an identity column to a value

INSERT INTO v.t (a, b) VALUES (1)
!>

CREATE VIEW v.w AS SELECT a, b FROM v.t WHERE a > 1
ok

CREATE VIEW v.x (n) AS SELECT COUNT(*) FROM v.w
ok

SELECT n FROM v.x
=> 2

DROP TABLE v.t
!> cannot drop table t because other objects depend on it

DROP VIEW v.w
!> cannot drop view w because other objects depend on it

CREATE OR REPLACE VIEW v.x AS SELECT 5 AS n
ok

DROP VIEW v.w
ok

-- Without schema binding nothing is held.
CREATE VIEW v.loose AS SELECT a FROM v.t WITH NO SCHEMA BINDING
ok

DROP TABLE v.t
ok

SELECT * FROM v.loose
!>

DROP VIEW IF EXISTS v.absent
ok

DROP VIEW v.absent
!> View v.absent does not exist.

DROP TABLE v.x
!> "x" is not a table

-- Joins, sets, windows, common tables.
WITH n AS (SELECT 1 AS i UNION ALL SELECT 2 UNION ALL SELECT 3) SELECT i, SUM(i) OVER (ORDER BY i ROWS UNBOUNDED PRECEDING), LAG(i) OVER (ORDER BY i), ROW_NUMBER() OVER (ORDER BY i DESC) FROM n ORDER BY i
=> 1 | 1 | NULL | 3
=> 2 | 3 | 1 | 2
=> 3 | 6 | 2 | 1

SELECT i FROM (SELECT 1 AS i UNION SELECT 1 UNION ALL SELECT 2) t EXCEPT SELECT 2
=> 1

SELECT TOP 1 i FROM (SELECT 2 AS i UNION ALL SELECT 1) t ORDER BY i
=> 1

SELECT x.i, y.j FROM (SELECT 1 AS i) x LEFT JOIN (SELECT 2 AS j) y ON x.i = y.j
=> 1 | NULL

-- NULLs are last, or first in descending order.
SELECT i FROM (SELECT 1 AS i UNION ALL SELECT NULL) t ORDER BY i
=> 1
=> NULL

SELECT i FROM (SELECT 1 AS i UNION ALL SELECT NULL) t ORDER BY i DESC
=> NULL
=> 1

SELECT i, COUNT(*) FROM (SELECT 1 AS i UNION ALL SELECT 1) t GROUP BY 1 HAVING COUNT(*) > 1
=> 1 | 2

SELECT i, j FROM (SELECT 1 AS i, 2 AS j) t GROUP BY i
!> must appear in the GROUP BY clause

SELECT absent FROM (SELECT 1 AS i) t
!> column "absent" does not exist

SELECT * FROM absent
!> relation "absent" does not exist

SELEKT 1
!> syntax error at or near "SELEKT"

SELECT 1 +
!> syntax error

SELECT * FROM stl_query
!> not supported by the sandbox

EXPLAIN SELECT 1
!> not supported by the sandbox

UPDATE v.absent SET a = 1
!> relation "v.absent" does not exist

CREATE TABLE v.u (a INT, b INT)
ok

INSERT INTO v.u VALUES (1, 10), (2, 20)
ok

UPDATE v.u SET b = b + s.x FROM (SELECT 1 AS a, 5 AS x) s WHERE u.a = s.a
ok

DELETE FROM v.u USING (SELECT 2 AS a) s WHERE u.a = s.a
ok

SELECT * FROM v.u
=> 1 | 15

ALTER TABLE v.u ADD COLUMN c VARCHAR(5) DEFAULT 'x'
ok

ALTER TABLE v.u RENAME COLUMN a TO k
ok

ALTER TABLE v.u RENAME TO renamed
ok

SELECT k, b, c FROM v.renamed
=> 1 | 15 | x

ALTER TABLE v.renamed DROP COLUMN b
ok

SELECT * FROM v.renamed
=> 1 | x

ALTER SCHEMA v RENAME TO vv
!> ALTER SCHEMA ... RENAME TO is not supported by the sandbox

SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema = 'v' ORDER BY 2
=> v | loose | VIEW
=> v | renamed | BASE TABLE
=> v | x | VIEW

ALTER TABLE v.renamed ALTER COLUMN c TYPE VARCHAR(2)
ok

INSERT INTO v.renamed (k, c) VALUES (2, 'abc')
!> value too long for type character varying(2)

ALTER TABLE v.renamed ALTER COLUMN k TYPE BIGINT
!> only the length of a VARCHAR can be changed

ALTER TABLE v.renamed ADD COLUMN d INT NOT NULL
!> must have a non-null default expression

ALTER TABLE v.renamed DROP COLUMN absent
!> column "absent" of relation "renamed" does not exist

ALTER TABLE v.renamed OWNER TO nobody
!> user "nobody" does not exist

ALTER TABLE v.renamed ADD PRIMARY KEY (k)
!>

SELECT column_name, data_type, character_maximum_length FROM information_schema.columns WHERE table_name = 'renamed' ORDER BY ordinal_position
=> k | integer | NULL
=> c | character varying | 2

-- SELECT INTO makes a table.
SELECT k, 'x' AS y INTO v.made FROM v.renamed WHERE k = 1
ok

SELECT * FROM v.made
=> 1 | x

SELECT 5 AS n INTO TEMP brief
ok

SELECT n FROM brief
=> 5

SELECT APPROXIMATE COUNT(DISTINCT n) FROM (SELECT 1 AS n UNION ALL SELECT 1) t
=> 1

SELECT DISTINCT ON (n) n FROM brief
!> syntax error at or near "ON"

VALUES (1)
!> syntax error at or near "VALUES"

SELECT generate_series(1, 3)
#> int4
=> 1
=> 2
=> 3
