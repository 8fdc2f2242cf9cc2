CREATE SCHEMA c
ok

COMMENT ON SCHEMA c IS '{"version": "1.0.0"}'
ok

CREATE FUNCTION c.area(FLOAT, VARCHAR(10)) RETURNS VARCHAR(MAX) STABLE AS $$ SELECT $2 $$ LANGUAGE sql
ok

CREATE EXTERNAL FUNCTION c.ext(BIGINT) RETURNS BIGINT STABLE LAMBDA 'plus' IAM_ROLE 'arn:aws:iam::123456789012:role/x'
ok

CREATE PROCEDURE c.work(a IN INT, b INOUT VARCHAR) AS $$ BEGIN NULL; END $$ LANGUAGE plpgsql
ok

CREATE TABLE c.t (a INT, b VARCHAR(10), g GEOMETRY, s SUPER, d DECIMAL(8,2))
ok

CREATE VIEW c.v AS SELECT a FROM c.t
ok

-- How installers list functions: by language, with the types of the arguments.
SELECT p.proname, l.lanname, p.pronargs, oidvectortypes(p.proargtypes), format_type(p.prorettype, NULL), p.provolatile FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang WHERE n.nspname = 'c' ORDER BY 1
=> area | sql | 2 | double precision, character varying | character varying | s
=> ext | exfunc | 1 | bigint | bigint | s
=> work | plpgsql | 2 | integer, character varying | character varying | v

SELECT proname, prokind FROM pg_proc_info WHERE pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'c') ORDER BY 1
=> area | f
=> ext | f
=> work | p

SELECT schema_name, function_name, function_type, argument_type, result_type FROM svv_redshift_functions WHERE schema_name = 'c' ORDER BY 2
=> c | area | REGULAR FUNCTION | double precision, character varying | character varying
=> c | ext | EXTERNAL FUNCTION | bigint | bigint
=> c | work | STORED PROCEDURE | integer, character varying | NULL

SHOW FUNCTIONS FROM SCHEMA c LIKE 'a%'
=> dev | c | area | 2 | double precision, character varying | character varying | NULL

SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'c'
=> {"version": "1.0.0"}

SELECT lanname FROM pg_language WHERE lanname IN ('exfunc', 'plpgsql', 'sql') ORDER BY 1
=> exfunc
=> plpgsql
=> sql

SELECT STRPOS(pg_get_functiondef(oid), 'RETURNS VARCHAR(MAX)') > 0 FROM pg_proc WHERE proname = 'area'
=> true

SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'c'
=> t | admin

SELECT viewname FROM pg_views WHERE schemaname = 'c'
=> v

SELECT column_name, data_type FROM svv_redshift_columns WHERE schema_name = 'c' AND table_name = 't' ORDER BY ordinal_position
=> a | integer
=> b | character varying(10)
=> g | geometry
=> s | super
=> d | numeric(8,2)

SELECT table_name, table_type FROM svv_tables WHERE table_schema = 'c' ORDER BY 1
=> t | BASE TABLE
=> v | VIEW

SELECT column_name, data_type, is_nullable, character_maximum_length FROM svv_columns WHERE table_schema = 'c' AND table_name = 't' AND ordinal_position < 3 ORDER BY ordinal_position
=> a | integer | YES | NULL
=> b | character varying | YES | 10

SELECT "column", type, encoding FROM pg_table_def WHERE schemaname = 'c' AND tablename = 't' AND "column" IN ('a', 'd') ORDER BY 1
=> a | integer | none
=> d | numeric(8,2) | none

SELECT schema_name, table_name FROM svv_all_tables WHERE schema_name = 'c' ORDER BY 2
=> c | t
=> c | v

SELECT relname, relkind FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'c') ORDER BY 1
=> t | r
=> v | v

SELECT current_user, current_database(), current_schema(), SUBSTRING(version(), 1, 10)
=> admin | dev | public | PostgreSQL

SELECT usename, usesuper FROM pg_user WHERE usename = 'admin'
=> admin | true

SELECT has_database_privilege('dev', 'TEMP'), has_database_privilege('dev', 'temporary')
=> true | true

SHOW search_path
=> "$user", public

SET search_path TO c, public
ok

SELECT area(1, 'x')
=> x

SET absent TO 1
!> unrecognized configuration parameter "absent"

SHOW TABLES FROM SCHEMA dev.c
!> not supported by the sandbox

RESET search_path
ok

DROP SCHEMA c
!> cannot drop schema c because other objects depend on it

DROP SCHEMA c CASCADE
ok

SELECT COUNT(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'c'
=> 0
