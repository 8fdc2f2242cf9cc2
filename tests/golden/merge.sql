CREATE SCHEMA m
ok

CREATE TABLE m.target (id INT NOT NULL, name VARCHAR(8), place GEOMETRY, extra SUPER)
ok

CREATE TABLE m.source (id INT, name VARCHAR(20))
ok

INSERT INTO m.target (id, name) VALUES (101, 'Bob'), (102, 'John'), (103, 'Susan')
ok

INSERT INTO m.source VALUES (102, 'Tony'), (103, 'Alice'), (104, 'Bill')
ok

-- Rows that match are updated, others are inserted.
MERGE INTO m.target USING m.source ON target.id = source.id WHEN MATCHED THEN UPDATE SET id = source.id, name = source.name WHEN NOT MATCHED THEN INSERT VALUES (source.id, source.name, NULL, NULL)
ok

SELECT id, name FROM m.target ORDER BY id
=> 101 | Bob
=> 102 | Tony
=> 103 | Alice
=> 104 | Bill

-- A subquery as source; CASE in an assignment; only some columns are given.
MERGE INTO m.target USING (SELECT 101 AS id, 'x' AS n UNION ALL SELECT 200, 'y') AS s ON target.id = s.id WHEN MATCHED THEN UPDATE SET name = CASE WHEN s.n = 'x' THEN target.name || '!' ELSE s.n END WHEN NOT MATCHED THEN INSERT (id, name, place) VALUES (s.id, UPPER(s.n), ST_Point(s.id, 1))
ok

SELECT id, name, ST_AsText(place) FROM m.target WHERE id IN (101, 200) ORDER BY id
=> 101 | Bob! | NULL
=> 200 | Y | POINT(200 1)

-- A row that is updated out of the condition is not inserted as well.
MERGE INTO m.target USING (SELECT 200 AS id) s ON target.id = s.id WHEN MATCHED THEN UPDATE SET id = 201 WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)
ok

SELECT id FROM m.target WHERE id > 104
=> 201

MERGE INTO m.target USING m.source ON target.id = source.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, name) VALUES (source.id, source.name)
ok

SELECT id FROM m.target ORDER BY id
=> 101
=> 201

MERGE INTO m.source USING (SELECT 104 AS id, 'Bill' AS name UNION ALL SELECT 105, 'Eve') s ON source.id = s.id AND source.name = s.name REMOVE DUPLICATES
ok

SELECT id, name FROM m.source ORDER BY id
=> 102 | Tony
=> 103 | Alice
=> 104 | Bill
=> 105 | Eve

-- Which one of two?
MERGE INTO m.target USING (SELECT 101 AS id, 'a' AS n UNION ALL SELECT 101, 'b') s ON target.id = s.id WHEN MATCHED THEN UPDATE SET name = s.n WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)
!> Found multiple matches to update the same tuple

-- All or nothing: the name that is too long comes after the update.
MERGE INTO m.target USING (SELECT 101 AS id, 'a' AS n UNION ALL SELECT 300, 'much too long') s ON target.id = s.id WHEN MATCHED THEN UPDATE SET name = s.n WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.n)
!> value too long for type character varying(8)

SELECT id, name FROM m.target ORDER BY id
=> 101 | Bob!
=> 201 | Y

MERGE INTO m.target USING (SELECT 1) ON TRUE WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1)
!> subquery in MERGE must have an alias

MERGE INTO m.target USING m.source ON target.id = source.id WHEN MATCHED THEN UPDATE SET name = 'x'
!> syntax error at end of input

MERGE INTO m.nothing USING m.source ON nothing.id = source.id REMOVE DUPLICATES
!> nothing

CREATE USER merger PASSWORD DISABLE
ok

GRANT USAGE ON SCHEMA m TO merger
ok

GRANT SELECT ON m.source TO merger
ok

GRANT SELECT, UPDATE ON m.target TO merger
ok

@merger
MERGE INTO m.target USING m.source ON target.id = source.id WHEN MATCHED THEN UPDATE SET name = source.name WHEN NOT MATCHED THEN INSERT (id) VALUES (source.id)
!> permission denied

GRANT INSERT ON m.target TO merger
ok

@merger
MERGE INTO m.target USING m.source ON target.id = source.id WHEN MATCHED THEN UPDATE SET name = source.name WHEN NOT MATCHED THEN INSERT (id) VALUES (source.id)
ok
