CREATE SCHEMA p
ok

CREATE TABLE p.log (a INT, b VARCHAR)
ok

CREATE OR REPLACE PROCEDURE p.fill(n IN INT, total OUT BIGINT) AS $$
DECLARE
  i INT := 0;
BEGIN
  WHILE i < n LOOP
    i := i + 1;
    INSERT INTO p.log VALUES (i, 'row ' || i);
  END LOOP;
  SELECT INTO total COUNT(*) FROM p.log;
END;
$$ LANGUAGE plpgsql
ok

CALL p.fill(3)
#> int8
=> 3

SELECT a, b FROM p.log ORDER BY a
=> 1 | row 1
=> 2 | row 2
=> 3 | row 3

-- Records, dynamic SQL, exits.
CREATE PROCEDURE p.each(what VARCHAR) AS $$
DECLARE
  r RECORD;
BEGIN
  FOR r IN SELECT a FROM p.log WHERE a > 1 ORDER BY a LOOP
    EXECUTE 'UPDATE p.log SET b = ' || QUOTE_LITERAL(what) || ' WHERE a = ' || r.a;
    EXIT WHEN r.a = 2;
  END LOOP;
END;
$$ LANGUAGE plpgsql
ok

CALL p.each('it''s')
ok

SELECT b FROM p.log ORDER BY a
=> row 1
=> it's
=> row 3

-- RAISE EXCEPTION takes everything back.
CREATE PROCEDURE p.fails() AS $$
BEGIN
  DELETE FROM p.log;
  RAISE EXCEPTION 'no % of %', 1, 'them';
END;
$$ LANGUAGE plpgsql
ok

CALL p.fails()
!> no 1 of them

SELECT COUNT(*) FROM p.log
=> 3

CALL p.nothing()
!> procedure p.nothing() does not exist

CALL p.fill('x')
!>

CREATE PROCEDURE p.bad() AS $$ BEGIN x := 1; END $$ LANGUAGE plpgsql
ok

CALL p.bad()
!> "x"

-- An EXCEPTION block: what was done is taken back, the handler's work stays, the error goes on.
CREATE PROCEDURE p.handled() AS $$
BEGIN
  INSERT INTO p.log VALUES (100, 'before');
  SELECT 1 / 0;
EXCEPTION WHEN OTHERS THEN
  INSERT INTO p.log VALUES (200, SQLERRM);
END;
$$ LANGUAGE plpgsql
ok

CALL p.handled()
!> Divide by zero

SELECT a, b FROM p.log WHERE a >= 100
=> 200 | Divide by zero

-- COMMIT in a procedure.
CREATE PROCEDURE p.commits() AS $$
BEGIN
  INSERT INTO p.log VALUES (300, 'kept');
  COMMIT;
  INSERT INTO p.log VALUES (400, 'lost');
  RAISE EXCEPTION 'stop';
END;
$$ LANGUAGE plpgsql
ok

CALL p.commits()
!> stop

SELECT a FROM p.log WHERE a >= 300
=> 300

BEGIN
ok

CALL p.commits()
!> transaction

ROLLBACK
ok

-- Names and kinds.
CREATE FUNCTION p.fails() RETURNS INT STABLE AS $$ SELECT 1 $$ LANGUAGE sql
!> already exists

SELECT p.fails()
!>

DROP PROCEDURE p.fails()
ok

DROP PROCEDURE p.each
ok

SELECT proname, prokind FROM pg_proc_info WHERE pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'p') ORDER BY 1
=> bad | p
=> commits | p
=> fill | p
=> handled | p

-- Cursors.
CREATE PROCEDURE p.cursors(total INOUT INT) AS $$
DECLARE
  c CURSOR FOR SELECT a, b FROM p.log WHERE a < total ORDER BY a;
  r REFCURSOR;
  x INT;
  y VARCHAR;
  s INT := 0;
BEGIN
  OPEN c;
  LOOP
    FETCH c INTO x, y;
    EXIT WHEN NOT FOUND;
    s := s + x;
  END LOOP;
  CLOSE c;
  OPEN r FOR EXECUTE 'SELECT 1000';
  FETCH r INTO x;
  FETCH r INTO y;
  total := s + x;
  IF y IS NULL THEN total := total + 5; END IF;
END;
$$ LANGUAGE plpgsql
ok

CALL p.cursors(100)
=> 1011

CREATE PROCEDURE p.closed() AS $$ DECLARE c CURSOR FOR SELECT 1; x INT; BEGIN FETCH c INTO x; END $$ LANGUAGE plpgsql
ok

CALL p.closed()
!> cursor "c" does not exist

CREATE PROCEDURE p.returns(c INOUT REFCURSOR) AS $$ BEGIN NULL; END $$ LANGUAGE plpgsql
!> REFCURSOR is not supported by the sandbox
